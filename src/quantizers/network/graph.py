"""A network as a graph: what each layer computes, of which other layers, with which weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from .exact import Array
from .operations import Dense, Operation, Scale
from .windows import Convolution


@dataclass(frozen=True)
class Layer:
    """One result of a network.

    Attributes:
        name: of the layer that hls4ml makes of it; its formats are `name.result`, `name.weight` and so on.
        kind: what the source calls it: `Dense`, `Conv2D`, `relu`.
        operation: what it computes.
        inputs: the names of the layers whose results it takes; none for an input of the network.
        shape: of the result for one sample.
        weights: constants, by the names of the operation; read-only.
        takes_format: whether its result may have a format; that of a Reshape is its input's.
    """

    name: str
    kind: str
    operation: Operation
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    weights: Mapping[str, Array] = field(default_factory=dict)
    takes_format: bool = True

    @property
    def tensors(self) -> tuple[str, ...]:
        """The names of the formats that it takes, with its own."""
        own = [*self.weights, *(['accum'] if self.operation.accumulates else [])]
        return tuple(f'{self.name}.{tensor}' for tensor in (*own, *(['result'] if self.takes_format else [])))


Layers = Mapping[str, Layer]


def in_order(layers: Iterable[Layer]) -> Layers:
    """The layers by name, each after those whose results it takes."""
    left = {layer.name: layer for layer in layers}
    placed: dict[str, Layer] = {}
    while left:
        ready = [layer for layer in left.values() if placed.keys() >= set(layer.inputs)]
        assert ready, left
        for layer in ready:
            placed[layer.name] = left.pop(layer.name)
    return MappingProxyType(placed)


def folded(layers: Layers, outputs: tuple[str, ...]) -> tuple[Layers, tuple[str, ...]]:
    """Batch normalizations in the weights of the layers before them, whose results nothing else takes."""
    kept = dict(layers)
    renamed: dict[str, str] = {}
    taken = Counter(name for layer in layers.values() for name in layer.inputs)
    for layer in layers.values():
        if not isinstance(layer.operation, Scale) or taken[layer.inputs[0]] > 1 or layer.inputs[0] in outputs:
            continue
        before = kept[renamed.get(layer.inputs[0], layer.inputs[0])]
        if not isinstance(before.operation, Dense | Convolution):
            continue
        scale, shift = layer.weights['scale'], layer.weights['bias']
        depthwise = isinstance(before.operation, Convolution) and before.operation.depthwise
        weight = before.weights['weight'] * (scale[:, None] if depthwise else scale)
        bias = before.weights.get('bias', np.zeros(len(scale))) * scale + shift
        kept[before.name] = replace(before, weights=MappingProxyType({'weight': weight, 'bias': bias}))
        del kept[layer.name]
        renamed[layer.name] = before.name
    layers = {
        layer.name: replace(layer, inputs=tuple(renamed.get(name, name) for name in layer.inputs))
        for layer in kept.values()
    }
    return MappingProxyType(layers), tuple(renamed.get(name, name) for name in outputs)
