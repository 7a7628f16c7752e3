"""The constants of an ONNX graph, and the formats of QONNX's nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._checks.shown import as_step
from ..exchange.qonnx._operators import DOMAINS, INPUTS, canonical
from ..exchange.qonnx._read import from_qonnx
from ..formats.per_channel import Formats, PerChannel
from .exact import Array
from .onnx_files import import_onnx
from .operations import Shape

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

OWN = '', 'ai.onnx'  # the domain of ONNX' own operators, by both its names
# a weight that passes through these has the format that it had before
_MOVING = 'Identity', 'Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'


class Constant(NamedTuple):
    """Numbers, and the format that a node of QONNX gives them."""

    array: Array
    formats: Formats | None = None


def attributes_of(node: NodeProto) -> dict[str, Any]:
    """By name, text as text."""
    onnx = import_onnx()
    found = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in found.items()}


def is_format(node: NodeProto) -> bool:
    """Whether it is one of QONNX's, a format; BipolarQuant and others are none, and are refused by that name."""
    return canonical(node.op_type) in INPUTS and node.domain in DOMAINS


def kind_of(node: NodeProto) -> str:
    """The name of an operator, with its domain where that is another than ONNX' own and it is no format."""
    return node.op_type if node.domain in OWN or is_format(node) else f'{node.domain}::{node.op_type}'


def formats_of(node: NodeProto, inputs: Iterable[Array], axes: int) -> Formats:
    """The format of a node of QONNX, or those of the channels of an array of so many axes.

    Raises ValueError, with the name of its result, for what is none: see `from_qonnx`.
    """
    arrays = [np.asarray(each) for each in inputs]
    numbers = dict(zip(INPUTS[canonical(node.op_type)], arrays, strict=False))
    attributes = attributes_of(node)
    try:
        shape = np.broadcast_shapes(*(each.shape for each in arrays))
        several = [axis for axis, size in enumerate((1,) * (axes - len(shape)) + shape) if size > 1]
        if len(several) != 1:
            return from_qonnx(node.op_type, numbers, attributes)
        every = {name: np.broadcast_to(each, shape).ravel() for name, each in numbers.items()}
        count = max(shape)
        specs = [from_qonnx(node.op_type, {n: each[j] for n, each in every.items()}, attributes) for j in range(count)]
        return PerChannel(several[0], tuple(specs))
    except ValueError as error:
        raise ValueError(f'{as_step(node.output[0])}: {error}') from None


def constants_of(model: ModelProto, shapes: Mapping[str, Shape]) -> dict[str, Constant]:
    """The initializers, and the results of nodes of constants alone, and of shapes."""
    onnx = import_onnx()
    opsets = {each.domain: each.version for each in model.opset_import}
    to_array = onnx.numpy_helper.to_array
    found = {tensor.name: Constant(to_array(tensor)) for tensor in model.graph.initializer}
    for node in model.graph.node:
        names, kind = [name for name in node.input if name], kind_of(node)
        if kind == 'Shape' and names[0] in shapes and not node.attribute:
            found[node.output[0]] = Constant(np.array(shapes[names[0]], np.int64))
        elif kind == 'CastLike' and names[0] in found:  # all numbers are float64 here
            found[node.output[0]] = found[names[0]]
        elif all(name in found for name in names) and (names or kind == 'Constant'):
            given = [found[name] for name in names]
            if is_format(node):
                array = given[0].array
                formats = formats_of(node, (each.array for each in given[1:]), array.ndim)
                found[node.output[0]] = Constant(array, formats)
                continue
            try:
                evaluator = onnx.reference.ReferenceEvaluator(node, opsets=opsets)
                results = evaluator.run(None, dict(zip(names, (each.array for each in given), strict=True)))
            except Exception:  # noqa: BLE001  (which is refused by its name where it is read)
                continue
            moved = _moved(node, given)
            found |= {name: Constant(array, moved) for name, array in zip(node.output, results, strict=False)}
    return found


def _moved(node: NodeProto, given: list[Constant]) -> Formats | None:
    """The format of a constant whose numbers another one has, in other places."""
    formats = next((each.formats for each in given if each.formats is not None), None)
    if formats is None or node.op_type == 'Shape':
        return None
    if node.op_type not in _MOVING:
        raise ValueError(
            f'{as_step(node.output[0])}: a weight must have its format last, and not before {node.op_type}'
        )
    if not isinstance(formats, PerChannel) or node.op_type == 'Identity':
        return formats
    if node.op_type != 'Transpose':
        raise ValueError(f'{as_step(node.output[0])}: weights with a format per channel must keep their axes')
    axes = given[0].array.ndim
    order = list(attributes_of(node).get('perm', range(axes)[::-1]))
    return PerChannel(order.index(formats.axis % axes), formats.specs)
