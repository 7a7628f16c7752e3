"""Specs to the operators of QONNX and back: what is said, what is refused."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracles.reference import ROUNDINGS, overflow_modes
from oracles.spec_strategies import STOCHASTIC, specs
from quantizers import BinaryQ, FixedQ, MinifloatQ, Spec, TernaryQ
from quantizers.qonnx import Node, from_qonnx, to_qonnx

MODES = {'RND_CONV': 'ROUND', 'RND_INF': 'HALF_UP', 'RND_ZERO': 'HALF_DOWN', 'TRN': 'FLOOR', 'TRN_ZERO': 'DOWN'}
MODES |= {'CEIL': 'CEIL', 'AWAY': 'UP'}
QUANT = FixedQ(8, 3, True, 'RND_CONV', 'SAT').to_qonnx()
FLOAT_QUANT = MinifloatQ(3, 4).to_qonnx()


def refused(message: str) -> Any:
    return pytest.raises(ValueError, match=re.escape(message))


def can_be_said(spec: Spec) -> bool:
    """By the table of the documentation."""
    if isinstance(spec, MinifloatQ):
        return spec.mantissa_bits <= 10 and spec.eps >= Fraction(1, 2**124) and spec.max < 2**127
    if isinstance(spec, BinaryQ):
        return False
    overflows = {'SAT': True, 'SAT_SYM': spec.signed}
    step = Fraction(1, 2**126) <= spec.eps <= 2**127
    return spec.rounding in MODES and overflows.get(spec.overflow, False) and step and spec.width > spec.signed


def test_what_is_said() -> None:
    assert FixedQ(8, 3, True, 'RND_CONV', 'SAT').to_qonnx() == Node(
        'Quant', {'scale': 1 / 32, 'zeropt': 0, 'bitwidth': 8}, {'signed': 1, 'narrow': 0, 'rounding_mode': 'ROUND'}
    )
    assert FixedQ(4, 6, False, 'TRN', 'SAT').to_qonnx() == Node(
        'Quant', {'scale': 4, 'zeropt': 0, 'bitwidth': 4}, {'signed': 0, 'narrow': 0, 'rounding_mode': 'FLOOR'}
    )
    assert TernaryQ().to_qonnx() == Node(
        'Quant', {'scale': 1, 'zeropt': 0, 'bitwidth': 2}, {'signed': 1, 'narrow': 1, 'rounding_mode': 'ROUND'}
    )
    assert MinifloatQ(3, 4, 1).to_qonnx() == Node(
        'FloatQuant',
        {'scale': 1, 'exponent_bitwidth': 4, 'mantissa_bitwidth': 3, 'exponent_bias': 7, 'max_val': 480},
        {'has_inf': 0, 'has_nan': 0, 'has_subnormal': 1, 'saturation': 1, 'rounding_mode': 'ROUND'},
    )
    # plain data, in the order of a node's inputs
    assert [*QUANT.inputs] == ['scale', 'zeropt', 'bitwidth']
    assert [*FLOAT_QUANT.inputs] == ['scale', 'exponent_bitwidth', 'mantissa_bitwidth', 'exponent_bias', 'max_val']
    for node in (QUANT, FLOAT_QUANT):
        assert {type(number) for number in node.inputs.values()} == {float}
        assert {type(value) for value in node.attributes.values()} == {int, str}


@pytest.mark.parametrize('signed', [True, False])
@pytest.mark.parametrize('rounding', [*ROUNDINGS, *STOCHASTIC])
@pytest.mark.parametrize('width', [1, 2, 8, 32])
def test_every_mode_is_said_and_read_back_or_refused(width: int, rounding: str, signed: bool) -> None:
    said = 0
    for overflow, n in overflow_modes(width, signed):
        spec = FixedQ(width, 1, signed, rounding, overflow, n)
        if can_be_said(spec):
            assert spec.to_qonnx().attributes['rounding_mode'] == MODES[rounding]
            assert from_qonnx(*spec.to_qonnx()) == spec
            said += 1
        else:
            with pytest.raises(ValueError, match=r'^QONNX cannot say FixedQ\(.*: .+: '):
                spec.to_qonnx()
    assert said == (0 if rounding not in MODES or width == signed else 1 + signed)


# drawn so that many can be said
near = st.builds(
    FixedQ,
    st.integers(2, 4096),
    st.integers(-130, 140),
    st.booleans(),
    st.sampled_from([*MODES, 'RND']),
    st.sampled_from(['SAT', 'SAT_SYM', 'WRAP']),
).map(lambda spec: replace(spec, integer=min(spec.integer + spec.width, 4096)))
near_minifloats = st.builds(MinifloatQ, st.integers(0, 12), st.integers(1, 9), st.integers(-130, 130))


@given(specs | near | near_minifloats)
def test_a_spec_is_read_back_equal_or_refused(spec: Spec) -> None:
    if not can_be_said(spec):
        with pytest.raises(ValueError, match=r'^QONNX cannot say '):
            spec.to_qonnx()
        return
    node = spec.to_qonnx()
    assert node == to_qonnx(spec)
    assert from_qonnx(*node) == (FixedQ(2, 2, True, 'RND_CONV', 'SAT_SYM') if spec == TernaryQ() else spec)
    in_float32 = {name: np.float32(number) for name, number in node.inputs.items()}
    assert in_float32 == node.inputs
    assert from_qonnx(node.op_type, in_float32, node.attributes) == from_qonnx(*node)


@pytest.mark.parametrize('spec', [FixedQ(8, i, True, 'TRN', 'SAT') for i in (-118, 135)])
def test_the_ends_of_the_scale(spec: FixedQ) -> None:
    assert from_qonnx(*spec.to_qonnx()) == spec
    beyond = replace(spec, integer=spec.integer + (1 if spec.integer > 0 else -1))
    with refused(f"'width' - 'integer' must be from -127 to 126, as the scale is a float32: {beyond.f}"):
        beyond.to_qonnx()


@pytest.mark.parametrize(
    ('spec', 'message'),
    [
        (
            FixedQ(8, 3, True, 'RND', 'SAT'),
            "'rounding' must be one of RND_CONV, RND_INF, RND_ZERO, TRN, TRN_ZERO, CEIL, AWAY: RND",
        ),
        (FixedQ(8, 3), "'overflow' must be SAT or SAT_SYM: WRAP"),
        (FixedQ(8, 3, False, 'TRN', 'SAT_SYM'), "'overflow' must be SAT, of a format without a sign: SAT_SYM"),
        (FixedQ(1, 1, True, 'TRN', 'SAT'), "'width' must be at least 2, of a format with a sign: 1"),
        (MinifloatQ(11, 4), "'mantissa_bits' must be at most 10: 11"),
        (MinifloatQ(3, 4, -115), "the step must be at least 2^-124, by a larger 'exponent_zero': 2^-125"),
        (MinifloatQ(3, 4, 120), "the largest exponent must be at most 126, by a smaller 'exponent_zero': 127"),
        (BinaryQ(), 'its BipolarQuant gives 1 at 0, where BinaryQ gives -1; use TernaryQ'),
    ],
    ids=repr,
)
def test_a_refusal_names_the_field_and_the_value(spec: Spec, message: str) -> None:
    with refused(message):
        spec.to_qonnx()


def test_only_specs_are_written() -> None:
    with pytest.raises(TypeError, match='must be a FixedQ, MinifloatQ, BinaryQ or TernaryQ: 8'):
        to_qonnx(8)  # type: ignore[arg-type]


# Reading --------------------------------------------------------------------------------------------------------------


def test_other_ways_to_say_the_same() -> None:
    spec = FixedQ(8, 3, True, 'RND_CONV', 'SAT')
    arrays = {'scale': np.full((1, 1, 1), 2**-5, np.float16), 'zeropt': np.int8(0), 'bitwidth': np.array([8])}
    for mode in ('ROUND', 'half_even', b'round'):
        assert from_qonnx('IntQuant', arrays, {'signed': True, 'narrow': 0, 'rounding_mode': mode}) == spec
    assert from_qonnx('Quant', arrays, {'signed': 1, 'narrow': 0}) == spec
    wider = FLOAT_QUANT.inputs | {'max_val': 1e6}
    assert from_qonnx('FloatQuant', wider, FLOAT_QUANT.attributes | {'rounding_mode': 'HALF_EVEN'}) == MinifloatQ(3, 4)


@pytest.mark.parametrize(
    ('node', 'changes', 'message'),
    [
        (QUANT, {'rounding_mode': 'NEAREST'}, "'rounding_mode' must be one of ROUND, HALF_EVEN, HALF_UP"),
        (QUANT, {'rounding_mode': 'SIDEWAYS'}, "HALF_DOWN, FLOOR, DOWN, CEIL, UP: 'SIDEWAYS'"),
        (QUANT, {'rounding_mode': 3}, "'rounding_mode' must be one of"),
        (QUANT, {'scale': 0.3}, "'scale' must be a power of two, as fixed point has no other steps: 0.3"),
        (QUANT, {'scale': 0.0}, "'scale' must be a power of two"),
        (QUANT, {'scale': -0.5}, "'scale' must be a power of two"),
        (QUANT, {'scale': 3}, "'scale' must be a power of two"),
        (QUANT, {'scale': math.inf}, "'scale' must be finite: inf"),
        (QUANT, {'scale': np.ones(2)}, "'scale' must be one number (a spec is one format: read channels one by one)"),
        (QUANT, {'scale': '1'}, "'scale' must be one number"),
        (QUANT, {'zeropt': 1}, "'zeropt' must be 0, as fixed point has no zero point: 1.0"),
        (QUANT, {'bitwidth': 7.5}, "'bitwidth' must be an integer from 1 to 4096: 7.5"),
        (QUANT, {'bitwidth': 0}, "'bitwidth' must be an integer from 1 to 4096: 0"),
        (QUANT, {'bitwidth': math.nan}, "'bitwidth' must be finite: nan"),
        (QUANT, {'bitwidth': 1}, "'bitwidth' must be at least 2 where 'signed' is 1: 1"),
        (QUANT, {'signed': 0, 'narrow': 1}, "'narrow' must be 0 where 'signed' is 0: 1"),
        (QUANT, {'signed': 2}, "'signed' must be True, False, 0 or 1: 2"),
        (QUANT, {'axis': 2}, 'Quant must have the attributes signed, narrow, rounding_mode: '),
        (FLOAT_QUANT, {'scale': 2}, "'scale' must be 1 (one of 2^n is a change of n in 'exponent_bias'"),
        (FLOAT_QUANT, {'rounding_mode': 'FLOOR'}, "'rounding_mode' must be ROUND or HALF_EVEN"),
        (FLOAT_QUANT, {'has_inf': 1}, "'has_inf' must be 0, as it is of every MinifloatQ: 1"),
        (FLOAT_QUANT, {'has_nan': 1}, "'has_nan' must be 0"),
        (FLOAT_QUANT, {'has_subnormal': 0}, "'has_subnormal' must be 1"),
        (FLOAT_QUANT, {'saturation': 0}, "'saturation' must be 1"),
        (FLOAT_QUANT, {'max_val': 239}, "'max_val' must be at least 240, the largest value of MinifloatQ("),
        (FLOAT_QUANT, {'exponent_bitwidth': 12}, "'exponent_bitwidth' must be an integer from 1 to 11: 12"),
        (FLOAT_QUANT, {'mantissa_bitwidth': -1}, "'mantissa_bitwidth' must be an integer from 0 to 52: -1"),
        (FLOAT_QUANT, {'exponent_bias': 5000}, "'exponent_bias' must be an integer from -4088 to 4104: 5000"),
    ],
    ids=str,
)
def test_what_is_no_format_is_refused(node: Node, changes: dict[str, Any], message: str) -> None:
    inputs = node.inputs | {name: value for name, value in changes.items() if name in node.inputs}
    attributes = node.attributes | {name: value for name, value in changes.items() if name not in node.inputs}
    with refused(message):
        from_qonnx(node.op_type, inputs, attributes)


def test_other_operators_and_missing_names_are_refused() -> None:
    with refused("'op_type' must be Quant, IntQuant or FloatQuant: 'Trunc'"):
        from_qonnx('Trunc', {}, {})
    with refused("'BipolarQuant' (it gives 1 at 0, where BinaryQ gives -1)"):
        from_qonnx('BipolarQuant', {'scale': 1}, {})
    with refused('Quant must have the inputs scale, zeropt, bitwidth: scale'):
        from_qonnx('Quant', {'scale': 1}, QUANT.attributes)
    with refused('Quant must have the attributes signed, narrow, rounding_mode: rounding_mode, signed'):
        from_qonnx('Quant', QUANT.inputs, {'signed': 1})


def test_without_onnx_the_extra_is_named() -> None:
    code = """
import sys
sys.modules['onnx'] = None
from quantizers import TernaryQ, qonnx
assert qonnx.from_qonnx(*TernaryQ().to_qonnx()).width == 2
for call in (lambda: qonnx.make_node(TernaryQ(), 'x', 'y'), lambda: qonnx.read_node(None, [])):
    try:
        call()
    except ImportError as error:
        print(error)
"""
    result = subprocess.run([sys.executable, '-c', code], check=True, capture_output=True, text=True)
    assert result.stdout.splitlines() == ["nodes of a graph need onnx: pip install 'quantizers[qonnx]'"] * 2


@given(near | near_minifloats)
def test_what_is_written_means_the_same_numbers(spec: FixedQ | MinifloatQ) -> None:
    if can_be_said(spec):
        inputs = spec.to_qonnx().inputs
        if isinstance(spec, FixedQ):
            assert (inputs['scale'], inputs['bitwidth']) == (spec.eps, spec.width)
        else:
            assert (2 ** (1 - Fraction(inputs['exponent_bias'])), inputs['max_val']) == (
                Fraction(2) ** spec.emin,
                spec.max,
            )
