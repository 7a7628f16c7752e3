"""The functional API: what its getters accept, and that it is a spec's call with the widths as arguments."""

from __future__ import annotations

import math
import re
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from oracles.reference import ROUNDINGS, overflow_modes
from quantizers import (
    BinaryQ,
    FixedQ,
    MinifloatQ,
    TernaryQ,
    binary_quantize_np,
    float_decompose_np,
    float_quantize_np,
    get_fixed_quantizer_np,
    ternary_quantize_np,
)

EDGES = [0.0, -0.0, 5e-324, -1e-30, 0.1, -0.1, 0.25, -0.25, 0.49999997, 0.5, -0.5, 0.75, -1.5, 2.5, 3.999, -4.0, -4.01]
EDGES += [4.0, 7.9, -8.5, 15.75, 16.0, -17.3, 100.1, -1000.2, 65504.0, 1e30, -1e300, np.inf, -np.inf, np.nan]
X = np.array(EDGES)
FLOATS = [np.float64, np.float32, np.float16]


def cast(dtype: Any) -> np.ndarray:
    with np.errstate(over='ignore', under='ignore'):
        return X.astype(dtype)


# Fixed point ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('rounding', [*ROUNDINGS, 'S_RND', 'S_RND_CONV'])
@pytest.mark.parametrize(('overflow', 'bits'), overflow_modes(8, True))
@pytest.mark.parametrize('dtype', FLOATS)
def test_scalar_widths_equal_the_spec(rounding: str, overflow: str, bits: int, dtype: Any) -> None:
    quantize = get_fixed_quantizer_np(rounding, overflow, bits)
    x = cast(dtype)
    for k, i, f in [(1, 2, 5), (1, 4, 2), (1, -1, 6), (1, 9, -3), (0, 3, 4), (0, -1, 6)]:
        if overflow == 'WRAP_SM' and not k:
            continue
        got = quantize(x, k, i, f)
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, FixedQ.from_kif(k, i, f, rounding, overflow, bits)(x))


@pytest.mark.parametrize('rounding', ROUNDINGS)
@pytest.mark.parametrize(('overflow', 'bits'), overflow_modes(8, True))
def test_array_widths_equal_the_specs_element_by_element(rounding: str, overflow: str, bits: int) -> None:
    """Widths of shape (), (channels,), (rows, 1) and of every element; k = 0 wraps under WRAP_SM as under WRAP."""
    rng = np.random.default_rng(0)
    x = np.concatenate([X, rng.normal(size=45) * 8]).reshape(4, 19)
    k = rng.integers(0, 2, size=(4, 1))
    i = rng.integers(2, 5, size=(19,))
    f = rng.integers(-1, 6, size=x.shape)
    f = np.maximum(f, bits + 1 - k - i)
    got = get_fixed_quantizer_np(rounding, overflow, bits)(x, k, i, f)
    expected = np.empty_like(x)
    for at in np.ndindex(x.shape):
        sign, integer, fraction = int(k[at[0], 0]), int(i[at[1]]), int(f[at])
        mode = 'WRAP' if overflow == 'WRAP_SM' and not sign else overflow
        width = sign + integer + fraction
        if mode == 'SAT_SYM' and sign and width == 1:
            expected[at] = math.nan if math.isnan(x[at]) else 0  # refused as a spec: it holds only 0
            continue
        expected[at] = FixedQ.from_kif(sign, integer, fraction, rounding, mode, bits)(x[at])
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ('x_shape', 'width_shape', 'shape'),
    [((), (3,), (3,)), ((3,), (2, 1), (2, 3)), ((2, 3), (), (2, 3)), ((2, 1), (1, 4), (2, 4)), ((0,), (1,), (0,))],
)
def test_widths_broadcast_with_x(x_shape: tuple, width_shape: tuple, shape: tuple) -> None:
    x, f = np.full(x_shape, 1.3), np.full(width_shape, 2)
    got = get_fixed_quantizer_np('RND', 'SAT')(x, 1, 3, f)
    assert got.shape == shape
    assert (got == 1.25).all()
    assert float_quantize_np(x, f, 4, 0).shape == shape


