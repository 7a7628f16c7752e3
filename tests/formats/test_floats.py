"""Floats with special codes: every code and cast by ml_dtypes, NumPy, P3109's tables, gfloat and exact arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import gfloat
import numpy as np
import pytest
from gfloat.formats import format_info_p3109
from numpy.typing import NDArray

from oracles import reference
from oracles.float_cases import (
    DTYPES,
    OTHERS,
    OVERFLOWS,
    ROUNDINGS,
    beside,
    ends,
    expected,
    finite,
    inputs,
    p3109_names,
    record,
    same,
    with_modes,
)
from quantizers import FieldError, FloatQ, MinifloatQ, formats
from quantizers.formats.named import NUMPY, name_of

pytestmark = pytest.mark.filterwarnings('ignore::quantizers.PrecisionWarning')
VALUES = np.load(Path(__file__).parents[1] / 'data' / 'p3109.npz')
SMALL = [name for name in NUMPY if NUMPY[name].bits <= 8]
OF_P3109 = [name for name in VALUES.files if name != 'source']
FEW_OF_P3109 = p3109_names(range(3, 5))


def spec_of(name: str) -> FloatQ:
    return NUMPY[name] if name in NUMPY else formats.p3109(name)


def codes_of(spec: FloatQ) -> NDArray[Any]:
    return np.arange(1 << spec.bits)


# Codes ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('name', DTYPES)
def test_every_code_is_that_of_ml_dtypes_and_numpy(name: str, tally: Any) -> None:
    spec, dtype = NUMPY[name], DTYPES[name]
    codes = codes_of(spec)
    with np.errstate(invalid='ignore'):
        theirs = codes.astype(f'u{dtype.itemsize}').view(dtype).astype(np.float64)
    got = spec.decode(codes)
    tally.note('ml_dtypes', f'decode, {name}', codes, got, theirs, same(got, theirs))
    numbers = ~np.isnan(theirs)
    encoded = spec.encode(theirs[numbers])
    tally('ml_dtypes', f'encode, {name}', theirs[numbers], encoded, codes[numbers].astype(encoded.dtype))
    tally.check()


@pytest.mark.parametrize('name', OF_P3109)
def test_every_code_is_that_of_p3109(name: str, tally: Any) -> None:
    spec, theirs = formats.p3109(name), VALUES[name]
    codes = codes_of(spec)
    assert codes.size == theirs.size
    got = spec.decode(codes)
    tally.note('P3109', f'decode, {name}', codes, got, theirs, same(got, theirs))
    tally('P3109', f'encode, {name}', theirs, spec.encode(theirs), codes.astype(spec.encode(0.0).dtype))
    assert spec == getattr(formats, name) == eval(repr(spec))
    assert name_of(spec) == name == spec.label
    tally.check()


def test_p3109_has_no_other_formats() -> None:
    assert sorted(OF_P3109) == sorted(p3109_names(range(3, 9)))
    for name in (
        'Binary2p1se',
        'Binary8p8se',
        'Binary17p2se',
        'Binary8p9uf',
        'Binary8p3s',
        'Binary8p3sx',
        'Binary8p0se',
    ):
        with pytest.raises(ValueError, match="must be as 'Binary8p3se'"):
            formats.p3109(name)
        with pytest.raises(AttributeError, match=name):
            getattr(formats, name)


@pytest.mark.parametrize('name', p3109_names(range(9, 17))[::7])
def test_codes_of_wide_formats_are_the_law(name: str, tally: Any) -> None:
    """Also where exponents are beyond float64: exactly."""
    spec = formats.p3109(name)
    of = record(spec)
    codes = np.unique(np.concatenate([np.arange(40), np.linspace(0, 2**spec.bits - 1, 200).astype(int)]))
    codes = np.unique(np.concatenate([codes, 2**spec.bits - 1 - codes, 2 ** (spec.bits - 1) + np.arange(-5, 6)]))
    got = spec.decode(codes, exact=True)
    wanted = [reference.float_decoded(code, of) for code in codes.tolist()]
    equal = np.array([a == b or (a != a and b != b) for a, b in zip(got.tolist(), wanted, strict=True)])  # noqa: PLR0124
    tally.note('exact codes', name, codes, got, np.array(wanted, object), equal)
    back = spec.encode(got)
    tally('exact codes', f'encode, {name}', codes, back.astype(np.int64), codes)
    tally.check()


# Casts ----------------------------------------------------------------------------------------------------------------


def kernels_of(spec: FloatQ) -> Iterator[Callable[[NDArray[Any]], NDArray[Any]]]:
    """As users call it, and with single numbers in between."""
    yield spec
    yield lambda x: with_some_alone(spec, x)


def with_some_alone(spec: FloatQ, x: NDArray[Any]) -> NDArray[Any]:
    """Some of the numbers one by one, of which the third has a kernel of its own."""
    result = spec(x)
    result[::29] = [float(spec(number)) for number in x[::29].tolist()]
    return result


@pytest.mark.parametrize('name', DTYPES)
def test_casts_are_those_of_ml_dtypes_and_numpy(name: str, tally: Any) -> None:
    """From float32: from float64 ml_dtypes goes by way of it."""
    spec, dtype = NUMPY[name], DTYPES[name]
    x = inputs(spec, np.float32)
    if spec.specials == 'none':  # of which it makes NaN -0
        x = x[~np.isnan(x)]
    if not spec.zero:  # of which it rounds float32's subnormal numbers up
        x = x[~((x > 2.0**-127) & (x < 2.0**-126))]
    with np.errstate(all='ignore'):
        theirs = x.astype(dtype)
        wanted = theirs.astype(np.float32)
    for kernel in kernels_of(spec):
        got = kernel(x)
        tally.note('ml_dtypes', f'cast, {name}', x, got, wanted, same(got, wanted))
    numbers = ~np.isnan(wanted)
    codes = theirs.view(f'u{dtype.itemsize}')[numbers]
    tally('ml_dtypes', f'encode, {name}', x[numbers], spec.encode(x[numbers]), codes)
    tally.check()


@pytest.mark.parametrize('dtype', ['float32', 'float64'])
@pytest.mark.parametrize('name', [*SMALL, *FEW_OF_P3109])
def test_casts_are_the_law_in_every_mode(name: str, dtype: str, tally: Any) -> None:
    compare(spec_of(name), dtype, tally)


@pytest.mark.test
@pytest.mark.parametrize('name', [*p3109_names(range(5, 9)), *sorted({*NUMPY} - {*SMALL} - {'float32'})])
def test_casts_to_wider_formats_are_the_law_in_every_mode(name: str, tally: Any) -> None:
    compare(spec_of(name), 'float64', tally)


@pytest.mark.parametrize('dtype', ['float32', 'float64'])
@pytest.mark.parametrize('spec', [*OTHERS, formats.TF32], ids=repr)
def test_casts_to_formats_without_a_name_are_the_law(spec: FloatQ, dtype: str, tally: Any) -> None:
    if spec.fits(dtype):
        compare(spec, dtype, tally)


def compare(spec: FloatQ, dtype: str, tally: Any) -> None:
    """Every number with every rounding; what is near the ends with every overflow, too; and the codes."""
    every, near = inputs(spec, dtype), beside(ends(spec), dtype)
    for rounding in ROUNDINGS:
        for overflow in OVERFLOWS:
            changed = with_modes(spec, rounding, overflow)
            if changed is None:
                continue
            x = every if overflow == spec.overflow else near
            wanted = expected(changed, x)
            for kernel in kernels_of(changed):
                got = kernel(x)
                tally.note('exact floats', changed, x, got, wanted, same(got, wanted))
            if spec.bits <= 8 and overflow == spec.overflow:
                numbers = x[~np.isnan(wanted)]
                codes = [reference.float_code(n, record(spec), rounding, overflow) for n in numbers.tolist()]
                encoded = changed.encode(numbers)
                tally('exact floats', f'encode, {changed}', numbers, encoded, np.array(codes, encoded.dtype))
    tally.check()


def test_float64_is_rounded_once() -> None:
    """By way of float32 it would be a tie, which goes to the next value."""
    assert formats.E4M3FN(-431.99999999999994) == -416


@pytest.mark.parametrize('dtype', [np.float16, np.float32, np.float64])
def test_float16_of_every_float16_is_itself(dtype: Any, tally: Any) -> None:
    x = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    got = formats.FLOAT16(x.astype(dtype)).astype(np.float16)
    tally.note('ml_dtypes', 'float16', x, got, x, same(got, x))
    numbers = ~np.isnan(x)
    tally('ml_dtypes', 'encode, float16', x[numbers], formats.FLOAT16.encode(x[numbers]), x.view(np.uint16)[numbers])
    tally.check()


@pytest.mark.filterwarnings('ignore:invalid value encountered in cast:RuntimeWarning')
def test_float32_is_itself(tally: Any) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 1 << 32, 1 << 16, np.uint32).view(np.float32)
    for got in (formats.FLOAT32(x), formats.FLOAT32(x.astype(np.float64)).astype(np.float32)):
        tally.note('ml_dtypes', 'float32', x, got, x, same(got, x))
    numbers = ~np.isnan(x)
    tally('ml_dtypes', 'encode, float32', x[numbers], formats.FLOAT32.encode(x[numbers]), x.view(np.uint32)[numbers])
    wide = np.ldexp(rng.normal(size=1 << 14), rng.integers(-160, 140, 1 << 14))
    with np.errstate(all='ignore'):
        rounded = wide.astype(np.float32).astype(np.float64)
    tally('ml_dtypes', 'float32 of float64', wide, formats.FLOAT32(wide), rounded)
    tally.check()


GFLOAT_ROUNDINGS = {
    'RND_CONV': gfloat.RoundMode.TiesToEven,
    'TRN_ZERO': gfloat.RoundMode.TowardZero,
    'TRN': gfloat.RoundMode.TowardNegative,
    'RND_INF': gfloat.RoundMode.TiesToAway,
    'CEIL': gfloat.RoundMode.TowardPositive,
}


@pytest.mark.parametrize(
    'name', [*FEW_OF_P3109, 'Binary8p1se', 'Binary8p3se', 'Binary8p4uf', 'Binary8p5sf', 'Binary8p8ue']
)
def test_casts_are_those_of_gfloat(name: str, tally: Any) -> None:
    """Saturating; and not, where there is Inf: without it gfloat has P3109's third version, which gives NaN."""
    spec = formats.p3109(name)
    domain = gfloat.Domain.Extended if spec.specials == 'p3109_extended' else gfloat.Domain.Finite
    signedness = gfloat.types.Signedness.Signed if spec.signed else gfloat.types.Signedness.Unsigned
    theirs = format_info_p3109(spec.bits, spec.mantissa_bits + 1, signedness, domain)
    x = inputs(spec, np.float32).astype(np.float64)  # to which it can add a half without rounding
    if not spec.signed:
        x = x[~(x < 0)]
    for rounding, mode in GFLOAT_ROUNDINGS.items():
        for overflow in ('SAT', 'SAT_NONE') if spec.specials == 'p3109_extended' else ('SAT',):
            changed = with_modes(spec, rounding, overflow)
            assert changed is not None
            wanted = np.array([gfloat.round_float(theirs, v, mode, overflow == 'SAT') for v in x.tolist()])
            got = changed(x)
            tally.note('gfloat', changed, x, got, wanted, same(got, wanted))
    tally.check()


