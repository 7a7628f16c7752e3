"""A network as a graph: what each node computes, of which other nodes, with which weights."""

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
class Node:
    """One result of a network.

    Attributes:
        name: of the layer that hls4ml makes of it; its formats are `name.result`, `name.weight` and so on.
        kind: what the source calls it: `Dense`, `Conv2D`, `relu`.
        operation: what it computes.
        inputs: the names of the nodes whose results it takes; none for an input of the network.
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


Nodes = Mapping[str, Node]


def in_order(nodes: Iterable[Node]) -> Nodes:
    """The nodes by name, each after those whose results it takes."""
    left = {node.name: node for node in nodes}
    placed: dict[str, Node] = {}
    while left:
        ready = [node for node in left.values() if placed.keys() >= set(node.inputs)]
        assert ready, left
        for node in ready:
            placed[node.name] = left.pop(node.name)
    return MappingProxyType(placed)


def folded(nodes: Nodes, outputs: tuple[str, ...]) -> tuple[Nodes, tuple[str, ...]]:
    """Batch normalizations in the weights of the layers before them, whose results nothing else takes."""
    kept = dict(nodes)
    renamed: dict[str, str] = {}
    taken = Counter(name for node in nodes.values() for name in node.inputs)
    for node in nodes.values():
        if not isinstance(node.operation, Scale) or taken[node.inputs[0]] > 1 or node.inputs[0] in outputs:
            continue
        before = kept[renamed.get(node.inputs[0], node.inputs[0])]
        if not isinstance(before.operation, Dense | Convolution):
            continue
        scale, shift = node.weights['scale'], node.weights['bias']
        depthwise = isinstance(before.operation, Convolution) and before.operation.depthwise
        weight = before.weights['weight'] * (scale[:, None] if depthwise else scale)
        bias = before.weights.get('bias', np.zeros(len(scale))) * scale + shift
        kept[before.name] = replace(before, weights=MappingProxyType({'weight': weight, 'bias': bias}))
        del kept[node.name]
        renamed[node.name] = before.name
    nodes = {
        node.name: replace(node, inputs=tuple(renamed.get(name, name) for name in node.inputs))
        for node in kept.values()
    }
    return MappingProxyType(nodes), tuple(renamed.get(name, name) for name in outputs)
