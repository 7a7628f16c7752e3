"""What a Keras model consists of, and what hls4ml 1.3.0 calls the results: for networks, and for `choose`."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

import keras

from .._checks.shown import shown
from ..exchange.hls4ml.names import activation_of, classes_of


def calls(model: keras.Model) -> Iterator[Any]:
    """The calls of layers that a model is made of, each after those whose results it takes.

    Inputs come first, in the model's order. A layer may have other calls, in other models.
    """
    graph = model._functional if isinstance(model, keras.Sequential) else model
    found = [call for _, same_depth in sorted(graph._nodes_by_depth.items(), reverse=True) for call in same_depth]
    inputs = [tensor._keras_history.operation for tensor in model.inputs]
    yield from sorted(found, key=lambda call: inputs.index(call.operation) if call.is_input else len(inputs))


def activation_name(layer: keras.Layer) -> str | None:
    """What hls4ml calls the activation of a layer; None where there is none, or not after the layer."""
    try:
        config = layer.get_config()
    except NotImplementedError:  # a user's own layer, which Keras could not make again
        return None
    return activation_of(layer.name, classes_of(layer), config)


def check_activation_name(layer: keras.Layer, name: str, taken: Container[str]) -> None:
    """That no layer has the name that hls4ml gives the activation of this one. Raises ValueError."""
    if name in taken:
        raise ValueError(f'{shown(name)}: hls4ml calls the activation of {shown(layer.name)} so, too: rename a layer')


def layer_name(tensor: keras.KerasTensor) -> str:
    """The name of the layer whose result it is, which hls4ml goes by: the tensor may have another one."""
    return str(tensor._keras_history.operation.name)