@pytest.mark.parametrize(
    'spec', [formats.E4M3FN, formats.E5M2FNUZ, formats.E2M1, formats.p3109('Binary6p2ue')], ids=repr
)
@pytest.mark.parametrize('dtype', ['float32', 'float64'])
def test_stochastic_rounding_draws_by_what_lies_beyond_the_step(spec: FloatQ, dtype: str, tally: Any) -> None:
    drawing = with_modes(spec, 'S_RND', 'SAT')
    assert drawing is not None
    x = inputs(spec, dtype)
    values, (low, high) = finite(spec), reference.float_ends(record(spec))
    uniform = np.random.default_rng(3).random(x.shape, np.dtype(dtype).type)
    got = drawing(x, training=True, seed_gen=np.random.default_rng(3))

    def value(number: float, u: float) -> float:
        if math.isnan(number):
            return number
        near = min(max(Fraction(number), low), high) if math.isfinite(number) else (high if number > 0 else low)
        below = reference.float_rounded(abs(near), record(spec), 'TRN_ZERO')
        above = next((v for v in values if v > below), below)
        up = above != below and u < (abs(near) - below) / (above - below)
        return math.copysign(float(above if up else below), near)

    wanted = np.array([value(*pair) for pair in zip(x.tolist(), uniform.tolist(), strict=True)], dtype)
    tally('stochastic floats', drawing, x, got, wanted)
    tally.check()


