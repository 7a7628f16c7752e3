"""The laws of every format in exact arithmetic, one scalar at a time: the oracle of the tests.

Nothing here is shared with the package, nothing is fast, and every float is taken as the exact rational it is.
Modes are the canonical names, without prefix. Where the law has no code (NaN; Inf under WRAP and WRAP_SM) a code is
a ValueError and a value is None.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

OF_AP_FIXED = ('TRN', 'TRN_ZERO', 'RND', 'RND_MIN_INF', 'RND_INF', 'RND_ZERO', 'RND_CONV')
ROUNDINGS = (*OF_AP_FIXED, 'RND_CONV_ODD', 'CEIL', 'AWAY', 'TO_ODD')

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
        'RND_CONV_ODD': beyond or (tie and n % 2 == 0),
        'CEIL': rem > 0,
        'AWAY': rem > 0 and not negative,
        'TO_ODD': rem > 0 and n % 2 == 0,
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


# Affine ---------------------------------------------------------------------------------------------------------------


def nearest_number(x: Fraction, precision: int) -> Fraction:
    """The nearest number of so many significant bits, ties to even, however large or small it is."""
    if not x:
        return x
    step = power_of_two(floor_log2(abs(x)) - precision + 1)
    return rounded(x / step, 'RND_CONV') * step


class AffineFormat(NamedTuple):
    """Codes from `low` to `high`; `precision` is that of the dtype in which division and product are rounded."""

    scale: float
    zero_point: int
    low: int
    high: int
    precision: int = 53
    by_inverse: bool = False


def affine_code(x: float, of: AffineFormat, rounding: str) -> int:
    """The code of a number that is not NaN."""
    if math.isinf(x):
        return of.high if x > 0 else of.low
    scale = nearest_number(exact(of.scale), of.precision)
    y = exact(x) * nearest_number(1 / scale, of.precision) if of.by_inverse else exact(x) / scale
    code = rounded(nearest_number(y, of.precision), rounding) + of.zero_point
    return min(max(code, of.low), of.high)


def affine_value(code: int, of: AffineFormat) -> Fraction:
    """The value of a code in the dtype."""
    scale = nearest_number(exact(of.scale), of.precision)
    return nearest_number((code - of.zero_point) * scale, of.precision)


# Floats with special codes --------------------------------------------------------------------------------------------


class FloatFormat(NamedTuple):
    """The record of a float; `specials` is none, ieee, fn, fnuz, p3109 or p3109_extended."""

    e: int
    m: int
    bias: int
    specials: str
    signed: bool = True
    zero: bool = True


def float_decoded(code: int, of: FloatFormat) -> Fraction | float:
    """The value of a code, straight from the table of special codes; Inf and NaN are floats."""
    size = of.e + of.m
    negative, magnitude = divmod(code, 2**size)
    field, mantissa = divmod(magnitude, 2**of.m)
    ones, last = field == 2**of.e - 1, magnitude == 2**size - 1
    infinity = -math.inf if negative else math.inf
    if of.specials == 'ieee' and ones:
        return math.nan if mantissa else infinity
    if of.specials == 'fn' and last:
        return math.nan
    if of.specials in ('fnuz', 'p3109', 'p3109_extended') and of.signed and negative and not magnitude:
        return math.nan
    if of.specials in ('p3109', 'p3109_extended') and not of.signed and last:
        return math.nan
    if of.specials == 'p3109_extended' and magnitude == 2**size - (1 if of.signed else 2):
        return infinity
    if not field and of.zero:
        value = mantissa * power_of_two(1 - of.bias - of.m)
    else:
        value = (1 + Fraction(mantissa, 2**of.m)) * power_of_two(field - of.bias)
    return -value if negative else value


@lru_cache(1 << 10)
def float_ends(of: FloatFormat) -> tuple[Fraction, Fraction]:
    """The smallest and the largest finite value: of the highest code that has one, or of the lowest code."""
    code = 2 ** (of.e + of.m) - 1
    while isinstance(float_decoded(code, of), float):
        code -= 1
    largest = Fraction(float_decoded(code, of))
    return (-largest if of.signed else Fraction(float_decoded(0, of))), largest


def float_value(x: Number, of: FloatFormat, rounding: str, overflow: str) -> Fraction | float:
    """The value of `x` in a format: a fraction, or Inf or NaN; the sign of a zero aside."""
    low, high = float_ends(of)
    if isinstance(x, float) and math.isnan(x):
        return math.nan
    infinite = isinstance(x, float) and math.isinf(x)
    if infinite:
        r = high + 1 if x > 0 else low - 1
    elif not of.zero and of.signed and abs(exact(x)) < power_of_two(-of.bias):
        r = (-1 if x < 0 else 1) * power_of_two(-of.bias)
    elif not of.zero and not of.signed and x <= 0:
        r = low - 1
    elif not of.zero and not of.signed and exact(x) < low:
        r = low
    else:
        r = float_rounded(exact(x), of, rounding)
    if low <= r <= high:
        return r
    return float_beyond(r > high, infinite, of, rounding, overflow)


def float_rounded(x: Fraction, of: FloatFormat, rounding: str) -> Fraction:
    """`x` on the grid of the format, whose exponents have no end."""
    if not x:
        return x
    lowest = 1 - of.bias if of.zero else -of.bias
    exponent = max(floor_log2(abs(x)), lowest)
    step = power_of_two(exponent - of.m)
    y = x / step
    if of.m == 0 and of.specials.startswith('p3109') and 1 < abs(y) < 2:
        # both neighbours are powers of two: one of them has an even exponent field
        below_is_even = (exponent + of.bias) % 2 == 0
        low, high = (step, 2 * step) if x > 0 else (-step, -2 * step)
        if rounding == 'TO_ODD' or (rounding == 'RND_CONV_ODD' and abs(y) == Fraction(3, 2)):
            return high if below_is_even else low
        if rounding.removeprefix('S_') == 'RND_CONV' and abs(y) == Fraction(3, 2):
            return low if below_is_even else high
    return rounded(y, rounding) * step


def float_beyond(above: bool, infinite: bool, of: FloatFormat, rounding: str, overflow: str) -> Fraction | float:
    """What becomes of a number, or of Inf, that is above or below the range."""
    end = float_ends(of)[above]
    if overflow == 'SAT':
        return end
    if overflow == 'NAN':
        return math.nan
    if not above and not of.signed:
        special: Fraction | float = math.nan
    elif of.specials in ('ieee', 'p3109_extended'):
        special = math.inf if above else -math.inf
    else:
        special = end
    if overflow == 'INF' or infinite:
        return special
    if overflow == 'SAT_PROPAGATE':
        return end
    stays = rounding in ('TRN_ZERO', 'TRN' if above else 'CEIL')
    return end if stays else special


def float_code(x: Number, of: FloatFormat, rounding: str, overflow: str) -> int | None:
    """The code of `x`, found among all codes; None for NaN."""
    value = float_value(x, of, rounding, overflow)
    if isinstance(value, float) and math.isnan(value):
        return None
    negative = of.signed and (math.copysign(1, x) < 0 if isinstance(x, float) else x < 0)
    code = float_code_of(value if value else abs(value), of)
    has_negative_zero = of.specials in ('none', 'ieee', 'fn')
    return code | 2 ** (of.e + of.m) if not value and negative and has_negative_zero else code


@lru_cache(1 << 16)
def float_code_of(value: Fraction | float, of: FloatFormat) -> int:
    """The lowest code that has a value."""
    codes = range(2 ** (of.signed + of.e + of.m))
    return next(code for code in codes if float_decoded(code, of) == value)


# Blocks ---------------------------------------------------------------------------------------------------------------


class BlockElement(NamedTuple):
    """What blocks are made of: the value of a number, the largest one, and how many significant bits values have."""

    value: Callable[[Fraction], Fraction]
    largest: Fraction
    precision: int


def block_exponent(amax: Fraction, of: BlockElement, rule: str, low: int, high: int) -> int:
    """The exponent of the scale for the largest magnitude."""
    if not amax:
        return low
    exponent, emax = floor_log2(amax), floor_log2(of.largest)
    if rule == 'rceil':  # the least by which the largest element is not exceeded
        n = exponent - emax - 1
        while amax > of.largest * power_of_two(n):
            n += 1
    elif rule == 'ceil':
        n = exponent - emax + (amax != power_of_two(exponent))
    elif rule == 'even':
        step = power_of_two(exponent - of.precision + 1)
        n = floor_log2(math.floor(amax / step + Fraction(1, 2)) * step) - emax
    else:
        n = exponent - emax
    return min(max(n, low), high)


def block_values(x: list[float], of: BlockElement, rule: str, low: int, high: int) -> tuple[int, list[Fraction]]:
    """The exponent of the scale of a block of numbers that may be Inf, and the values."""
    infinite = any(math.isinf(n) for n in x)
    amax = max((abs(exact(n)) for n in x if math.isfinite(n)), default=Fraction(0))
    exponent = high if infinite else block_exponent(amax, of, rule, low, high)
    scale, end = power_of_two(exponent), power_of_two(4096)  # beyond every number
    numbers = (exact(n) if math.isfinite(n) else (end if n > 0 else -end) for n in x)
    return exponent, [of.value(n / scale) * scale for n in numbers]


def dtype_number(x: Fraction, precision: int) -> Fraction:
    """The nearest number of float32 or float64, by its precision, those below the normal ones, too."""
    smallest = {24: -149, 53: -1074}[precision]
    if not x:
        return x
    step = power_of_two(max(floor_log2(abs(x)) - precision + 1, smallest))
    return rounded(x / step, 'RND_CONV') * step


class TwoLevelBlocks(NamedTuple):
    """What two-level scaling gives: the scale of the tensor, those of blocks, elements, and values."""

    tensor: Fraction
    scales: list[Fraction]
    elements: list[list[Fraction]]
    values: list[list[Fraction]]


def two_level(blocks: list[list[float]], element: FloatFormat, scale: FloatFormat, precision: int) -> TwoLevelBlocks:
    """Blocks of finite numbers; every quotient and product is rounded to the dtype of that precision."""

    def near(x: Fraction) -> Fraction:
        return dtype_number(x, precision)

    largest, top = float_ends(element)[1], float_ends(scale)[1]
    amaxes = [max(abs(exact(x)) for x in block) for block in blocks]
    tensor = min(max(near(max(amaxes) / (largest * top)), power_of_two(-126)), (2 - power_of_two(-23)) * 2**127)
    tensor = dtype_number(tensor, 24)
    scales = [min(near(near(amax / largest) / tensor), top) for amax in amaxes]
    scales = [Fraction(float_value(s, scale, 'RND_CONV', 'SAT')) for s in scales]
    elements, values = [], []
    for block, own in zip(blocks, scales, strict=True):
        step = near(own * tensor)
        codes = [
            Fraction(float_value(near(exact(x) / step), element, 'RND_CONV', 'SAT')) if step else Fraction(0)
            for x in block
        ]
        elements.append(codes)
        values.append([near(code * step) for code in codes])
    return TwoLevelBlocks(tensor, scales, elements, values)
