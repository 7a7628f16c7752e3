"""A network as a graph: what each layer computes, of which other layers, with which weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from .._tables import Column, Table
from .exact import Array
from .operations import Linear, Operation, Scale

_COLUMNS = (
    Column('name', 'layer'),
    Column('kind', 'kind'),
    Column('shape', 'result', lambda shape: ' x '.join(map(str, shape))),
    Column('weights', 'weights', lambda count: f'{count:,}' if count else '', right=True),
    Column('multiplications', 'multiplications', lambda count: f'{count:,}' if count else '', right=True),
    Column('inputs', 'takes', ', '.join),
)


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


def floating(layers: Layers, given: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
    """The result of each layer in float64 with its name, of samples of the inputs; each is kept while it is taken."""
    left = Counter(name for layer in layers.values() for name in layer.inputs)
    results: dict[str, Array] = {}
    for name, layer in layers.items():
        if layer.inputs:
            compute = layer.operation.floating(len(layer.inputs), layer.weights)
            results[name] = compute(*(results[other] for other in layer.inputs))
        else:
            results[name] = given[name].astype(np.float64)
        yield name, results[name]
        left.subtract(layer.inputs)
        for done in {name, *layer.inputs}:
            if not left[done]:
                results.pop(done, None)


def table_of(layers: Layers) -> Table:
    """Layers as rows."""
    rows = []
    for layer in layers.values():
        shapes = [layers[name].shape for name in layer.inputs]
        count = sum(array.size for array in layer.weights.values())
        products = layer.operation.products(shapes, layer.shape) if shapes else 0
        rows.append((layer.name, layer.kind, layer.shape, count, products, layer.inputs))
    return Table(_COLUMNS, rows)
