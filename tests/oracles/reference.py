"""The laws of every format in exact arithmetic, one scalar at a time: the oracle of the tests.

Nothing here is shared with the package, nothing is fast, and every float is taken as the exact rational it is.
Modes are the canonical names, without prefix. Where the law has no code (NaN; Inf under WRAP and WRAP_SM) a code is
a ValueError and a value is None.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

ROUNDINGS = ('TRN', 'TRN_ZERO', 'RND', 'RND_MIN_INF', 'RND_INF', 'RND_ZERO', 'RND_CONV')

Number = int | float | Fraction


def exact(x: Number) -> Fraction:
    """A finite number as a fraction."""
    return x if type(x) is Fraction else Fraction(x) if isinstance(x, int | Fraction) else Fraction(float(x))


@lru_cache(1 << 14)
def power_of_two(n: int) -> Fraction:
    """2^n, exactly."""
    return Fraction(1 << n) if n >= 0 else Fraction(1, 1 << -n)


def overflow_modes(width: int, signed: bool) -> list[tuple[str, int]]:
    """All (overflow, saturation_bits) that a fixed-point format of this width may have, N up to 3."""
    wrapping = ['WRAP', 'WRAP_SM'] if signed else ['WRAP']
    saturating = ['SAT', 'SAT_ZERO'] if signed and width == 1 else ['SAT', 'SAT_SYM', 'SAT_ZERO']
    return [(mode, n) for mode in wrapping for n in range(min(4, width))] + [(mode, 0) for mode in saturating]


# Fixed point ----------------------------------------------------------------------------------------------------------


def code_range(width: int, signed: bool, overflow: str) -> tuple[int, int]:
    """The smallest and the largest code."""
    hi = 2 ** (width - signed) - 1
    if not signed:
        return 0, hi
    return (-hi if overflow == 'SAT_SYM' else -hi - 1), hi


def rounded(y: Fraction, rounding: str) -> int:
    """The code of `y`, which counts in steps, before overflow."""
    n, rem = divmod(y.numerator, y.denominator)
    beyond, tie, negative = 2 * rem > y.denominator, 2 * rem == y.denominator, n < 0
    up = {
        'TRN': False,
        'TRN_ZERO': negative and rem > 0,
        'RND': beyond or tie,
        'RND_MIN_INF': beyond,
        'RND_INF': beyond or (tie and not negative),
        'RND_ZERO': beyond or (tie and negative),
        'RND_CONV': beyond or (tie and n % 2 == 1),
    }
    return n + up[rounding.removeprefix('S_')]


def with_bits(c: int, high: int, low: int, bit: bool) -> int:
    """`c` with the bits high..low all set to `bit`; none where high < low."""
    mask = sum(1 << j for j in range(low, high + 1))
    return c | mask if bit else c & ~mask


def overflowed(r: int, n: int, width: int, signed: bool, overflow: str, saturation_bits: int = 0) -> int:
    """The code that the rounded code `r` becomes; `n` is the floor before rounding."""
    lo, hi = code_range(width, signed, overflow)
    if lo <= r <= hi:
        return r
    if overflow in ('SAT', 'SAT_SYM'):
        return hi if r > hi else lo
    if overflow == 'SAT_ZERO':
        return 0
    ones = 2**width - 1
    top, negative = width - 1, r < 0
    c = r & ones
    if overflow == 'WRAP' and saturation_bits and signed:
        c = with_bits(c, top, top, negative)
        c = with_bits(c, top - 1, width - saturation_bits, not negative)
    elif overflow == 'WRAP' and saturation_bits:
        c = with_bits(c, top, width - saturation_bits, True)
    elif overflow == 'WRAP_SM' and saturation_bits == 0:
        lowest_deleted = bool(n >> width & 1)
        if lowest_deleted != bool(c >> top & 1):
            c = with_bits(c ^ ones, top, top, lowest_deleted)
    elif overflow == 'WRAP_SM' and saturation_bits == 1:
        if bool(c >> top & 1) != negative:
            c ^= ones
        c = with_bits(c, top, top, negative)
    elif overflow == 'WRAP_SM':
        if bool(c >> (width - saturation_bits) & 1) == negative:
            c ^= ones
        c = with_bits(c, top - 1, width - saturation_bits, not negative)
        c = with_bits(c, top, top, negative)
    return c - 2**width if signed and c >> top else c


def fixed_code(
    x: Number, width: int, integer: int, signed: bool, rounding: str, overflow: str, saturation_bits: int = 0
) -> int:
    """The code of `x`; ValueError where there is none."""
    if isinstance(x, float) and not math.isfinite(x):
        lo, hi = code_range(width, signed, overflow)
        if math.isnan(x) or overflow.startswith('WRAP'):
            raise ValueError(f'{x} has no code under {overflow}')
        return 0 if overflow == 'SAT_ZERO' else hi if x > 0 else lo
    y = exact(x) * power_of_two(width - integer)
    return overflowed(rounded(y, rounding), math.floor(y), width, signed, overflow, saturation_bits)


def fixed_value(
    x: Number, width: int, integer: int, signed: bool, rounding: str, overflow: str, saturation_bits: int = 0
) -> Fraction | None:
    """The value of `x` in the format, None where it is NaN."""
    try:
        code = fixed_code(x, width, integer, signed, rounding, overflow, saturation_bits)
    except ValueError:
        return None
    return code * power_of_two(integer - width)


# Minifloat ------------------------------------------------------------------------------------------------------------


def exponents(e: int, e0: int) -> tuple[int, int]:
    """The exponents of the smallest normal and of the largest value."""
    half = 2 ** (e - 1)
    return 1 - half + e0, half - 1 + e0


def times_power_of_two(n: int, d: int, exponent: int) -> tuple[int, int]:
    """n / d * 2^exponent, as such a pair."""
    return (n << exponent, d) if exponent >= 0 else (n, d << -exponent)


def floor_log2(y: Fraction) -> int:
    """floor(log2(y)) of a positive fraction."""
    n, d = y.as_integer_ratio()
    guess = n.bit_length() - d.bit_length()
    n, d = times_power_of_two(n, d, -guess)
    return guess if n >= d else guess - 1


def minifloat_value(x: Number, m: int, e: int, e0: int = 0) -> Fraction | None:
    """The value of `x` in the format, None for NaN; the sign of a zero is in `minifloat_bits`."""
    emin, emax = exponents(e, e0)
    if isinstance(x, float) and not math.isfinite(x):
        if math.isnan(x):
            return None
        x = (1 if x > 0 else -1) * power_of_two(emax + 1)
    exponent = min(max(floor_log2(abs(x)), emin), emax) if x else emin
    n, step = times_power_of_two(*abs(x).as_integer_ratio(), m - exponent)
    code, rem = divmod(n, step)
    code += 2 * rem > step or (2 * rem == step and code % 2 == 1)
    if exponent == emax:
        code = min(code, 2 ** (m + 1) - 1)
    return (code if x > 0 else -code) * power_of_two(exponent - m)


def minifloat_bits(x: Number, m: int, e: int, e0: int = 0) -> int:
    """The raw bits of `x`: sign, exponent field, mantissa; ValueError for NaN."""
    value = minifloat_value(x, m, e, e0)
    if value is None:
        raise ValueError('NaN has no code')
    sign = math.copysign(1, x) < 0 if isinstance(x, float) else x < 0
    return sign << (e + m) | minifloat_fields(abs(value), m, e, e0)


@lru_cache(1 << 12)
def minifloat_fields(magnitude: Fraction, m: int, e: int, e0: int) -> int:
    """Exponent field and mantissa of a value that is not negative; many numbers become one value."""
    emin, _ = exponents(e, e0)
    if magnitude < power_of_two(emin):
        field, mantissa = 0, magnitude * power_of_two(m - emin)
    else:
        exponent = floor_log2(magnitude)
        field, mantissa = exponent - emin + 1, (magnitude / power_of_two(exponent) - 1) * power_of_two(m)
    assert mantissa.denominator == 1
    return field << m | mantissa.numerator


def minifloat_decoded(bits: int, m: int, e: int, e0: int = 0) -> Fraction:
    """The value of raw bits, straight from the meaning of the fields."""
    mantissa = Fraction(bits & (2**m - 1), 2**m)
    c = bits >> m & (2**e - 1)
    exponent = c - 2 ** (e - 1) + e0
    magnitude = (1 + mantissa) * power_of_two(exponent) if c else mantissa * power_of_two(exponent + 1)
    return -magnitude if bits >> (e + m) else magnitude


# Binary and ternary ---------------------------------------------------------------------------------------------------


def binary_value(x: float) -> Fraction | None:
    """1 for x > 0, else -1; None for NaN."""
    return None if math.isnan(x) else Fraction(1 if x > 0 else -1)


def ternary_value(x: float) -> Fraction | None:
    """-1, 0 or 1; None for NaN."""
    return fixed_value(x, 2, 2, True, 'RND_CONV', 'SAT_SYM')
