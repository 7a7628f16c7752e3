"""The weights of a Keras model and the results of its layers, by the names that hls4ml 1.3.0 has for them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from ..._checks.shown import listed, shown
from ...exchange.hls4ml.layers import takes_no_format
from ...network.keras_calls import activation_name, calls, check_activation_name, layer_name
from ...network.keras_weights import weights
from ..streams import is_array

BATCH = 256
Tensors = dict[str, NDArray[Any]]


def tensors(model: keras.Model, inputs: Any) -> Iterator[Tensors]:
    """The weights, and the results of each batch of inputs. ValueError for a model or layer with no such names."""
    if not getattr(model, 'inputs', None):
        raise ValueError(f"'x' must be a built Sequential or functional model of Keras: {shown(model)}")
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            raise ValueError(
                f"'x' must be a model of layers alone; {shown(layer.name)} is a model: choose for it by itself"
            )
    yield weights(model)
    if inputs is not None:
        wanted = _results(model)
        results = keras.Model(model.inputs, wanted)
        batch = None
        for batch in _batches(inputs):
            computed = results(_in_order(batch, model.inputs), training=False)
            # in the model's order, which not every backend keeps
            yield {name: keras.ops.convert_to_numpy(computed[name]) for name in wanted}
        if batch is None:
            raise ValueError(f"'inputs' must have a sample: {shown(inputs)}")


def sizes_of_results(model: keras.Model) -> dict[str, int | None]:
    """How many elements each result has for one sample; None where the shape does not say it."""
    shapes = {name: result.shape[1:] for name, result in _results(model).items()}
    return {name: None if None in shape else math.prod(shape) for name, shape in shapes.items()}


def _results(model: keras.Model) -> dict[str, keras.KerasTensor]:
    """The symbolic results by name; a layer's activation is a layer of its own there."""
    # a Sequential model does not count its input among the layers
    results: dict[str, keras.KerasTensor] = {f'{layer_name(tensor)}.result': tensor for tensor in model.inputs}
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
            results[f'{activation}.result'] = result
            result = _linear(layer, call)
        results[f'{layer.name}.result'] = result
    # hls4ml gives these the format of their input
    of_inputs = {f'{layer.name}.result' for layer in model.layers if takes_no_format(type(layer).__name__)}
    return {name: result for name, result in results.items() if name not in of_inputs}


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


def _batches(inputs: Any) -> Iterable[Any]:
    """Batches of at most `BATCH` of an array or a mapping; else what is iterated over."""
    if isinstance(inputs, Mapping):
        parts = {name: np.asarray(part) for name, part in inputs.items()}
        sizes = {len(part) for part in parts.values()}
        if len(sizes) != 1:
            raise ValueError(f"'inputs' must be arrays of one length: {shown(sorted(sizes))}")
        return ({n: part[at : at + BATCH] for n, part in parts.items()} for at in range(0, sizes.pop(), BATCH))
    if is_array(inputs):
        array = np.asarray(inputs)
        return (array[at : at + BATCH] for at in range(0, len(array), BATCH))
    return inputs  # type: ignore[no-any-return]


def _in_order(batch: Any, tensors: list[keras.KerasTensor]) -> list[Any]:
    """The model's inputs, which are given by the names of their layers, or of the tensors as Keras takes them."""
    names = [layer_name(tensor) for tensor in tensors]
    if isinstance(batch, Mapping):
        for known in (names, [tensor.name for tensor in tensors]):
            if set(batch) == set(known):
                return [batch[name] for name in known]
    elif len(names) == 1:
        return [batch]
    given = listed(batch) if isinstance(batch, Mapping) else type(batch).__name__
    raise ValueError(f"'inputs' must be a mapping of the names {listed(names)}: {given}")