# The record -----------------------------------------------------------------------------------------------------------


def test_a_minifloat_is_the_same_law() -> None:
    for m, e, e0 in [(3, 4, 1), (1, 2, 1), (0, 4, -3), (5, 1, 2)]:
        mini, spec = MinifloatQ(m, e, e0), FloatQ(e, m, 2 ** (e - 1) - e0)
        assert (spec.law, spec.law_widths) == (mini.law, mini.law_widths)
        assert (spec.codec, spec.spacing, spec.bits, spec.max) == (mini.codec, mini.spacing, mini.bits, mini.max)


def test_derived_numbers() -> None:
    e4m3fn, e8m0 = formats.E4M3FN, formats.E8M0FNU
    assert (e4m3fn.bits, e4m3fn.max, e4m3fn.min, e4m3fn.emax, e4m3fn.emin) == (8, 448, -448, 8, -6)
    assert (e4m3fn.eps, formats.E5M2.max) == (Fraction(1, 512), 57344)
    assert (e8m0.min, e8m0.eps, e8m0.max, e8m0.bits) == (Fraction(1, 1 << 127), Fraction(1, 1 << 127), 1 << 127, 8)
    assert e8m0.values().tolist() == [2.0**n for n in range(-127, 128)]
    assert formats.FLOAT16.values().size == 2 * 31744 - 1
    assert repr(e4m3fn) == "FloatQ(4, 3, 7, 'fn', 'RND_CONV', 'NAN')"
    assert dict(e4m3fn.facts) == {'exponents': '-6 to 8', 'special codes': 'NaN'}
    assert e4m3fn.fits('float16')
    assert not e8m0.fits('float16')
    assert e8m0.fits('float32')


