"""What may be quantized and encoded: numbers of Python as they are, complex ones, small dtypes; and what may not."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from oracles import reference
from quantizers import BinaryQ, FixedQ, MinifloatQ, PrecisionWarning

SPEC = FixedQ(8, 3, True, 'RND', 'SAT')
WIDE = FixedQ(77, 15, True, 'RND_CONV', 'WRAP')
# a tie that float64 loses, a number that is no sum of powers of two, and such as float64 has none near
NEAR_A_TIE = Fraction(1, 64) - Fraction(1, 10**30)
EXACT = [NEAR_A_TIE, Fraction(1, 3), Decimal('-0.3'), 2**70 + 1, Fraction(2**1100), -(10**400)]


def fraction(number: Any) -> Fraction:
    return Fraction(number)


@pytest.mark.parametrize('modes', [('RND', 'SAT'), ('TRN', 'WRAP'), ('RND_INF', 'SAT_SYM')])
@pytest.mark.parametrize('number', EXACT, ids=lambda number: str(number)[:12])
def test_numbers_of_python_are_exact(number, modes):
    spec = FixedQ(8, 3, True, *modes)
    code = reference.fixed_code(fraction(number), 8, 3, True, *modes, 0)
    expected = float(code * spec.eps)
    for x in (number, [number, 1], np.array([number, 1], object)):
        codes, values = spec.encode(x), spec(x)
        assert (codes.reshape(-1)[0], values.reshape(-1)[0]) == (code, expected)
        assert (codes.dtype, values.dtype, values.shape) == (np.int8, np.float64, np.shape(x))
    assert spec.to_bits(number) == code % 256
    assert spec.to_hex(number) == f'{code % 256:02x}'


def test_exact_values_of_one_format_go_into_another():
    codes = WIDE.encode([1.5, -2.25, 1 / 3])
    np.testing.assert_array_equal(SPEC.encode(WIDE.decode(codes, exact=True)), SPEC.encode([1.5, -2.25, 1 / 3]))
    np.testing.assert_array_equal(WIDE.encode(WIDE.decode(codes, exact=True)), codes)


def test_what_is_not_finite_beside_numbers_of_python():
    x = [Fraction(1, 3), float('inf'), float('-inf'), Decimal('Infinity')]
    np.testing.assert_array_equal(SPEC(x), [0.34375, 3.96875, -4, 3.96875])
    np.testing.assert_array_equal(SPEC.encode(x), [11, 127, -128, 127])
    assert np.isnan(SPEC([Fraction(1, 3), float('nan'), Decimal('NaN')])).tolist() == [False, True, True]
    for bad in (float('nan'), Decimal('NaN'), Decimal('sNaN'), Decimal('NaN123')):
        with pytest.raises(ValueError, match='NaN has no code'):
            SPEC.encode([Fraction(1, 3), bad])
    with pytest.raises(ValueError, match='Inf has no code'):
        WIDE.encode([Fraction(1, 3), float('inf')])


def test_the_sign_of_an_exact_zero():
    """Of a minifloat that of its input, of fixed point none."""
    tiny = [Fraction(-1, 10**400), Fraction(1, 10**400)]
    assert np.signbit(MinifloatQ(3, 4)(tiny)).tolist() == [True, False]
    assert not np.signbit(SPEC(tiny)).any()
    assert MinifloatQ(3, 4).to_hex(tiny).tolist() == ['80', '00']
    assert BinaryQ()(tiny).tolist() == [-1, 1]


@pytest.mark.parametrize(
    'x', ['0.5', ['1', 2], [None], [1j, Fraction(1, 3)], object(), {'a': 1}, [Fraction(1, 3), '1']]
)
def test_what_is_no_number_is_refused(x):
    with pytest.raises(TypeError):
        SPEC(x)
    with pytest.raises(TypeError):
        SPEC.encode(x)


def test_exact_numbers_fill_an_array_and_keep_a_mask():
    out = np.zeros(2)
    assert SPEC([Fraction(1, 3), 9], out=out) is out
    assert out.tolist() == [0.34375, 3.96875]
    x = np.ma.array([Fraction(1, 3), 2**80], mask=[True, False], dtype=object)
    masked = np.ma.zeros(2)
    assert SPEC(x, out=masked) is masked
    assert SPEC(x).mask.tolist() == masked.mask.tolist() == [True, False]


@pytest.mark.parametrize('dtype', ['complex64', 'complex128'])
def test_parts_of_complex_numbers(dtype):
    rng = np.random.default_rng(0)
    x = (rng.normal(0, 4, (3, 5)) + 1j * rng.normal(0, 4, (3, 5))).astype(dtype)
    x[0, 0] = complex(np.nan, np.inf)
    before = x.copy()
    for each in (x, x.T, x[::2, ::-1], x[1, 1]):
        result = SPEC(each)
        assert (result.dtype, result.shape) == (np.dtype(dtype), each.shape)
        np.testing.assert_array_equal(result.real, SPEC(each.real))
        np.testing.assert_array_equal(result.imag, SPEC(each.imag))
    np.testing.assert_array_equal(x, before)
    assert SPEC(1.03 + 2j) == 1.03125 + 2j
    out = np.empty_like(x)
    assert SPEC(x, out=out) is out
    assert np.isnan(out[0, 0].real)
    masked = np.ma.zeros(2, complex)
    assert SPEC(np.ma.array([1j, 2], mask=[0, 1]), out=masked) is masked
    assert masked.mask.tolist() == SPEC(np.ma.array([1j, 2], mask=[0, 1])).mask.tolist() == [False, True]
    with pytest.raises(ValueError, match="'out' must have"):
        SPEC(x, out=np.empty(x.shape))
    with pytest.raises(TypeError, match=r'quantize x\.real and x\.imag'):
        SPEC.encode(x)


def test_parts_of_complex_numbers_are_drawn():
    spec = FixedQ(8, 8, True, 'S_RND', 'SAT')
    result = spec(np.full(2000, 0.25 + 0.75j, 'complex64'), training=True, seed_gen=np.random.default_rng(0))
    assert result.dtype == np.complex64
    parts = result.real, result.imag
    assert [set(part) for part in parts] == [{0, 1}, {0, 1}]
    assert np.allclose(np.mean(parts, 1), [0.25, 0.75], atol=0.05)
    assert abs(np.corrcoef(parts)[0, 1]) < 0.1


FLOAT8 = ['float8_e4m3fn', 'float8_e5m2', 'float8_e4m3b11fnuz', 'float8_e4m3fnuz', 'float8_e5m2fnuz']


@pytest.mark.parametrize('name', FLOAT8)
def test_every_float8_is_widened(name):
    x = np.arange(256, dtype=np.uint8).view(getattr(ml_dtypes, name))
    wide = x.astype(np.float32)
    np.testing.assert_array_equal(SPEC(x), SPEC(wide))
    assert SPEC(x).dtype == np.float32
    finite = np.isfinite(wide)
    np.testing.assert_array_equal(SPEC.encode(x[finite]), SPEC.encode(wide[finite]))


@pytest.mark.parametrize(('name', 'numbers'), [('int4', range(-8, 8)), ('uint4', range(16))])
def test_integers_of_four_bits(name, numbers):
    x = np.array(list(numbers)).astype(getattr(ml_dtypes, name))
    np.testing.assert_array_equal(SPEC(x), SPEC(np.array(list(numbers))))
    np.testing.assert_array_equal(SPEC.encode(x), SPEC.encode(np.array(list(numbers))))


def test_long_doubles():
    x = np.array([1.03, np.nan, np.inf], np.longdouble)
    np.testing.assert_array_equal(SPEC(x), SPEC(x.astype(np.float64)))
    if np.finfo(np.longdouble).nmant > 52:
        for _ in range(4):  # one that is held does not speak for the next
            SPEC(np.longdouble(1.5))
        with pytest.raises(TypeError, match='numbers that float64 holds'):
            SPEC(np.longdouble(1) / 3)
        with pytest.raises(TypeError, match=r'numbers that float64 holds: dtype .*rounds them'):
            SPEC(np.array([np.longdouble(1) / 3]))


def test_masked_entries_have_no_code():
    x = np.ma.array([1.0, np.nan], mask=[False, True])
    for method in (SPEC.encode, SPEC.to_bits, SPEC.to_hex, SPEC.to_bin):
        with pytest.raises(ValueError, match=r"'x' must have no masked entries to be encoded: take x\.compressed\(\)"):
            method(x)
    assert SPEC.encode(np.ma.array([1.0, 2])).tolist() == [32, 64]


@pytest.mark.parametrize('overflow', ['SAT', 'WRAP'])
@pytest.mark.parametrize('dtype', ['float16', 'float32', 'float64'])
def test_a_generator_draws(dtype, overflow):
    """The neighbours alone, as often as they are near; a step of training wraps nothing."""
    spec, n = FixedQ(8, 3, True, 'S_RND', overflow), 1 << 14
    x = np.full((n // 64, 64), 0.3, dtype) * 1
    results = [spec(x, training=True, seed_gen=np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert (results[0].dtype, results[0].shape) == (x.dtype, x.shape)
    np.testing.assert_array_equal(results[0], results[1])
    assert not np.array_equal(results[0], results[2])
    low, high = 0.28125, 0.3125
    assert set(np.unique(results[0]).tolist()) == {low, high}
    share = (float(x[0, 0]) - low) / (high - low)
    assert abs((results[0] == high).mean() - share) < 5 * (share * (1 - share) / n) ** 0.5
    beyond = spec(np.array([9.0]), training=True, seed_gen=np.random.default_rng(0))
    assert beyond == (9.0 if overflow == 'WRAP' else 3.96875)


def test_a_generator_without_a_stochastic_mode_is_refused():
    for spec in (SPEC, BinaryQ()):
        with pytest.raises(ValueError, match=r"'training' must be False for NumPy arrays, but with a numpy\.random"):
            spec(np.ones(3), training=True, seed_gen=np.random.default_rng(0))
    with pytest.raises(ValueError, match="'training' must be False"):
        FixedQ(8, 3, True, 'S_RND')(np.ones(3), training=True, seed_gen=3)


@pytest.mark.usefixtures('unwarned')
def test_a_generator_draws_quietly_and_says_what_float32_cannot_hold():
    spec = FixedQ(30, 10, True, 'S_RND', 'WRAP')
    x = np.array([np.inf, 1.3, np.finfo('f4').max], '>f4')
    with np.errstate(all='raise'), pytest.warns(PrecisionWarning) as caught:
        result = spec(x, training=True, seed_gen=np.random.default_rng(0))
    assert caught[0].filename == __file__
    assert result.dtype == x.dtype
    with pytest.raises(ValueError, match="'out' must be None where a generator draws"):
        spec(x, out=x, training=True, seed_gen=np.random.default_rng(0))


@pytest.mark.usefixtures('unwarned')
@pytest.mark.parametrize('x', [np.array([1.1 + 1j], 'c8'), [Fraction(1, 3), float('inf')]], ids=['complex', 'exact'])
def test_the_warning_is_about_the_caller(x):
    with pytest.warns(PrecisionWarning) as caught:
        FixedQ(81, 11, True, 'RND', 'SAT')(x)
    assert [warning.filename for warning in caught] == [__file__]
