"""What float64 cannot hold: large integers, and codes of up to 128 bits, in integers of several words."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles.reference import ROUNDINGS, fixed_code, minifloat_bits, minifloat_value, overflow_modes, power_of_two
from quantizers import FixedQ, MinifloatQ, float_quantize_np, get_fixed_quantizer_np
from quantizers._maths import integer_codes
from quantizers._maths.laws import FixedLaw, FloatLaw
from quantizers.backends.numpy.integers import MAX_WIDTH, WordCodes
from quantizers.backends.numpy.words import WORD, Arithmetic, bit_length, truncated
from quantizers.codes.exact import exact_codes

LONG = [(65, 3), (100, -600), (127, 127), (128, 70), (128, 900)]
DTYPES = ('float64', 'int64', 'uint64')
pytestmark = pytest.mark.filterwarnings('ignore::quantizers.PrecisionWarning')


@pytest.fixture
def never_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's exact arithmetic is a failure, in no module that is imported later."""
    import_module('quantizers.codes.arrays')

    def never(*_: Any) -> None:
        raise AssertionError

    for law in (FixedLaw, FloatLaw):
        monkeypatch.setattr(law, 'exact', never)
    monkeypatch.setattr('quantizers.codes.exact.exact_of', never)
    monkeypatch.setattr('quantizers.codes.exact.elementwise', never)


def ties(spec: FixedQ, dtype: str) -> np.ndarray:
    """The ties above and below an odd and an even code, and what is beside them, as far as the dtype has them."""
    numbers = [sign * (eighths * power_of_two(-3 - spec.f)) for eighths in (4, 11, 12, 13, 20) for sign in (1, -1)]
    if dtype != 'float64':
        info = np.iinfo(dtype)
        numbers = [n for n in numbers if n == int(n) and info.min <= n <= info.max]
        return np.array([int(n) for n in numbers], dtype)
    return np.array([float(n) for n in numbers])


def edges(spec: FixedQ, dtype: str) -> np.ndarray:
    """Numbers at ends, and beyond, and of all binades of the dtype."""
    if dtype != 'float64':
        info = np.iinfo(dtype)
        powers = [1 << n for n in range(0, 65, 3)] + [3 << n for n in range(0, 63, 4)]
        numbers = {n + d for p in powers for d in (-1, 0, 1) for n in (p, -p)} | {info.min, info.max}
        return np.array(sorted(n for n in numbers if info.min <= n <= info.max), dtype)
    step, top = -spec.f, spec.integer
    numbers = [0.0, -0.0, 5e-324, 1e300]
    for exponent in {step - 60, step - 2, step - 1, step, step + 1, top - 2, top - 1, top, top + 1, top + 70}:
        for significand in (1, 3, 5, 2**52 + 1, 2**53 - 1, 3 * 2**50):
            for shift in (0, significand.bit_length()):
                if exponent - shift >= -1074 and exponent - shift + significand.bit_length() < 1024:
                    numbers.append(float(significand * power_of_two(exponent - shift)))
    return np.array([*numbers, *(-x for x in numbers)])


