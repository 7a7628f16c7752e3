"""The weights of a float network for a quantized one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from .._checks.shown import MOST, as_step, shown
from ._learned import LearnedFixed
from ._quantize import Quantize
from ._weights import QUANTIZERS, QuantizedWeights

WAY_OUT = (
    'give the layers of both the same names, or copy layer by layer: '
    'copy_weights(source.get_layer(NAME), target.get_layer(NAME))'
)


def copy_weights(source: keras.layers.Layer, target: keras.layers.Layer) -> None:
    """Set the weights of `target` to those of `source`, by the names of layers and weights: all of them, or none.

    Both are models, or both are layers. A layer gets the weights of the layer of its name, whatever its class, a
    `QuantizedDense` those of a `Dense` or the other way round, and in models inside models, too. Inside a layer that is
    no model, such as `Bidirectional`, a layer goes by the attribute that holds it. The names of `source` and `target`
    themselves do not count. Weights are cast to the dtype that `target` has for them, as by `set_weights`.

    Quantizers are no weights: `LearnedFixed`, `Quantize`, and what a layer has as `kernel_quantizer` or
    `bias_quantizer` stay as they are in `target`, and are not looked for in `source`.

    Raises TypeError for what is no layer of Keras. Raises ValueError, before anything is set, for a model that has no
    weights yet, as it was not built; for two weights of one name; and, with the first ten names, where a weight is in
    one of them alone, or of another shape.
    """
    given, wanted = _named('source', source), _named('target', target)
    wrong = [
        *(f'{as_step(name)}: missing, it is in the target alone' for name in wanted if name not in given),
        *(f'{as_step(name)}: unexpected, it is in the source alone' for name in given if name not in wanted),
        *(
            f'{as_step(name)}: of shape {tuple(given[name].shape)} in the source, {tuple(weight.shape)} in the target'
            for name, weight in wanted.items()
            if name in given and tuple(given[name].shape) != tuple(weight.shape)
        ),
    ]
    if wrong:
        more = [f'and {len(wrong) - MOST} more'] if len(wrong) > MOST else []
        lines = ''.join(f'\n  {line}' for line in wrong[:MOST] + more)
        raise ValueError(f"'target' must have the weights of 'source', and nothing was copied; {WAY_OUT}{lines}")
    for name, weight in wanted.items():
        # a copy: a compiled step of JAX deletes the arrays that it begins with
        weight.assign(np.array(keras.ops.convert_to_numpy(given[name])))


def _named(field: str, layer: object) -> dict[str, keras.Variable]:
    """The weights of a model or layer, each once, by name."""
    if not isinstance(layer, keras.layers.Layer):
        raise TypeError(f'{field!r} must be a model or layer of Keras: {shown(layer)}')
    if not layer.built:
        raise ValueError(f'{field!r} must be built, or called, before it has weights: {shown(layer)}')
    named: dict[str, keras.Variable] = {}
    for name, weight in _weights(layer, '', set()):
        if name in named:
            raise ValueError(f'{field!r} must have one weight alone named {shown(name)}; rename the layers or weights')
        named[name] = weight
    return named


def _weights(layer: keras.layers.Layer, path: str, seen: set[int]) -> Iterator[tuple[str, keras.Variable]]:
    """The weights of a layer and of those inside it that were not seen yet, but for quantizers."""
    inside = layer._flatten_layers(include_self=False, recursive=False)
    of_others = {id(weight) for inner in inside for weight in inner.weights}
    for weight in layer.weights:
        if id(weight) not in seen | of_others:
            seen.add(id(weight))
            yield f'{path}{weight.name}', weight
    for step, inner in _steps(layer, inside):
        if not isinstance(inner, LearnedFixed | Quantize):
            yield from _weights(inner, f'{path}{step}/', seen)


def _steps(layer: keras.layers.Layer, inside: list[keras.layers.Layer]) -> Iterator[tuple[str, keras.layers.Layer]]:
    """The layers inside, by the names that those of a network with the same weights have, too."""
    if isinstance(layer, keras.Model):
        yield from ((inner.name, inner) for inner in inside)
        return
    # Keras names these itself, with a number that goes on from model to model
    attributes = {**vars(layer), **vars(layer).get('_modules', {})}  # PyTorch has a place of its own for layers
    own = [_held(name, value) for name, value in attributes.items() if name not in ('_layers', '_modules')]
    held = {id(inner): step for steps in own for step, inner in steps}
    for number, inner in enumerate(inside):
        step = held.get(id(inner), str(number))
        if not (isinstance(layer, QuantizedWeights) and step in QUANTIZERS):
            yield step, inner


def _held(step: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, keras.layers.Layer):
        yield step, value
    elif isinstance(value, Mapping | list | tuple):
        items = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, inner in items:
            yield from _held(f'{step}/{key}', inner)
