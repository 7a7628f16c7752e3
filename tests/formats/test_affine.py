"""Scales and zero points: onnxruntime, and exact arithmetic with the dtype's own division and product."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from oracles import reference
from quantizers import AffineQ, FieldError, FixedQ, PerChannel, PrecisionWarning, QuantizerConfig, parse_type
from quantizers.modes import deterministic

SPECS = [
    AffineQ(8, 0.1, 3),
    AffineQ(8, 0.1, 3, division='inverse'),
    AffineQ(8, 0.1, 128, signed=False),
    AffineQ(4, 1 / 3, -2, True),
    AffineQ(4, 1 / 3, 0, narrow=True, division='inverse'),
    AffineQ(8, 2.0**-5),
    AffineQ(1, 0.7, -1),
    AffineQ(16, 3.0517578e-05, 7),
    AffineQ(16, 1e-3, 65535, signed=False),
    AffineQ(8, 1e20, 5),
    AffineQ(8, 1e-20, -5, division='inverse'),
]
PRECISION = {'float64': 53, 'float32': 24}


def record(spec: AffineQ, dtype: str = 'float64') -> reference.AffineFormat:
    by_inverse = spec.division == 'inverse'
    low, high = spec.codec.low, spec.codec.high
    return reference.AffineFormat(spec.scale, spec.zero_point, low, high, PRECISION[dtype], by_inverse)


def inputs(spec: AffineQ, dtype: str) -> NDArray[Any]:
    """Codes, midpoints and quarters in range and beyond, and what is beside each in the dtype; Inf, -0, far and tiny.

    None whose quotient is below the normal numbers of the dtype, which is what the dtype makes of it.
    """
    low, high = spec.law.low, spec.law.high
    codes = (
        np.arange(low - 4, high + 5) if high - low < 600 else np.array([low, -1, 0, 1, high])[:, None] + range(-9, 9)
    )
    steps = (codes.ravel()[:, None] + np.array([0, 0.25, 0.5, 0.75])).ravel()
    x = (steps * spec.scale).astype(dtype)
    near = [np.nextafter(x, np.asarray(way, dtype)) for way in (np.inf, -np.inf)]
    x = np.concatenate([x, *near, np.array([np.inf, -np.inf, 0, -0.0, 1e30, -1e30, 1e-38, -1e-38], dtype)])
    return x[(x == 0) | (np.abs(x) >= float(np.finfo(dtype).smallest_normal) * max(spec.scale, 1) * 2)]


@pytest.mark.parametrize('dtype', PRECISION)
@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_codes_and_values_are_the_law(spec: AffineQ, dtype: str, tally: Any) -> None:
    x = inputs(spec, dtype)
    for rounding in reference.ROUNDINGS:
        changed = AffineQ.from_config(spec.get_config() | {'rounding': rounding})
        codes = [reference.affine_code(n, record(spec, dtype), rounding) for n in x.tolist()]
        values = np.array([float(reference.affine_value(c, record(spec, dtype))) for c in codes], dtype)
        got = changed(x)
        assert got.dtype == dtype
        assert not np.signbit(got[got == 0]).any()
        tally('affine', changed, x, got, values)
        tally('affine', f'encode, {changed}', x, changed.encode(x).astype(np.int64), np.array(codes))
        if rounding in ('TRN', 'RND_CONV', 'TO_ODD'):
            tally('affine', f'compiled, {changed}', x, changed(np.resize(x, 1 << 20))[: x.size], values)
        few = np.array([float(changed(n)) for n in x[::97]])
        tally('affine', f'alone, {changed}', x[::97], few, values[::97].astype(np.float64))
    tally.check()


@pytest.mark.parametrize('bits', [2, 4, 8])
@pytest.mark.parametrize('signed', [True, False])
def test_every_code_is_read_and_written(bits: int, signed: bool) -> None:
    spec = AffineQ(bits, 0.3, 1, signed)
    codes = np.arange(spec.codec.low, spec.codec.high + 1)
    values = spec.decode(codes)
    np.testing.assert_array_equal(values, (codes - 1) * 0.3)
    np.testing.assert_array_equal(spec.values(), values)
    np.testing.assert_array_equal(spec.encode(values), codes)
    np.testing.assert_array_equal(spec(values), values)
    assert spec.decode(codes, exact=True).tolist() == [(c - 1) * Fraction(0.3) for c in codes.tolist()]
    np.testing.assert_array_equal(spec.from_hex(spec.to_hex(values)), values)
    assert (spec.min, spec.max) == (min(spec.decode(codes, exact=True)), max(spec.decode(codes, exact=True)))


TYPES = {
    (8, True): TensorProto.INT8,
    (8, False): TensorProto.UINT8,
    (16, True): TensorProto.INT16,
    (16, False): TensorProto.UINT16,
}


def of_onnxruntime(x: NDArray[Any], spec: AffineQ) -> tuple[NDArray[Any], NDArray[Any]]:
    """The codes, and the values that they have there."""
    kind = TYPES[spec.bits, spec.signed]
    constants = [
        helper.make_tensor('s', TensorProto.FLOAT, [], [spec.scale]),
        helper.make_tensor('z', kind, [], [spec.zero_point]),
    ]
    nodes = [
        helper.make_node('QuantizeLinear', ['x', 's', 'z'], ['q']),
        helper.make_node('DequantizeLinear', ['q', 's', 'z'], ['y']),
    ]
    graph = helper.make_graph(
        nodes,
        'g',
        [helper.make_tensor_value_info('x', TensorProto.FLOAT, [x.size])],
        [
            helper.make_tensor_value_info('q', kind, [x.size]),
            helper.make_tensor_value_info('y', TensorProto.FLOAT, [x.size]),
        ],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 21)], ir_version=10)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider'])
    codes, values = session.run(['q', 'y'], {'x': x})
    return codes, values


@pytest.mark.parametrize(('bits', 'signed'), TYPES)
@pytest.mark.parametrize('scale', [0.1, 1 / 3, 0.0078125, 1.7e-3, 12.3])
def test_codes_and_values_are_those_of_onnxruntime(scale: float, bits: int, signed: bool, tally: Any) -> None:
    for zero_point in (0, 3, 100):
        spec = AffineQ(bits, float(np.float32(scale)), zero_point, signed)
        x = inputs(spec, 'float32')
        x = np.concatenate([x, np.random.default_rng(0).normal(0, 80 * scale, 20_000).astype(np.float32)])
        x = x[np.abs(x / scale) < 2**30]  # beyond, the integers that it makes on the way may overflow
        codes, values = of_onnxruntime(x, spec)
        tally('onnxruntime', f'encode, {spec}', x, spec.encode(x), codes)
        tally('onnxruntime', spec, x, spec(x), values)
    tally.check()


def test_both_divisions_differ_at_ties() -> None:
    x = np.arange(-128, 128, dtype=np.float32) * np.float32(0.1) + np.float32(0.05)
    by_scale, by_inverse = AffineQ(8, 0.1), AffineQ(8, 0.1, division='inverse')
    assert (by_scale.encode(x) != by_inverse.encode(x)).sum() == 13


def test_a_power_of_two_is_fixed_point() -> None:
    x = np.random.default_rng(0).normal(0, 3, 10_000).astype(np.float32)
    for division in ('scale', 'inverse'):
        affine, fixed = AffineQ(8, 2.0**-5, division=division), FixedQ(8, 3, True, 'RND_CONV', 'SAT')
        np.testing.assert_array_equal(affine(x), fixed(x))
        np.testing.assert_array_equal(affine.encode(x), fixed.encode(x))


def test_scales_of_channels() -> None:
    channels = PerChannel(1, [AffineQ(8, 0.1, 3), AffineQ(8, 0.3), AffineQ(4, 0.1, 0, signed=False)])
    x = np.random.default_rng(0).normal(0, 9, (50, 3)).astype(np.float32)
    got = channels(x)
    for channel, spec in enumerate(channels.specs):
        np.testing.assert_array_equal(got[:, channel], spec(x[:, channel]))


def test_numbers_of_python_are_divided_exactly() -> None:
    spec = AffineQ(8, 0.1, 3)
    tie = Fraction(0.1) * Fraction(5, 2)
    assert spec.encode([tie, tie + Fraction(1, 10**30), 10**40, -1]).tolist() == [5, 6, 127, -7]
    assert spec([tie, 10**40]).tolist() == [0.2, 12.4]


@pytest.mark.usefixtures('unwarned')
def test_integers_and_halves() -> None:
    spec = AffineQ(8, 0.1, 3)
    assert spec(np.array([1, -1, 2**62])).tolist() == [1.0, -1.0, 12.4]
    x = np.array([0.26, -3.3, 100], np.float16)
    with pytest.warns(PrecisionWarning, match='float16'):
        got = spec(x)
    np.testing.assert_array_equal(got, spec(x.astype(np.float32)).astype(np.float16))


def test_stochastic_rounding_is_unbiased() -> None:
    spec = AffineQ(8, 0.1, 3, rounding='S_RND')
    got = spec(np.full(20_000, 0.12), training=True, seed_gen=np.random.default_rng(0))
    assert set(got.tolist()) == {0.1, 0.2}
    assert abs(got.mean() - 0.12) < 0.001
    assert deterministic(spec.rounding) == spec.law.rounding == 'RND'


def test_it_is_data() -> None:
    for spec in SPECS:
        assert eval(repr(spec)) == parse_type(repr(spec)) == AffineQ.from_config(spec.get_config()) == spec
        config = QuantizerConfig({'w': spec})
        assert QuantizerConfig.from_json(config.to_json()) == config
    assert AffineQ(8, 1, 3) == AffineQ(8, 1.0, 3)
    assert repr(AffineQ(8, 0.1, 3)) == 'AffineQ(8, 0.1, 3)'
    assert math.isnan(AffineQ(8, 0.1)(math.nan))
    with pytest.raises(ValueError, match='NaN has no code'):
        AffineQ(8, 0.1).encode(math.nan)


@pytest.mark.parametrize(
    ('arguments', 'field'),
    [
        ((0, 0.1), 'bits'),
        ((17, 0.1), 'bits'),
        ((8, 0), 'scale'),
        ((8, -0.1), 'scale'),
        ((8, math.inf), 'scale'),
        ((8, math.nan), 'scale'),
        ((8, '0.1'), 'scale'),
        ((8, True), 'scale'),
        ((8, 1e-40), 'scale'),
        ((8, 0.1, 128), 'zero_point'),
        ((8, 0.1, -1, False), 'zero_point'),
        ((8, 0.1, -128, True, True), 'zero_point'),
        ((8, 0.1, 0, False, True), 'narrow'),
        ((1, 0.1, 0, True, True), 'bits'),
        ((8, 0.1, 0, True, False, 'RNT'), 'rounding'),
        ((8, 0.1, 0, True, False, 'RND', 'exact'), 'division'),
    ],
)
def test_what_is_refused(arguments: tuple[Any, ...], field: str) -> None:
    with pytest.raises(FieldError) as caught:
        AffineQ(*arguments)
    assert caught.value.field == field