@pytest.mark.parametrize('overflow', ['WRAP', 'SAT', 'SAT_ZERO', 'WRAP_SM', 'SAT_SYM'])
@pytest.mark.parametrize('shape', [(0,), (3, 0), (0, 3), (2, 0, 4)])
def test_empty_arrays(overflow: str, shape: tuple) -> None:
    quantize = get_fixed_quantizer_np('TRN', overflow)
    x = np.empty(shape, np.float32)
    for f in (2, np.full(shape[-1:], 2), np.full(shape, 2)):
        got = quantize(x, 1, 2, f)
        assert (got.shape, got.dtype) == (shape, np.float32)
    assert float_quantize_np(x, np.full(shape, 2), 3).shape == shape


def test_array_widths_over_several_blocks() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 200)).astype(np.float32) * 4
    quantize = get_fixed_quantizer_np('RND_CONV', 'WRAP')
    f = rng.integers(0, 6, size=(300, 1))
    np.testing.assert_array_equal(
        quantize(x, 1, 1, f), np.stack([quantize(r, 1, 1, n) for r, n in zip(x, f, strict=True)])
    )
    f = rng.integers(0, 6, size=200)
    expected = np.stack([quantize(c, 1, 1, int(n)) for c, n in zip(x.T, f, strict=True)], axis=1)
    np.testing.assert_array_equal(quantize(x, 1, 1, f), expected)


