"""What qonnx itself makes of the operators that specs are written as, and nodes of ONNX graphs."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.custom_op.general.bipolar_quant import binary_quant
from qonnx.custom_op.registry import getCustomOp

from quantizers import FixedQ, MinifloatQ, Spec, TernaryQ
from quantizers.qonnx import DOMAIN, make_node, read_node

F32 = np.float32
SIGNED = [('SAT', True), ('SAT_SYM', True), ('SAT', False)]
BELOW_HALF = np.nextafter(F32(0.5), F32(0))


def executed(spec: Spec, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """`x` through the node, by qonnx's own code."""
    node, initializers = make_node(spec, 'x', 'y')
    context = {'x': x.copy()} | {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in initializers}
    with np.errstate(all='ignore'):
        getCustomOp(node).execute_node(context, None)
    result: np.ndarray[Any, Any] = context['y']
    assert result.dtype == F32
    return result


def differs(spec: Spec, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The inputs whose results are not those of the spec."""
    theirs, ours = executed(spec, x), spec(x)
    same = (theirs == ours) | (np.isnan(theirs) & np.isnan(ours))
    if isinstance(spec, MinifloatQ):
        same &= np.signbit(theirs) == np.signbit(ours)
    return x[~same]


def hard_inputs(spec: FixedQ | TernaryQ) -> np.ndarray[Any, Any]:
    """Codes, ties, quarters and their neighbours, around zero and around and beyond both ends; not finite ones too."""
    ends = [float(limit / spec.eps) for limit in (spec.min, 0, spec.max)]
    codes = np.concatenate([end + np.arange(-40, 41) for end in ends] + [np.array([4.0, -4.0]) * ends[2]])
    steps = (codes + np.array([[0], [0.25], [0.5], [0.75]])).ravel().astype(F32)
    x = np.concatenate([steps, np.nextafter(steps, F32(np.inf)), np.nextafter(steps, F32(-np.inf))])
    x = np.ldexp(np.unique(x), -spec.f)
    return np.concatenate([x, np.array([0.0, -0.0, 1e30, -1e30, np.inf, -np.inf, np.nan], F32)]).astype(F32)


@pytest.mark.parametrize('rounding', ['RND_CONV', 'RND_INF', 'RND_ZERO', 'TRN', 'TRN_ZERO', 'CEIL', 'AWAY'])
def test_fixed_point(rounding: str) -> None:
    count = formats = 0
    for width in (*range(1, 9), 16, 23):
        for integer in (width - 60, -2, 0, 1, width, width + 3, 30):
            for overflow, signed in SIGNED:
                if width == signed:
                    continue
                spec = FixedQ(width, integer, signed, rounding, overflow)
                x = hard_inputs(spec)
                found = differs(spec, x)
                # where x + 0.5 in float32 is 1
                expected = [BELOW_HALF] if rounding == 'RND_INF' else []
                assert set(np.abs(np.ldexp(found, spec.f))) == set(expected), spec
                count, formats = count + x.size, formats + 1
    print(f'{rounding}: {formats} formats, {count} inputs')
    assert count > 100_000


def test_the_other_exceptions_that_are_documented() -> None:
    wide = FixedQ(24, 24, False, 'RND_INF', 'SAT')
    assert differs(wide, F32([2.0**23 + 1, 2.0**22 + 1])).tolist() == [2.0**23 + 1]
    assert differs(FixedQ(24, 24, False, 'RND_CONV', 'SAT'), hard_inputs(wide)).size == 0
    coarse = FixedQ(8, 18, True, 'TRN', 'SAT')
    tiny = F32([-1e-45, -1e-38, -1e-30])
    assert differs(coarse, tiny).tolist() == tiny[:1].tolist()
    assert differs(MinifloatQ(0, 3), np.full(1, np.inf, F32)).size == 1
    assert differs(MinifloatQ(1, 3), np.full(1, np.finfo(F32).max)).size == 0


def test_ties_go_away_from_zero_under_half_up_and_towards_it_under_half_down() -> None:
    ties = F32([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    away, towards = (FixedQ(8, 8, True, mode, 'SAT') for mode in ('RND_INF', 'RND_ZERO'))
    assert executed(away, ties).tolist() == [-3, -2, -1, 1, 2, 3]
    assert executed(towards, ties).tolist() == [-2, -1, 0, 0, 1, 2]


def test_ternary_and_what_bipolar_does_at_zero() -> None:
    assert differs(TernaryQ(), hard_inputs(TernaryQ())).size == 0
    assert binary_quant(F32([-0.0, 0.0, 1, -1]), F32(1)).tolist() == [1, 1, 1, -1]


def minifloat_inputs(spec: MinifloatQ) -> np.ndarray[Any, Any]:
    """In every binade: values, ties, what is near the next power of two, and their neighbours."""
    m = spec.mantissa_bits
    fine = np.arange(0, 1, 2.0 ** -min(m + 2, 6))
    edge = np.arange(8) * 2.0 ** -(m + 2)
    fractions = np.unique(np.concatenate([fine, edge, 1 - edge]))
    exponents = np.arange(max(spec.emin - m - 3, -126), min(spec.emax + 3, 126))
    x = np.ldexp(1 + fractions, exponents[:, None]).ravel().astype(F32)
    x = np.concatenate([x, np.nextafter(x, F32(np.inf)), np.nextafter(x, F32(0)), F32([0, 1e38])])
    return np.concatenate([x, -x, F32([np.nan])])


@pytest.mark.parametrize('m', range(11))
def test_minifloats(m: int) -> None:
    count = formats = 0
    for e in range(1, 8):
        half = 2 ** (e - 1)
        lowest, highest = -125 + half + m, 127 - half  # the step is 2^-124; the largest exponent is 126
        for e0 in {lowest, lowest + 1, -3, 0, 1, 5, highest}:
            if lowest <= e0 <= highest:
                spec = MinifloatQ(m, e, e0)
                x = minifloat_inputs(spec)
                assert differs(spec, x).size == 0, spec
                count, formats = count + x.size, formats + 1
    print(f'm = {m}: {formats} formats, {count} inputs')
    assert count > 100_000


def test_a_model_with_these_nodes_runs_and_is_read_back() -> None:
    formats: dict[str, FixedQ | MinifloatQ] = {'a': FixedQ(8, 3, True, 'RND_CONV', 'SAT'), 'b': MinifloatQ(2, 2, 1)}
    x = np.linspace(-6, 6, 97, dtype=F32)
    made = [make_node(spec, 'x', name) for name, spec in formats.items()]
    value = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape) for name in ('x', 'a', 'b')}
    graph = helper.make_graph(
        [node for node, _ in made],
        'formats',
        [value['x']],
        [value['a'], value['b']],
        [tensor for _, tensors in made for tensor in tensors],
    )
    opsets = [helper.make_opsetid('', 13), helper.make_opsetid(DOMAIN, 1)]
    model = helper.make_model(graph, opset_imports=opsets)
    results = execute_onnx(ModelWrapper(model), {'x': x})
    for node in model.graph.node:
        name = node.output[0]
        assert read_node(node, model.graph.initializer) == formats[name]
        np.testing.assert_array_equal(results[name], formats[name](x))


def test_one_initializer_may_serve_twice() -> None:
    node, initializers = make_node(MinifloatQ(2, 2), 'x', 'y')
    node.input[3] = node.input[2]  # both are 2
    assert read_node(node, initializers) == MinifloatQ(2, 2)


def test_nodes_that_are_refused() -> None:
    node, initializers = make_node(TernaryQ(), 'x', 'y')
    with pytest.raises(ValueError, match=r"^y: 'bitwidth' must be an initializer .*: 'y_bitwidth'$"):
        read_node(node, initializers[:2])
    node.name = 'quant_1'
    node.input.append('more')
    with pytest.raises(ValueError, match=r'^quant_1: Quant must have 4 inputs: 5$'):
        read_node(node, initializers)
    del node.input[3:]
    with pytest.raises(
        ValueError, match=r'^quant_1: Quant must have the inputs scale, zeropt, bitwidth: scale, zeropt$'
    ):
        read_node(node, initializers)
    with pytest.raises(ValueError, match=r"^z: 'op_type' must be Quant, IntQuant or FloatQuant: 'Relu'$"):
        read_node(helper.make_node('Relu', ['y'], ['z']), [])