def test_special_codes_in_python() -> None:
    assert formats.E5M2.to_hex([math.inf, -math.inf, math.nan, 1e9, -0.0]).tolist() == ['7c', 'fc', '7e', '7c', '80']
    assert formats.E4M3FNUZ.to_hex([math.nan, 1e9, -0.0, -1e-9]).tolist() == ['80', '80', '00', '00']
    assert formats.FLOAT16.from_hex(['7c00', 'fc00', '8000']).tolist() == [math.inf, -math.inf, 0]
    assert formats.E5M2.decode([0x7C, 0x3C], exact=True).tolist() == [math.inf, 1]
    wide = formats.p3109('Binary16p2se')
    assert wide.encode([math.inf, math.nan, 2**9000, -Fraction(1, 2**9000)]).tolist() == [
        *(0x7FFF, 0x8000),
        *(reference.float_code(v, record(wide), 'RND_CONV', 'SAT_NONE') for v in (2**9000, -Fraction(1, 2**9000))),
    ]
    with pytest.raises(ValueError, match='NaN has no code'):
        formats.E2M1.encode(math.nan)


def test_integers_and_exact_numbers_are_cast_as_they_are() -> None:
    spec = FloatQ(8, 30, 127, 'ieee', 'RND', 'INF')
    x = np.array([2**62 + 2**31, 2**62 + 2**31 - 1, -(2**62) - 2**31], np.int64)
    assert spec(x).tolist() == [2**62 + 2**32, 2**62, -(2**62)]
    assert formats.E4M3FN([Fraction(1, 3), 10**400]).tolist()[0] == 0.34375
    assert math.isnan(formats.E4M3FN([Fraction(1, 3), 10**400])[1])
    assert formats.FLOAT16([10**400, -(10**400)]).tolist() == [math.inf, -math.inf]


