"""What is known of an ONNX graph before anything is computed: its inputs, the shapes of its results, its constants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from .._checks.shown import as_step
from .onnx_constants import OWN, Constant, constants_of, is_format
from .onnx_files import first_line, import_onnx
from .operations import Shape

if TYPE_CHECKING:
    from onnx import ModelProto

# where their number is free, shapes are those of so many and of so many: no size that a model says is both
SAMPLES = 7, 11


class Known(NamedTuple):
    """What is known of a graph.

    Attributes:
        inputs: their names.
        shapes: of tensors, by the number of samples for which they are.
        constants: see `constants_of`.
        opset: the version of ONNX' own operators.
    """

    inputs: tuple[str, ...]
    shapes: Mapping[int, Mapping[str, Shape]]
    constants: Mapping[str, Constant]
    opset: int

    def of_sample(self, name: str) -> Shape:
        """The shape of one sample of a tensor. Raises ValueError where it is not known, and where samples are mixed."""
        found = set()
        for samples, shapes in self.shapes.items():
            shape = shapes.get(name)
            if shape and shape[0] != samples:
                raise ValueError(
                    f'{as_step(name)}: the first axis must be that of the samples: {shape} of {samples} samples'
                )
            found.add(shape[1:] if shape else None)
        one = found.pop()
        if one is None or found:
            raise ValueError(f'{as_step(name)}: must have known sizes, but that of the batch')
        return one


def known_of(model: ModelProto) -> Known:
    """What is known. Raises ValueError for shapes that do not fit, and for sparse weights."""
    for each in model.graph.sparse_initializer:
        raise ValueError(f'{as_step(each.values.name)}: must be dense, and no sparse initializer')
    initial = {tensor.name for tensor in model.graph.initializer}
    inputs = tuple(each.name for each in model.graph.input if each.name not in initial)
    plain = _plain(model)
    given = [each.type.tensor_type.shape.dim for each in plain.graph.input if each.name in inputs]
    fixed = max((axes[0].dim_value for axes in given if axes), default=0)
    free = [axes[0] for axes in given if axes and not axes[0].dim_value]
    shapes = {}
    for samples in (fixed,) if fixed else SAMPLES:
        for axis in free:
            axis.dim_value = samples
        shapes[samples] = _inferred(plain)
    opset = max((each.version for each in model.opset_import if each.domain in OWN), default=0)
    return Known(inputs, shapes, constants_of(model, next(iter(shapes.values()))), opset)


def _plain(model: ModelProto) -> ModelProto:
    """Without QONNX's nodes, at which the inference would end, the shapes that are declared, and large weights."""
    onnx = import_onnx()
    plain: ModelProto = onnx.ModelProto()
    plain.CopyFrom(model)
    for node in plain.graph.node:
        if is_format(node):
            node.CopyFrom(onnx.helper.make_node('Identity', node.input[:1], node.output))
    for tensor in plain.graph.initializer:
        if len(tensor.dims) > 1 and tensor.data_type != onnx.TensorProto.INT64:
            tensor.ClearField('raw_data')
    del plain.graph.value_info[:]
    for each in plain.graph.output:
        each.type.tensor_type.ClearField('shape')
    return plain


def _inferred(plain: ModelProto) -> dict[str, Shape]:
    try:
        graph = import_onnx().shape_inference.infer_shapes(plain, data_prop=True).graph
    except Exception as error:  # noqa: BLE001  (onnx' own)
        raise ValueError(f'shapes do not fit: {first_line(error)}') from None
    found: dict[str, Shape] = {}
    for each in (*graph.input, *graph.value_info, *graph.output):
        tensor = each.type.tensor_type
        sizes = [dimension.dim_value for dimension in tensor.shape.dim]
        if tensor.HasField('shape') and all(sizes):
            found[each.name] = tuple(sizes)
    return found
