"""The result of each node of an ONNX model as onnx' own evaluator computes it, to compare with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .exact import Array
from .given import checked
from .onnx_constants import formats_of, is_format
from .onnx_files import import_onnx, load_onnx
from .onnx_reader import layers_of
from .samples import read_samples

if TYPE_CHECKING:
    from onnx import ModelProto

BATCH = 256


def float_trace(model: ModelProto, inputs: Mapping[str, Array], names: Collection[str]) -> dict[str, Array]:
    """What the model computes for samples, in its own floats, for tensors by their names; QONNX's nodes as formats.

    An input that goes into these alone is what they make of it. A model of a fixed number of samples gets so many at
    once, the last ones with zeros beside them.
    """
    onnx = import_onnx()
    names = [name for node in model.graph.node for name in node.output if name in names]
    given = {each.name: each.type.tensor_type for each in model.graph.input if each.name in inputs}
    fixed = max(tensor.shape.dim[0].dim_value for tensor in given.values())
    types = {name: onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type) for name, tensor in given.items()}
    evaluator = onnx.reference.ReferenceEvaluator(model, new_ops=_operators(model))
    size, step = len(next(iter(inputs.values()))), fixed or BATCH
    parts = []
    for at in range(0, size, step):
        part = {name: np.asarray(inputs[name][at : at + step], dtype) for name, dtype in types.items()}
        count = len(next(iter(part.values())))
        if fixed:
            part = {
                name: np.concatenate([x, np.zeros((fixed - count, *x.shape[1:]), x.dtype)]) for name, x in part.items()
            }
        parts.append([np.asarray(each)[:count] for each in evaluator.run([*names], part)])
    found = {name: np.concatenate(each) for name, each in zip(names, zip(*parts, strict=True), strict=True)}
    return {name: found.get(_only_format(model, name), x) for name, x in inputs.items()} | found


def _only_format(model: ModelProto, name: str) -> str:
    """What a node of QONNX makes of a tensor that nothing else takes; the tensor where there are others."""
    takers = [node for node in model.graph.node if name in node.input]
    return takers[0].output[0] if takers and all(map(is_format, takers)) else name


def tensors(path: Path, samples: Any, max_size: int | None = None) -> Iterator[dict[str, Array]]:
    """The weights of the model in a file by the names of a `Network`, and the results of each batch of samples.

    These are in a file by its path, or arrays as a `Network` takes them. Raises as `load_onnx`, `read_samples`,
    `checked` and the reader of models do.
    """
    model = load_onnx(path)
    layers, _, _ = layers_of(model)
    yield {f'{layer.name}.{tensor}': array for layer in layers for tensor, array in layer.weights.items()}
    if samples is None:
        return
    if isinstance(samples, str | PathLike):
        shapes = {layer.name: layer.shape for layer in layers if not layer.inputs}
        inputs = read_samples(Path(samples), shapes, max_size)
    else:
        inputs = checked({layer.name: layer for layer in layers}, samples)
    wanted = {layer.name for layer in layers if layer.operation.takes_format}
    for at in range(0, len(next(iter(inputs.values()))), BATCH):
        batch = {name: x[at : at + BATCH] for name, x in inputs.items()}
        results = float_trace(model, batch, wanted)
        yield {f'{name}.result': result for name, result in results.items()}


def _operators(model: ModelProto) -> list[Any]:
    """QONNX's, which onnx has not."""
    run = import_onnx().reference.op_run.OpRun

    def call(self: Any, x: Array, *inputs: Array, **_: Any) -> tuple[Array]:
        return (np.asarray(formats_of(self.onnx_node, inputs, x.ndim)(x)),)

    kinds = {(node.op_type, node.domain) for node in model.graph.node if is_format(node)}
    return [type(kind, (run,), {'op_domain': domain, '_run': call}) for kind, domain in sorted(kinds)]