def test_what_is_refused() -> None:
    for arguments, field in [
        ((4, 3, 7, 'none', 'RND', 'NAN'), 'overflow'),
        ((4, 3, 7, 'fn', 'RND', 'INF'), 'overflow'),
        ((4, 3, 7, 'p3109', 'RND', 'INF'), 'overflow'),
        ((4, 0, 7, 'ieee'), 'specials'),
        ((1, 3, 7, 'ieee'), 'specials'),
        ((4, 3, 7, 'fnuz', 'RND', 'SAT', False), 'specials'),
        ((4, 3, 7, 'OCP'), 'specials'),
        ((8, 0, 127, 'fn', 'RND', 'SAT', True, False), 'zero'),
        ((8, 0, 127, 'ieee', 'RND', 'SAT', False, False), 'specials'),
        ((8, 1, 127, 'fn', 'RND', 'SAT', False, False), 'zero'),
        ((8, 0, 127, 'p3109', 'RND', 'SAT', False, False), 'zero'),
        ((1, 0, 0, 'fn'), 'exponent_bits'),
        ((17, 0, 0), 'exponent_bits'),
        ((4, 53, 0), 'mantissa_bits'),
        ((4, 3, 1 << 17), 'bias'),
    ]:
        with pytest.raises(FieldError) as caught:
            FloatQ(*arguments)
        assert caught.value.field == field


# Powers of two --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('rounding', ROUNDINGS)
@pytest.mark.parametrize('zero', [True, False])
@pytest.mark.parametrize('signed', [True, False])
@pytest.mark.parametrize(('bits', 'last'), [(2, 0), (3, 2), (4, -3), (5, 40), (6, 0)])
def test_powers_of_two_are_the_law(bits: int, last: int, signed: bool, zero: bool, rounding: Any, tally: Any) -> None:
    """By the words of the law, in exact arithmetic: the powers on both sides of a number, and 0 or none below."""
    spec = FloatQ.power_of_two(bits, last, signed, zero, rounding)
    count = 2 ** (bits - signed)
    powers = [Fraction(2) ** (last - n) for n in range(count - zero)][::-1]
    values = [*([-p for p in powers[::-1]] if signed else []), *([0] if zero else []), *powers]
    assert [Fraction(v) for v in spec.values().tolist()] == values
    assert (spec.bits, spec.max, spec.min) == (bits, values[-1], values[0])
    x = inputs(spec, np.float64)[:-1]
    x = x[~((x == 0) & np.signbit(x))]

    def value(number: float) -> float:
        least = powers[0]
        near = min(max(reference.exact(min(max(number, -1e300), 1e300)), values[0]), values[-1])
        if not zero and abs(near) < least:
            near = -least if number < 0 else least
        magnitude = abs(near)
        below = max((p for p in powers if p <= magnitude), default=Fraction(0))
        step = max(below, least)
        code = reference.rounded(near / step, rounding) * step  # of one step and two, or of none and one
        return float(code)

    wanted = np.array([value(n) for n in x.tolist()])
    got = spec(x)
    tally('powers of two', spec, x, got, wanted)
    tally('powers of two', f'codes, {spec}', x, spec.decode(spec.encode(x)), wanted)
    tally.check()


def test_powers_of_two_that_are_none() -> None:
    refused = [((1, 0), 'bits'), ((18, 0), 'bits'), ((0, 0, False), 'bits'), ((4, 1 << 20), 'max_exponent')]
    for arguments, field in [*refused, ((4, 0, 2), 'signed')]:
        with pytest.raises(FieldError) as caught:
            FloatQ.power_of_two(*arguments)
        assert caught.value.field == field


def test_powers_of_two_without_a_zero() -> None:
    spec = FloatQ.power_of_two(4, 0, zero=False)
    assert spec([0.0, -0.0, -1e-30, 1e9, np.inf]).tolist() == [2**-7, 2**-7, -(2**-7), 1, 1]
    assert spec.to_bin([2**-7, -(2**-7), -1, -0.0]).tolist() == ['0000', '1000', '1111', '0000']
    exact = [Fraction(-1, 10**30), Fraction(0), -1, Fraction(1, 3)]
    assert spec.encode(exact).tolist() == [8, 0, 15, 5]
    assert spec.decode([8, 0, 15], exact=True).tolist() == [Fraction(-1, 128), Fraction(1, 128), -1]
