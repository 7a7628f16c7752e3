"""The weights of a Keras model, each once, by the names that hls4ml 1.3.0 has for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from .._checks.shown import shown
from ..exchange.hls4ml.layers import DIRECTIONS
from ..exchange.hls4ml.names import WEIGHTS
from ..layers import LearnedFixed


class Weight(NamedTuple):
    """A weight of a layer.

    Attributes:
        path: the names of the layers down to its own.
        tensor: what hls4ml calls it.
        value: its numbers.
        variable: that which has them; None of the constants of a BatchNormalization.
        layer: that which has the variable.
    """

    path: str
    tensor: str
    value: NDArray[Any]
    variable: keras.Variable | None
    layer: keras.Layer


def weights(model: keras.Model) -> dict[str, NDArray[Any]]:
    """Every float variable of a model by name, once however many layers share it; integers are seeds and counters.

    The name is `layer.tensor`, or, for the weights of a layer that would have one such name for several, that with the
    path to the layer inside: `mha/query.weight`. The constants `scale` and `bias`, by which hls4ml multiplies and which
    it adds, stand for the four variables of a BatchNormalization, and `forward_weight` and so on are Bidirectional's.

    Raises ValueError, by its name, for a variable without such a name, and for a LearnedFixed.
    """
    return {name: weight.value for name, weight in named_weights(model).items()}


def named_weights(model: keras.Model) -> dict[str, Weight]:
    """The same with the variables and the layers that have them."""
    named: dict[str, Weight] = {}
    seen: set[int] = set()
    for layer in model.layers:
        for weight in _weights(layer, layer.name, seen):
            name = f'{weight.path}.{weight.tensor}'
            if name in named:
                raise ValueError(
                    f'{shown(name)}: must be the name of one weight alone; rename the layers or the weights'
                )
            named[name] = weight
    for variable in _unseen(model.weights, seen):
        raise ValueError(
            f'{shown(variable.path)}: must be a weight of a layer of the model; choose for the arrays alone'
        )
    return named


def _weights(layer: keras.Layer, path: str, seen: set[int]) -> list[Weight]:
    """The weights of a layer and of those inside it that were not seen yet, by the shortest path to each."""
    inside = list(_parts(layer, path, seen))
    ambiguous = len({weight.tensor for weight in inside}) < len(inside)
    return inside if ambiguous else [weight._replace(path=path) for weight in inside]


def _parts(layer: keras.Layer, path: str, seen: set[int]) -> Iterator[Weight]:
    if isinstance(layer, LearnedFixed):
        raise ValueError(
            f'{shown(path)}: its format is learned, and what it holds are widths and no weights; take the format from'
            " its 'to_specs()', and choose for the other arrays alone"
        )
    if isinstance(layer, keras.layers.BatchNormalization) and layer.built:
        yield from _constants(layer, path, seen)
    if isinstance(layer, keras.layers.Bidirectional):
        for direction, inner in zip(DIRECTIONS, _directions(layer), strict=True):
            for weight in _weights(inner, path, seen):
                yield weight._replace(tensor=f'{direction}_{weight.tensor}')
    inside = layer._flatten_layers(include_self=False, recursive=False)
    of_others = {id(variable) for inner in inside for variable in inner.weights}
    for variable in _unseen(layer.weights, seen | of_others):
        name = variable.name
        if name not in WEIGHTS:
            raise ValueError(
                f'{shown(path)}: hls4ml has no name for the weight {shown(name)}; choose for the arrays alone'
            )
        seen.add(id(variable))
        yield Weight(path, WEIGHTS[name], _array(variable), variable, layer)
    for inner in inside:
        yield from _weights(inner, f'{path}/{inner.name}', seen)


def _constants(layer: keras.layers.BatchNormalization, path: str, seen: set[int]) -> Iterator[Weight]:
    """What hls4ml multiplies by, and what it adds."""
    variables = [layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance]
    if id(layer.moving_mean) in seen:
        return
    seen.update(id(variable) for variable in variables)
    scale = 1 / np.sqrt(_array(layer.moving_variance).astype(np.float64) + layer.epsilon)
    scale = scale * _array(layer.gamma) if layer.scale else scale
    yield Weight(path, 'scale', scale, None, layer)
    bias = (_array(layer.beta) if layer.center else 0) - _array(layer.moving_mean) * scale
    yield Weight(path, 'bias', bias, None, layer)


def _directions(layer: keras.layers.Bidirectional) -> tuple[keras.Layer, keras.Layer]:
    """The layers that hls4ml calls forward and backward."""
    both = layer.forward_layer, layer.backward_layer
    return both[::-1] if layer.forward_layer.go_backwards else both


def _unseen(variables: list[keras.Variable], seen: set[int]) -> list[keras.Variable]:
    """The float variables that are not among those seen."""
    return [v for v in variables if keras.backend.is_float_dtype(v.dtype) and id(v) not in seen]


def _array(variable: keras.Variable) -> NDArray[Any]:
    return np.asarray(keras.ops.convert_to_numpy(variable.value))
