"""A model of ONNX as a graph, by the names of its tensors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .._checks.shown import as_step, shown
from ..formats.per_channel import Formats
from .graph import Layer, frozen
from .onnx_constants import Constant
from .onnx_node import Node
from .onnx_operators import READERS, Weights, by_output
from .onnx_shapes import known_of
from .operations import Linear, Operation, Same
from .torch_operations import TorchConvolution

if TYPE_CHECKING:
    from onnx import ModelProto

Specs = dict[str, Formats]


def layers_of(model: ModelProto) -> tuple[list[Layer], tuple[str, ...], Specs]:
    """The layers of a model, each after those whose results it takes, the names of its outputs, and QONNX's formats.

    A layer has the name of its result. A node of QONNX is a layer with a format where it takes a result, and the format
    of a weight where it takes that; an input that goes into nodes of one format alone has that, too. MatMul, and the
    Add of a constant after it, are one layer.

    Raises ValueError, by its name, for an operator that is not computed here.
    """
    known, graph = known_of(model), model.graph
    layers = {name: Layer(name, 'input', Same(), (), known.of_sample(name)) for name in known.inputs}
    outputs = tuple(each.name for each in graph.output)
    uses = Counter(name for node in graph.node for name in node.input) + Counter(outputs)
    specs: Specs = {}
    for proto in graph.node:
        if proto.output[0] in known.constants:
            continue
        node = Node(proto, known, layers)
        if node.kind == 'Add' and (before := _unbiased(node, uses)) is not None:
            _add_bias(node, before, layers, specs)
            continue
        operation, weights = _read(node)
        present = {tensor: each for tensor, each in weights.items() if each is not None}
        arrays = {tensor: each.array.astype(np.float64) for tensor, each in present.items()}
        layers[node.name] = Layer(node.name, node.kind, operation, node.results, node.shape, frozen(arrays))
        specs |= {f'{node.name}.{tensor}': each.formats for tensor, each in present.items() if each.formats is not None}
        if node.is_format:
            specs[f'{node.name}.result'] = node.formats
    missing = [name for name in outputs if name not in layers]
    if missing:
        raise ValueError(f'{as_step(missing[0])}: an output must be a result, and no constant')
    for name in known.inputs:
        takers = [node.output[0] for node in graph.node if name in node.input]
        formats = {specs.get(f'{taker}.result') for taker in takers}  # which nodes of QONNX alone have
        if len(formats) == 1 and name not in outputs and (only := formats.pop()) is not None:
            specs[f'{name}.result'] = only
    return [*layers.values()], outputs, specs


def _read(node: Node) -> tuple[Operation, Weights]:
    read = (lambda _: (Same(), {})) if node.is_format else READERS.get(node.kind)
    if read is None:
        raise ValueError(
            f'{as_step(node.name)}: must be one of {", ".join(READERS)}, which are computed exactly here: '
            f'{shown(node.kind)}'
        )
    return read(node)


def _unbiased(node: Node, uses: Mapping[str, int]) -> tuple[Layer, Constant] | None:
    """The layer of sums of products whose bias an addition adds, and the bias."""
    if len(node.results) != 1 or len(node.inputs) != 2:
        return None
    at = node.inputs.index(node.results[0])
    before = node.layer(at)
    if before is None or not isinstance(before.operation, Linear) or 'bias' in before.weights or uses[before.name] > 1:
        return None
    return before, node.given(1 - at)


def _add_bias(node: Node, found: tuple[Layer, Constant], layers: dict[str, Layer], specs: Specs) -> None:
    before, constant = found
    axis = 1 if isinstance(before.operation, TorchConvolution) else len(before.shape)
    bias = by_output(node, constant, before.shape[axis - 1], axis, 1 + len(before.shape))
    weights = frozen({**before.weights, 'bias': bias.array.astype(np.float64)})
    del layers[before.name]
    layers[node.name] = replace(before, name=node.name, weights=weights)
    if (formats := specs.pop(f'{before.name}.weight', None)) is not None:
        specs[f'{node.name}.weight'] = formats
    if bias.formats is not None:
        specs[f'{node.name}.bias'] = bias.formats