@pytest.mark.parametrize(
    ('shape', 'i_shape', 'f_shape'),
    [
        ((5, 30_000), (30_000,), (1,)),  # a row larger than a block
        ((3, 150_000), (150_000,), (1,)),  # than constants are made for
        ((1, 40_000), (1, 40_000), (1, 40_000)),
        ((40_000,), (40_000,), (40_000,)),
        ((150, 300), (150, 300), (300,)),
        ((150, 300), (150, 1), (1, 300)),
        ((20, 6, 300), (6, 1), (20, 1, 1)),
        ((7, 6, 40_000), (6, 1), (7, 1, 1)),
    ],
)
@pytest.mark.parametrize('huge', [False, True])
def test_array_widths_of_any_shape(shape: tuple, i_shape: tuple, f_shape: tuple, huge: bool) -> None:
    """`huge`: so many formats may be that only those are made that are there."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=shape).astype(np.float32) * 8
    k, i, f = 1, rng.integers(-1, 4, i_shape), rng.integers(-1, 6, f_shape)
    if huge:
        i[rng.random(i_shape) < 0.1] = 10**9
        f[rng.random(f_shape) < 0.1] = 10**9
    every_i, every_f = np.broadcast_to(i, shape), np.broadcast_to(f, shape)
    for rounding, overflow in (('RND_CONV', 'WRAP'), ('TRN', 'SAT_SYM')):
        quantize = get_fixed_quantizer_np(rounding, overflow)
        got = quantize(x, k, i, f)
        for pair in {(int(a), int(b)) for a, b in zip(every_i.flat, every_f.flat, strict=True)}:
            there = (every_i == pair[0]) & (every_f == pair[1])
            np.testing.assert_array_equal(got[there], quantize(x[there], k, *pair))


def test_a_format_that_does_not_occur_is_not_refused() -> None:
    """Of widths that vary together: no element has the smaller m and the larger e0, whose step float32 cannot hold."""
    x, m, e0 = np.array([1e38, 1.3], np.float32), np.array([20, 0]), np.array([140, 0])
    one_by_one = [float_quantize_np(x[n], m[n], 1, e0[n]) for n in range(2)]
    np.testing.assert_array_equal(float_quantize_np(x, m, 1, e0), one_by_one)
    with pytest.raises(ValueError, match=r'must hold the step 2\^140'):
        float_quantize_np(x, m[::-1], 1, e0)


@pytest.mark.parametrize('dtype', ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'])
@pytest.mark.parametrize('shape', [(), (1,), (len(EDGES),)])
def test_widths_of_any_integer_dtype(dtype: str, shape: tuple) -> None:
    quantize = get_fixed_quantizer_np('RND', 'SAT')
    k, i, f = (np.full(shape, n, dtype) for n in (1, 3, 40))
    np.testing.assert_array_equal(quantize(X, k, i, f), FixedQ.from_kif(1, 3, 40, 'RND', 'SAT')(X))
    m, e, e0 = (np.full(shape, n, dtype) for n in (3, 8, 100))
    np.testing.assert_array_equal(float_quantize_np(X, m, e, e0), MinifloatQ(3, 8, 100)(X))


def test_int8_widths_do_not_overflow() -> None:
    got = get_fixed_quantizer_np('RND', 'SAT')(np.array([1.3]), np.int8(1), np.int8(127), np.int8(127))
    assert got[0] == 1.3
    assert get_fixed_quantizer_np('RND', 'SAT')(1.3, np.uint8(0), np.int8(-128), np.int8(127)) == 0
    assert float_quantize_np(1.3, np.int8(2), np.int8(8), np.int8(-128)) == MinifloatQ(2, 8, -128)(1.3)


@pytest.mark.parametrize(('width', 'whole'), [(2.5, 2), (3.5, 4), (2.4999, 2), (-0.5, 0), (-1.5, -2), (2.51, 3)])
def test_real_widths_round_half_to_even(width: float, whole: int) -> None:
    quantize = get_fixed_quantizer_np('RND', 'SAT')
    for real in (width, np.float32(width), np.full(X.shape, width, np.float16)):
        np.testing.assert_array_equal(quantize(X, 1, 3, real), quantize(X, 1, 3, whole))
        np.testing.assert_array_equal(quantize(X, 1, real, 6), quantize(X, 1, whole, 6))
        np.testing.assert_array_equal(float_quantize_np(X, real, 4), float_quantize_np(X, whole, 4))
        np.testing.assert_array_equal(float_quantize_np(X, 3, real), float_quantize_np(X, 3, whole))
        np.testing.assert_array_equal(float_quantize_np(X, 3, 4, real), float_quantize_np(X, 3, 4, whole))


@pytest.mark.parametrize('overflow', ['WRAP', 'SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP_SM'])
def test_i_below_minus_f_counts_as_minus_f(overflow: str) -> None:
    quantize = get_fixed_quantizer_np('RND', overflow)
    finite = X[np.isfinite(X)]
    for wrap in (lambda n: n, lambda n: np.full(finite.shape, n)):
        assert (quantize(finite, 0, wrap(-9), wrap(3)) == 0).all()
        assert (quantize(finite, 0, wrap(-3), wrap(3)) == 0).all()
        np.testing.assert_array_equal(quantize(finite, 1, wrap(-9), wrap(3)), quantize(finite, 1, wrap(-3), wrap(3)))
    assert np.isnan(quantize(np.nan, 0, -9, 3))


@pytest.mark.parametrize('huge', [1e9, 10**9, np.int32(10**9), np.float32(1e9), 2**62, np.uint64(2**63), math.inf])
@pytest.mark.parametrize('dtype', FLOATS)
def test_huge_widths_mean_no_rounding_or_no_bound(huge: Any, dtype: Any) -> None:
    x = cast(dtype)
    finite = x[np.isfinite(x)]
    for overflow in ('WRAP', 'SAT', 'SAT_ZERO', 'WRAP_SM', 'SAT_SYM'):
        quantize = get_fixed_quantizer_np('TRN', overflow)
        for wrap in (lambda n: n, lambda n: np.full(finite.shape, n)):
            np.testing.assert_array_equal(quantize(finite, 1, wrap(huge), wrap(huge)), finite)
            np.testing.assert_array_equal(quantize(finite, 1, wrap(huge), 0), np.floor(finite))
        inside = finite[(finite >= -8) & (finite < 8)]
        np.testing.assert_array_equal(quantize(inside, 1, 3, huge), inside)
    assert get_fixed_quantizer_np('TRN', 'SAT')(dtype(-100.0), 1, 3, huge) == -8
    np.testing.assert_array_equal(float_quantize_np(finite, huge, huge), finite)
    assert float_quantize_np(dtype(1.3), 2, huge) == 1.25
    assert float_quantize_np(dtype(1.3), huge, 2) == dtype(1.3)


@pytest.mark.parametrize(('e', 'e0'), [(20, 6000), (20, -6000), (10**9, 5000), (10**9, -(10**6))])
def test_a_huge_exponent_range_has_no_bound_wherever_it_is_centred(e: int, e0: int) -> None:
    # E reaches from 1 - 2^(e-1) + e0 to 2^(e-1) - 1 + e0, which covers every float64
    for wrap in (lambda n: n, lambda n: np.full(1, n)):
        np.testing.assert_array_equal(float_quantize_np(np.array([1.3]), 2, wrap(e), wrap(e0)), [1.25])


@pytest.mark.parametrize('k', [2, -1, 0.5, math.nan, 8, np.array([0, 1, 2]), [[3]], '1', None], ids=repr)
def test_a_k_that_is_no_sign_bit_spells_out_the_order(k: Any) -> None:
    with pytest.raises(ValueError, match=r"^'k' must be 0 or 1 .*order of arguments is x, k, i, f"):
        get_fixed_quantizer_np()(np.ones(3), k, 3, 4)


@pytest.mark.parametrize('k', [True, 1.0, np.uint8(1), np.float32(1), [1], np.True_])
def test_a_k_of_any_real_type(k: Any) -> None:
    assert (get_fixed_quantizer_np('RND', 'SAT')(np.array([-1.3]), k, 3, 2) == -1.25).all()


@pytest.mark.parametrize('name', ['i', 'f'])
@pytest.mark.parametrize('wrong', [math.nan, np.array([1, math.nan]), '3', None, 1j, [None]], ids=repr)
def test_widths_that_are_no_numbers(name: str, wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^'{name}' must"):
        get_fixed_quantizer_np()(np.ones(2), **{'k': 1, 'i': 3, 'f': 3, name: wrong})


@pytest.mark.parametrize('name', ['m', 'e', 'e0'])
@pytest.mark.parametrize('wrong', [math.nan, '3', None], ids=repr)
def test_minifloat_widths_that_are_no_numbers(name: str, wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^'{name}' must"):
        float_quantize_np(np.ones(2), **{'m': 1, 'e': 3, 'e0': 3, name: wrong})


def test_training_names_the_keras_function() -> None:
    with pytest.raises(ValueError, match=r"^'training' must be False .*quantizers\.get_fixed_quantizer\b"):
        get_fixed_quantizer_np()(np.ones(3), 1, 3, 4, training=True)
    with pytest.raises(ValueError, match=r'\bget_fixed_quantizer\b'):
        get_fixed_quantizer_np()(np.ones(3), 1, 3, 4, True)
    got = get_fixed_quantizer_np('S_RND')(np.array([1.3]), 1, 3, 2, False, seed_gen=object())
    assert got == 1.25


def test_getters_refuse_unknown_modes() -> None:
    with pytest.raises(ValueError, match=r"^'round_mode' must be one of RND_CONV, "):
        get_fixed_quantizer_np('RND_CON')
    with pytest.raises(ValueError, match=r"^'overflow_mode' must be one of SAT, "):
        get_fixed_quantizer_np('RND', 'SATT')
    with pytest.raises(ValueError, match=r"^'saturation_bits' must be 0 unless"):
        get_fixed_quantizer_np('RND', 'SAT', 1)
    for wrong in (-1, 1.5, True, '1'):
        with pytest.raises(ValueError, match=r"^'saturation_bits' must be an integer"):
            get_fixed_quantizer_np('RND', 'WRAP', wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize('width', [2, np.full(3, 2), np.array([9, 2, 9])], ids=repr)
def test_saturation_bits_need_room(width: Any) -> None:
    with pytest.raises(ValueError, match=r"^'saturation_bits' must be less than k \+ i \+ f: 3$"):
        get_fixed_quantizer_np('TRN', 'WRAP', 3)(np.ones(3), 1, width, 0)


def test_getters_take_any_spelling_and_defaults() -> None:
    x = np.linspace(-9, 9, 77)
    np.testing.assert_array_equal(get_fixed_quantizer_np()(x, 1, 2, 3), FixedQ(6, 3)(x))
    quantize = get_fixed_quantizer_np(round_mode='ap_rnd', overflow_mode='Sat', saturation_bits=0)
    np.testing.assert_array_equal(quantize(x=x, k=1, i=2, f=3), FixedQ(6, 3, True, 'RND', 'SAT')(x))
    again = eval(repr(get_fixed_quantizer_np('S_RND', 'WRAP', 2)))
    assert repr(again) == repr(get_fixed_quantizer_np('AP_S_RND', 'wrap', 2))


def test_a_step_above_the_largest_number_is_refused() -> None:
    quantize = get_fixed_quantizer_np('RND', 'SAT')
    for f in (-16, np.array([0, -16])):
        with pytest.raises(ValueError, match=r'2\^16; use float64 or float32.*: float16$'):
            quantize(np.ones(2, np.float16), 1, 30, f)
    got = quantize(np.full(2, 40000, np.float16), 1, 30, np.array([-15, -14]))
    assert got.tolist() == [32768, 32768]


@pytest.mark.parametrize('bad', [np.array(['a']), np.array([None]), np.array(['2020'], 'M8[D]')])
@pytest.mark.parametrize(
    'call',
    [
        lambda x: get_fixed_quantizer_np()(x, 1, 2, 3),
        lambda x: get_fixed_quantizer_np()(x, 1, 2, np.array([3])),
        lambda x: float_quantize_np(x, 2, 3),
        lambda x: float_decompose_np(x, 2, 3),
        binary_quantize_np,
        ternary_quantize_np,
    ],
)
def test_x_of_another_dtype_is_refused(call: Any, bad: np.ndarray) -> None:
    with pytest.raises(TypeError, match=re.escape(str(bad.dtype))):
        call(bad)


@pytest.mark.parametrize('dtype', ['complex64', 'complex128'])
@pytest.mark.parametrize(
    'call',
    [
        lambda x: get_fixed_quantizer_np('RND', 'SAT')(x, 1, 2, 3),
        lambda x: get_fixed_quantizer_np('RND', 'WRAP_SM')(x, 1, 2, np.array([3, 4, 0, -1])),
        lambda x: get_fixed_quantizer_np()(x, 1, np.array([[[1]], [[2]]]), np.array([[3], [4], [0]])),
        lambda x: float_quantize_np(x, 2, 3),
        lambda x: float_quantize_np(x, np.arange(4), 3),
        binary_quantize_np,
        ternary_quantize_np,
    ],
)
def test_parts_of_complex_numbers(call: Any, dtype: str) -> None:
    rng = np.random.default_rng(0)
    x = (rng.normal(0, 4, (3, 4)) + 1j * rng.normal(0, 4, (3, 4))).astype(dtype)
    x[0, 0] = complex(np.nan, 1)
    before = x.copy()
    for each in (x, x[:, ::-1], x[0], x[1, 1], x.tolist()):
        array = np.asarray(each)
        got = call(each)
        assert got.dtype == array.dtype
        np.testing.assert_array_equal(got.real, call(array.real))
        np.testing.assert_array_equal(got.imag, call(array.imag))
    np.testing.assert_array_equal(x, before)
    mask = rng.random((3, 4)) < 0.5
    got = call(np.ma.array(x, mask=mask))
    np.testing.assert_array_equal(got.mask, call(np.ma.array(x.real, mask=mask)).mask)
    np.testing.assert_array_equal(got.data.imag, call(x.imag))


def test_complex_numbers_have_no_exponent() -> None:
    with pytest.raises(TypeError, match=r'dtype complex128; quantize x\.real and x\.imag'):
        float_decompose_np(1j, 2, 3)


@pytest.mark.parametrize('big', [2**53 + 1, 2**60 + 3, -(2**63), 2**63 - 1])
def test_large_integers_are_exact(big: int) -> None:
    x = np.array([big, 5, -7])
    for overflow in ('WRAP', 'WRAP_SM'):
        spec = FixedQ.from_kif(1, 7, 0, 'TRN', overflow)
        expected = [spec.decode(spec.encode(np.array(v))).item() for v in x]
        quantize = get_fixed_quantizer_np('TRN', overflow)
        assert quantize(x, 1, 7, 0).tolist() == expected
        assert quantize(x, 1, np.full(3, 7), 0).tolist() == expected


def test_masked_arrays_keep_their_mask() -> None:
    x = np.ma.MaskedArray([1.3, np.nan, -2.7], mask=[False, True, False])
    quantize = get_fixed_quantizer_np('RND', 'SAT')
    for got in (quantize(x, 1, 3, 2), quantize(x, 1, 3, np.full(3, 2)), float_quantize_np(x, np.full(3, 5), 4)):
        assert isinstance(got, np.ma.MaskedArray)
        assert got.mask.tolist() == [False, True, False]
        assert got.compressed().tolist()[0] == pytest.approx(1.3, abs=0.06)


def test_the_input_is_never_changed_and_never_returned() -> None:
    x = X.copy()
    x.flags.writeable = False
    calls = [
        lambda: get_fixed_quantizer_np('TRN', 'SAT')(x, 1, 2, 3),
        lambda: get_fixed_quantizer_np('TRN', 'WRAP')(x, 1, np.full(x.shape, 2), 3),
        lambda: get_fixed_quantizer_np('TRN', 'WRAP')(x, 1, 10**9, 10**9),
        lambda: float_quantize_np(x, 2, 3),
        lambda: float_quantize_np(x, 10**9, 10**9),
        lambda: binary_quantize_np(x),
        lambda: ternary_quantize_np(x),
    ]
    for call in calls:
        got = call()
        assert not np.shares_memory(got, x)
        assert got.flags.writeable
    np.testing.assert_array_equal(x, X)


# Minifloat ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.parametrize('wrap', [lambda n: n, lambda n: np.full(X.shape, n)], ids=['scalar', 'array'])
def test_float_quantize_equals_the_spec(dtype: Any, wrap: Any) -> None:
    x = cast(dtype)
    for m, e, e0 in [(1, 2, 1), (3, 2, 1), (2, 3, 1), (0, 1, 0), (0, 4, -3), (5, 4, 2), (10, 4, 0)]:
        got = float_quantize_np(x, wrap(m), wrap(e), wrap(e0))
        expected = MinifloatQ(m, e, e0)(x)
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, expected)
        np.testing.assert_array_equal(np.signbit(got), np.signbit(expected))


def test_float_quantize_broadcasts() -> None:
    x = np.array([[1.3], [100.0]])
    m, e0 = np.array([0, 1, 6]), np.array([[0], [4]])
    got = float_quantize_np(x, m, 4, e0)
    expected = [
        [MinifloatQ(int(mm), 4, int(z))(xx).item() for mm in m] for xx, z in zip(x[:, 0], e0[:, 0], strict=True)
    ]
    assert got.tolist() == expected


@pytest.mark.parametrize('e', [1, 0, -1, -1000, 0.4, -1e9])
def test_e_up_to_one_counts_as_one(e: float) -> None:
    np.testing.assert_array_equal(float_quantize_np(X, 3, e, 2), MinifloatQ(3, 1, 2)(X))
    np.testing.assert_array_equal(float_quantize_np(X, np.full(X.shape, 3), e, 2), MinifloatQ(3, 1, 2)(X))


@pytest.mark.parametrize('m', [-1, -2, -100, -1e9, -0.6])
def test_negative_m_leaves_only_zero(m: float) -> None:
    finite = X[~np.isnan(X)]
    for wrap in (lambda n: n, lambda n: np.full(finite.shape, n)):
        got = float_quantize_np(finite, wrap(m), 4)
        assert (got == 0).all()
        np.testing.assert_array_equal(np.signbit(got), np.signbit(finite))
        mantissa, exponent = float_decompose_np(finite, wrap(m), 4)
        assert (mantissa == 0).all()
        assert (exponent == -7).all()


def decomposition_holds(x: np.ndarray, m: Any, e: Any, e0: Any) -> None:
    quantized = float_quantize_np(x, m, e, e0)
    mantissa, exponent = float_decompose_np(x, m, e, e0)
    assert mantissa.dtype == exponent.dtype == quantized.dtype
    assert mantissa.shape == exponent.shape == quantized.shape
    emin = 1 - 2.0 ** (np.maximum(e, 1) - 1) + e0
    rebuilt = np.ldexp(mantissa.astype(np.float64), exponent.astype(np.int32))
    np.testing.assert_array_equal(rebuilt, quantized.astype(np.float64))
    subnormal = np.abs(quantized.astype(np.float64)) < 2.0**emin
    one_to_two = (np.abs(mantissa) >= 1) & (np.abs(mantissa) < 2)
    assert (one_to_two | subnormal | np.isnan(x)).all()
    assert ((exponent == emin) | ~subnormal).all()
    assert ((np.abs(mantissa) < 1) | ~subnormal).all()
    np.testing.assert_array_equal(np.signbit(mantissa)[~np.isnan(x)], np.signbit(quantized)[~np.isnan(x)])


@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.parametrize(('m', 'e', 'e0'), [(1, 2, 1), (3, 4, 0), (0, 1, 0), (2, 0, 3), (7, 5, -2), (10, 5, 0)])
def test_decompose(dtype: Any, m: int, e: int, e0: int) -> None:
    x = cast(dtype)
    decomposition_holds(x, m, e, e0)
    decomposition_holds(x, np.full(x.shape, m), e, np.full(x.shape, e0))


def test_decompose_special_values() -> None:
    mantissa, exponent = float_decompose_np([0.0, -0.0, 1.5, -6.0, 0.0625, math.nan, math.inf, 5e-324], 2, 4)
    np.testing.assert_array_equal(mantissa, [0.0, -0.0, 1.5, -1.5, 1.0, math.nan, 1.75, 0.0])
    assert np.signbit(mantissa).tolist()[:2] == [False, True]
    assert exponent.tolist() == [-7, -7, 0, 2, -4, -7, 7, -7]
    mantissa, exponent = float_decompose_np(2.0**-9, 2, 4)  # a subnormal: 2^-2 * 2^-7
    assert (mantissa, exponent) == (0.25, -7)


@given(
    hnp.arrays(st.sampled_from([np.float32, np.float64]), 5, elements=st.floats(-1e6, 1e6, width=32)),
    st.integers(0, 20),
    st.integers(1, 8),
    st.integers(-9, 9),
)
def test_decompose_of_any_array(x: np.ndarray, m: int, e: int, e0: int) -> None:
    decomposition_holds(x, m, e, e0)


# Binary and ternary ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.parametrize(('quantize', 'spec'), [(binary_quantize_np, BinaryQ()), (ternary_quantize_np, TernaryQ())])
def test_binary_and_ternary_equal_their_specs(quantize: Any, spec: Any, dtype: Any) -> None:
    x = cast(dtype)
    got = quantize(x)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, spec(x))


def test_binary_and_ternary_values() -> None:
    x = [0.0, -0.0, 5e-324, -5e-324, 0.5, 0.51, -0.5, -0.51, 1.5, 9.0, -9.0, math.inf, -math.inf, math.nan]
    binary = [-1, -1, 1, -1, 1, 1, -1, -1, 1, 1, -1, 1, -1, math.nan]
    ternary = [0, 0, 0, 0, 0, 1, 0, -1, 1, 1, -1, 1, -1, math.nan]
    np.testing.assert_array_equal(binary_quantize_np(x), binary)
    np.testing.assert_array_equal(ternary_quantize_np(x), ternary)
    for quantize in (binary_quantize_np, ternary_quantize_np):
        assert quantize(np.array(True)) == 1
        assert quantize(3).shape == ()
        assert quantize([]).shape == (0,)


def test_a_quantizer_can_be_bound() -> None:
    quantize = partial(get_fixed_quantizer_np('RND', 'SAT'), k=1, i=2, f=5)
    assert quantize(1.02) == 1.03125


def test_a_refusal_names_the_argument_of_the_getter() -> None:
    with pytest.raises(ValueError, match=r"^'round_mode' must be one of"):
        get_fixed_quantizer_np('XX')
    with pytest.raises(ValueError, match=r"^'overflow_mode' must be one of"):
        get_fixed_quantizer_np('RND', 'XX')


def test_python_ints_of_any_size_are_widths() -> None:
    np.testing.assert_array_equal(get_fixed_quantizer_np()([1.7, 300.0], 1, 2**70, 0), [1.0, 300.0])


@pytest.mark.parametrize('e0', [80, np.array([80, 80])])
def test_large_integers_are_exact_in_minifloats(e0: Any) -> None:
    # a step of 2^79: the zero keeps its sign; the other is rounded to the even neighbour
    result = float_quantize_np(np.array([-(2**60), 2**62 + 1]), 1, 2, e0)
    np.testing.assert_array_equal(np.signbit(result), [True, False])
    near = float_quantize_np(np.array([2**62 + 2**59 + 1, -(2**62) - 2**59]), 2, 4, e0 - 20)
    np.testing.assert_array_equal(near, [2.0**62 + 2.0**60, -(2.0**62)])