@pytest.mark.usefixtures('never_one_by_one')
@pytest.mark.parametrize('dtype', DTYPES)
@pytest.mark.parametrize('width', [1, 55, 64, 65, 127, 128])
def test_codes_of_every_mode(width: int, dtype: str) -> None:
    for signed in (True, False):
        for rounding in ROUNDINGS:
            for overflow, n in overflow_modes(width, signed):
                for integer in (width // 2, width + 9):
                    spec = FixedQ(width, integer, signed, rounding, overflow, n)
                    some = edges(spec, dtype)[(width + len(rounding) + integer) % 9 :: 9]
                    x = np.concatenate([ties(spec, dtype), some])
                    codes = spec.encode(x)
                    modes = width, integer, signed, rounding, overflow, n
                    assert codes.tolist() == [fixed_code(number, *modes) for number in x.tolist()], spec


@pytest.mark.parametrize('signed', [True, False])
@pytest.mark.parametrize('width', [55, 64, 65, 128, 800])
def test_codes_are_made_by_floats(width: int, signed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for numbers out of range, where a format sets bits or wraps to what float64 may not have."""
    import_module('quantizers.codes.arrays')
    monkeypatch.delattr('quantizers.codes.arrays.exact_codes')

    def of_beyond(spec: FixedQ, x: np.ndarray, dtype: Any) -> np.ndarray:
        assert spec.saturation_bits or spec.overflow == 'WRAP_SM' or (spec.overflow == 'WRAP' and not signed)
        assert x.size
        assert not any(spec.min <= Fraction(number) <= spec.max for number in x.tolist())
        return exact_codes(spec, x, dtype)

    monkeypatch.setattr('quantizers.codes.plan.exact_codes', of_beyond)
    for overflow, n in (*overflow_modes(width, signed), ('WRAP', width - 1)):
        for integer in (-600, 9, width, 700) if width <= 128 else (9, width // 2, width):
            spec = FixedQ(width, integer, signed, 'RND', overflow, n)
            top = math.ldexp(1.0, spec.i)
            near = [top, math.nextafter(top, 0), math.nextafter(top, 2 * top), 1.5 * top]
            x = np.concatenate([ties(spec, 'float64'), edges(spec, 'float64'), near, np.negative(near)])
            for numbers in (x, edges(spec, 'int32')):
                expected = [fixed_code(v, width, integer, signed, 'RND', overflow, n) for v in numbers.tolist()]
                assert spec.encode(numbers).tolist() == expected, spec


@st.composite
def formats(draw: st.DrawFn) -> FixedQ:
    width, signed = draw(st.integers(1, MAX_WIDTH)), draw(st.booleans())
    overflow, n = draw(st.sampled_from(overflow_modes(width, signed)))
    if n:
        n = draw(st.integers(1, width - 1))
    return FixedQ(width, draw(st.integers(-80, 200)), signed, draw(st.sampled_from(ROUNDINGS)), overflow, n)


@given(formats(), st.data())
@settings(max_examples=150, deadline=None)
def test_words_give_the_codes_of_the_law(spec: FixedQ, data: st.DataObject) -> None:
    """All widths, those too that float64 holds and that never come here."""
    numbers = st.one_of(
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8).map(np.array),
        st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=8).map(lambda n: np.array(n, np.int64)),
        st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=8).map(lambda n: np.array(n, np.uint64)),
    )
    x = data.draw(numbers)
    modes = spec.rounding, spec.overflow, spec.saturation_bits
    codes = np.empty(x.shape, object if spec.width > 64 else np.int64 if spec.signed else np.uint64)
    WordCodes(spec.k, spec.width, spec.f, *modes).put(x, codes)
    assert codes.tolist() == [fixed_code(n, spec.width, spec.integer, spec.signed, *modes) for n in x.tolist()]


@pytest.mark.usefixtures('never_one_by_one')
@pytest.mark.parametrize('signed', [True, False])
@pytest.mark.parametrize(('width', 'integer'), [(54, 1), (55, -700), (60, 400), (64, 3), (64, 64), *LONG])
def test_wide_codes_become_values_rounded_towards_zero(width: int, integer: int, signed: bool) -> None:
    spec = FixedQ(width, integer, signed)
    low, high = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)
    rng = random.Random(width)
    ends = (low, 0, high, *(sign * 3 ** (n % 2) << n for n in (51, 53, 62, 63, 64, 65, 117, 126) for sign in (1, -1)))
    some = (rng.randint(low, high) >> rng.randrange(width) for _ in range(10_000))
    codes = [code for code in (*(n + d for n in ends for d in range(-3, 4)), *some) if low <= code <= high]
    values = spec.decode(np.array(codes, object if width > 64 else np.int64 if signed else np.uint64))
    for code, value in zip(codes, values.tolist(), strict=True):
        exact = abs(code) * power_of_two(-spec.f)
        below = Fraction(abs(value))
        assert below <= exact
        assert below == exact or Fraction(math.nextafter(abs(value), math.inf)) > exact
        assert math.copysign(1, value) == (-1 if code < 0 else 1)


@given(formats(), st.integers(-40, 40) | st.integers(-(2**200), 2**200))
@settings(max_examples=150, deadline=None)
def test_the_formula_on_pythons_integers(spec: FixedQ, eighths: int) -> None:
    """The same formula, any width: `xp` for ints, written down once more."""

    class Integers:
        ones = staticmethod(lambda n: (1 << n) - 1)
        bit = staticmethod(lambda n: 1 << n)
        where = staticmethod(lambda condition, yes, no: yes if condition else no)
        plus = staticmethod(lambda number, flag: number + flag)
        negated = staticmethod(lambda number, where: -number if where else number)

    constants = integer_codes.make_codes(Integers, spec.k, spec.width, spec.overflow, spec.saturation_bits)
    magnitude = abs(eighths)
    parts = eighths < 0, magnitude >> 3, bool(magnitude & 4), bool(magnitude & 3)
    modes = spec.rounding, spec.overflow, spec.saturation_bits
    code = integer_codes.code(Integers, *modes, constants, *parts)
    x = eighths * power_of_two(-3 - spec.f)
    assert code == fixed_code(x, spec.width, spec.integer, spec.signed, *modes)


@pytest.mark.usefixtures('never_one_by_one')
@pytest.mark.parametrize('dtype', ['int64', 'uint64', '>i8'])
@pytest.mark.parametrize('size', [1, 3, 40_000])
def test_large_integers_take_no_exact_arithmetic(size: int, dtype: str) -> None:
    numbers = np.array([2**53 + 1, 2**60 - 1, 2**62 + 2**9 + 1, 5], dtype)
    x = np.resize(numbers, size)
    for spec in (FixedQ(8, 62, True, 'RND_CONV', 'SAT'), FixedQ(64, 64), FixedQ(16, 8, False, 'TRN', 'WRAP', 3)):
        modes = spec.width, spec.integer, spec.signed, spec.rounding, spec.overflow, spec.saturation_bits
        right = [fixed_code(int(n), *modes) * power_of_two(-spec.f) for n in numbers]
        got = spec(x)
        assert got.tolist() == np.resize(got[: numbers.size], size).tolist()
        for value, exact in zip(got.tolist(), right[:size], strict=False):
            # rounded towards zero where float64 has not the value
            assert 0 <= abs(exact) - abs(int(value)) <= abs(exact) * power_of_two(-52)
            assert value == exact or not spec.fits('float64')
    mini = MinifloatQ(3, 7)
    assert mini(x)[:4].tolist() == [float(minifloat_value(int(n), 3, 7) or 0) for n in numbers][:size]
    assert mini.encode(x)[:4].tolist() == [minifloat_bits(int(n), 3, 7) for n in numbers][:size]


@given(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=6),
    st.integers(0, 52),
    st.integers(1, 11),
    st.integers(-70, 70),
)
@settings(max_examples=100, deadline=None)
def test_large_integers_as_minifloats(numbers: list[int], m: int, e: int, e0: int) -> None:
    x, spec = np.array(numbers, np.int64), MinifloatQ(m, e, e0)
    assert [int(v) if v == int(v) else v for v in spec(x)] == [minifloat_value(n, m, e, e0) for n in numbers]
    widths = np.full(x.shape, m)
    np.testing.assert_array_equal(float_quantize_np(x, widths, e, e0), spec(x))


def test_large_integers_by_widths_of_their_own() -> None:
    """Every element has its own format; some are too wide for words."""
    rng = random.Random(3)
    x = np.array([rng.randrange(-(2**63), 2**63) for _ in range(120)], np.int64)
    k, i, f = (np.array([rng.randint(*span) for _ in x]) for span in ((0, 1), (-5, 70), (-60, 40)))
    i[::50], f[25::50] = 150, 900
    for rounding, overflow, n in [
        ('RND_CONV', 'SAT', 0),
        ('RND', 'WRAP', 0),
        ('TRN', 'WRAP_SM', 0),
        ('RND', 'SAT_ZERO', 0),
    ]:
        got = get_fixed_quantizer_np(rounding, overflow, n)(x, k, i, f)
        for at, number in enumerate(x.tolist()):
            signed, integer, fraction = bool(k[at]), max(int(i[at]), -int(f[at])), int(f[at])
            width, mode = int(k[at]) + integer + fraction, overflow
            if not width:
                assert got[at] == 0
                continue
            if not signed and overflow == 'WRAP_SM':
                mode = 'WRAP'
            code = fixed_code(number, width, integer + int(k[at]), signed, rounding, mode, n)
            value = code * power_of_two(-fraction)
            assert abs(float(value) - got[at]) <= abs(float(value)) * 2**-52, (number, k[at], i[at], f[at])


@given(st.lists(st.integers(0, 2**128 - 1), min_size=1, max_size=6))
def test_words_become_floats_towards_zero(numbers: list[int]) -> None:
    words = Arithmetic(3).ones(0)
    split = [np.array([n >> (64 * j) & (2**64 - 1) for n in numbers], WORD) for j in range(3)]
    got = truncated(type(words)(*split)).tolist()
    for number, value in zip(numbers, got, strict=True):
        assert int(value) == number >> max(number.bit_length() - 53, 0) << max(number.bit_length() - 53, 0)
    assert bit_length(split[0]).tolist() == [(n & (2**64 - 1)).bit_length() for n in numbers]


def test_infinity_and_nan_have_the_codes_of_the_law() -> None:
    x = np.array([np.inf, -np.inf])
    for width in (60, 100):
        for overflow in ('SAT', 'SAT_SYM', 'SAT_ZERO'):
            for integer in (-4000, 3, 4000):
                codes = FixedQ(width, integer, True, 'RND', overflow).encode(x).tolist()
                assert codes == [fixed_code(v, width, integer, True, 'RND', overflow) for v in x.tolist()]
        with pytest.raises(ValueError, match='no Inf'):
            FixedQ(width, 3).encode(x)
        with pytest.raises(ValueError, match='no NaN'):
            FixedQ(width, 3).encode([0.0, np.nan])
