"""Nodes of ONNX graphs; onnx is imported by the first call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..._checks.shown import as_step, shown
from ...formats import FixedQ, MinifloatQ, Spec
from ._operators import DOMAIN, INPUTS, canonical
from ._read import from_qonnx
from ._write import to_qonnx

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto


def make_node(spec: Spec, x: str, y: str) -> tuple[NodeProto, list[TensorProto]]:
    """The node that quantizes the tensor `x` to `y`, and its other inputs as initializers: `y_scale` and so on.

    The model must import an opset of `DOMAIN`. Raises ValueError as `to_qonnx` does, and ImportError without onnx:
    `pip install 'quantizers[qonnx]'`.
    """
    onnx = _onnx()
    op_type, inputs, attributes = to_qonnx(spec)
    numbers = [
        onnx.helper.make_tensor(f'{y}_{name}', onnx.TensorProto.FLOAT, [], [value]) for name, value in inputs.items()
    ]
    names = [x, *(number.name for number in numbers)]
    return onnx.helper.make_node(op_type, names, [y], domain=DOMAIN, **attributes), numbers


def read_node(node: NodeProto, initializers: Iterable[TensorProto]) -> FixedQ | MinifloatQ:
    """The spec that a node of an ONNX graph is; `initializers` are `graph.initializer`.

    Raises ValueError as `from_qonnx` does, with the node's name or else its output's, and for an input that is no
    initializer; ImportError without onnx.
    """
    onnx = _onnx()
    names = INPUTS.get(canonical(node.op_type), ())
    tensors = {tensor.name: tensor for tensor in initializers if tensor.name in node.input[1:]}
    try:
        if len(node.input) > 1 + len(names) > 1:
            raise ValueError(f'{node.op_type} must have {1 + len(names)} inputs: {len(node.input)}')
        inputs = {}
        for name, tensor in zip(names, node.input[1:], strict=False):
            if tensor not in tensors:
                raise ValueError(
                    f'{name!r} must be an initializer (qonnx-cleanup makes them of constants): {shown(tensor)}'
                )
            inputs[name] = onnx.numpy_helper.to_array(tensors[tensor])
        attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
        return from_qonnx(node.op_type, inputs, attributes)
    except ValueError as error:
        raise ValueError(f'{as_step(node.name or ", ".join(node.output))}: {error}') from None


def _onnx() -> Any:
    try:
        import onnx
    except ImportError:
        raise ImportError("nodes of a graph need onnx: pip install 'quantizers[qonnx]'") from None
    return onnx
