"""The result of each layer of a Keras model in floating point, by hls4ml's names: for `choose`, and to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from .._checks.shown import shown
from ..exchange.hls4ml.layers import takes_no_format
from .exact import Array
from .keras_calls import activation_name, calls, check_activation_name, layer_name

BATCH = 256


def symbolic_results(model: keras.Model) -> dict[str, keras.KerasTensor]:
    """The symbolic results by name; a layer's activation is a layer of its own there."""
    # a Sequential model does not count its input among the layers
    found: dict[str, keras.KerasTensor] = {f'{layer_name(tensor)}.result': tensor for tensor in model.inputs}
    calls_of = _calls(model)
    for layer in model.layers:
        if len(calls_of[layer.name]) > 1:
            raise ValueError(f'{shown(layer.name)}: must be called once in the model, so that its result is one tensor')
        (call,) = calls_of[layer.name]
        if len(call.outputs) != 1:
            raise ValueError(f'{shown(layer.name)}: must have one result: {shown(call.outputs)}')
        (result,) = call.outputs
        activation = activation_name(layer)
        if activation is not None:
            check_activation_name(layer, activation, calls_of)
            found[f'{activation}.result'] = result
            result = _linear(layer, call)
        found[f'{layer.name}.result'] = result
    # hls4ml gives these the format of their input
    of_inputs = {f'{layer.name}.result' for layer in model.layers if takes_no_format(type(layer).__name__)}
    return {name: result for name, result in found.items() if name not in of_inputs}


def input_shapes(model: keras.Model) -> dict[str, tuple[int | None, ...]]:
    """The shape of one sample of each input by its name. Raises ValueError for a model that is not built."""
    if not getattr(model, 'inputs', None):
        raise ValueError(f"'model' must be a built Sequential or functional model of Keras: {shown(model)}")
    return {layer_name(tensor): tuple(tensor.shape[1:]) for tensor in model.inputs}


def float_trace(model: keras.Model, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """What Keras computes for samples, by the names of the layers that may have a format."""
    wanted = symbolic_results(model)
    traced = keras.Model(model.inputs, wanted)
    samples = [inputs[layer_name(tensor)] for tensor in model.inputs]
    parts = [traced([x[at : at + BATCH] for x in samples], training=False) for at in range(0, len(samples[0]), BATCH)]
    return {
        name.removesuffix('.result'): np.concatenate([keras.ops.convert_to_numpy(part[name]) for part in parts])
        for name in wanted
    }


def _calls(model: keras.Model) -> dict[str, list[Any]]:
    """The calls of each layer by its name."""
    found: dict[str, list[Any]] = {}
    for call in calls(model):
        found.setdefault(call.operation.name, []).append(call)
    return found


def _linear(layer: keras.Layer, call: Any) -> keras.KerasTensor:
    """The symbolic result of a call without the activation."""
    linear = type(layer).from_config({**layer.get_config(), 'activation': 'linear', 'name': f'{layer.name}__linear'})
    result = linear(*call.arguments.args, **call.arguments.kwargs)
    linear.set_weights(layer.get_weights())
    return result
