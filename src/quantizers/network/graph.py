"""A network as a graph: what each layer computes, of which other layers, with which weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from .exact import Array
from .operations import Linear, Operation, Scale


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
    """

    name: str
    kind: str
    operation: Operation
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    weights: Mapping[str, Array] = field(default_factory=dict)

    @property
    def tensors(self) -> tuple[str, ...]:
        """The names of the formats that it takes, with its own."""
        of = self.operation
        others = [name for name, taken in (('accum', of.accumulates), ('result', of.takes_format)) if taken]
        return tuple(f'{self.name}.{tensor}' for tensor in (*self.weights, *of.tables, *others))


Layers = Mapping[str, Layer]


def frozen(weights: Mapping[str, Array]) -> Mapping[str, Array]:
    """Weights that nobody writes into."""
    for array in weights.values():
        array.setflags(write=False)
    return MappingProxyType({**weights})


def folded(layers: Layers, outputs: tuple[str, ...]) -> tuple[Layers, tuple[str, ...]]:
    """Batch normalizations in the weights of the layers before them, whose results nothing else takes."""
    kept = dict(layers)
    renamed: dict[str, str] = {}
    taken = Counter(name for layer in layers.values() for name in layer.inputs)
    for layer in layers.values():
        if not isinstance(layer.operation, Scale) or taken[layer.inputs[0]] > 1 or layer.inputs[0] in outputs:
            continue
        before = kept[renamed.get(layer.inputs[0], layer.inputs[0])]
        if not isinstance(before.operation, Linear):
            continue
        weights = before.operation.scaled(before.weights, layer.weights['scale'], layer.weights['bias'])
        kept[before.name] = replace(before, weights=frozen(weights))
        del kept[layer.name]
        renamed[layer.name] = before.name
    layers = {
        layer.name: replace(layer, inputs=tuple(renamed.get(name, name) for name in layer.inputs))
        for layer in kept.values()
    }
    return MappingProxyType(layers), tuple(renamed.get(name, name) for name in outputs)
