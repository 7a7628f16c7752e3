"""Numbers as people type them, read exactly, and exact numbers as text."""

from __future__ import annotations

import re
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact
from fractions import Fraction

from ..._checks.numbers import number
from ..._maths.floats import Exact, times_power

Number = int | Fraction | float  # a float only where no fraction can say it: NaN, Inf, -0

MAX_LENGTH = 4096
MAX_EXPONENT = {10: 5_000, 2: 20_000}  # beyond every format, and few enough digits to compute with
_DIGITS = 17
_PLAIN = 10**15

_DECIMAL = re.compile(r'(?P<whole>[0-9]*)(?:\.(?P<fraction>[0-9]*))?(?:e(?P<exponent>[+-]?[0-9]+))?')
_HEX = re.compile(r'0x(?P<whole>[0-9a-f]*)(?:\.(?P<fraction>[0-9a-f]*))?(?:p(?P<exponent>[+-]?[0-9]+))?')


def read_number(text: str) -> Number:
    """The number that a text says, exactly: decimal, hexadecimal as C's `%a` writes it, a fraction, inf or nan.

    Raises ValueError for any other text, for a division by 0, and for an exponent beyond `MAX_EXPONENT`.
    """
    word = text.strip().lower()
    sign, magnitude = (-1 if word.startswith('-') else 1), word[word.startswith(('+', '-')) :]
    if len(word) > MAX_LENGTH:
        raise ValueError(f'a number must have at most {MAX_LENGTH} characters: {len(word)}')
    if magnitude in ('inf', 'infinity', 'nan'):
        return sign * float(magnitude)
    numerator, slash, denominator = magnitude.partition('/')
    value = _finite(numerator.rstrip(), text)
    if slash:
        divisor = _finite(denominator.lstrip(), text)
        if not divisor:
            raise ValueError(f'a fraction must not be divided by 0: {_shown(text)}')
        value /= divisor
    return sign * value if value or sign > 0 else -0.0


def decimal(value: Exact) -> str:
    """A decimal, exact where 17 digits are enough; else rounded, after a sign that says so."""
    context = Context(prec=_DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact])
    try:
        exact = context.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize(context)
    except Inexact:
        return f'≈{number(value).removeprefix("~").lower()}'
    return f'{exact:f}' if not exact or Decimal(1) / _PLAIN < abs(exact) < _PLAIN else str(exact).lower()


def spelled(value: Exact) -> str:
    """A text that `read_number` reads as the same number: a decimal, where that is short, or a fraction."""
    text = decimal(value)
    return text if not text.startswith('≈') else f'{value.numerator}/{value.denominator}'


def hexadecimal(value: Exact) -> str:
    """A multiple of a power of two as C's `%a` writes it, at any length."""
    if not value:
        return '0x0p+0'
    magnitude, denominator = abs(value.numerator), value.denominator
    top = magnitude.bit_length() - 1
    digits = -(-top // 4)
    tail = f'{(magnitude << (4 * digits - top)) - (1 << 4 * digits):0{digits}x}'.rstrip('0') if digits else ''
    exponent = top - (denominator.bit_length() - 1)
    return f'{"-" * (value < 0)}0x1{"." * bool(tail)}{tail}p{exponent:+}'


def nearest_float(value: Exact) -> float | None:
    """The nearest float64, as compilers read a decimal; None where that is `value` itself, or beyond float64."""
    try:
        nearest = float(value)
    except OverflowError:
        return None
    return None if nearest == value else nearest


def _finite(word: str, text: str) -> Fraction:
    radix, base, digit_bits = (16, 2, 4) if word.startswith('0x') else (10, 10, 1)
    match = (_HEX if radix == 16 else _DECIMAL).fullmatch(word)
    if match is None or not match['whole'] + (match['fraction'] or ''):
        raise ValueError(
            f'not a number: {_shown(text)}; known are decimals, 0x1.8p-3, fractions such as 1/3, inf and nan'
        )
    fraction = match['fraction'] or ''
    exponent = match['exponent'] or '0'
    limit = MAX_EXPONENT[base]
    if len(exponent) > 8 or abs(int(exponent)) > limit:
        raise ValueError(f'an exponent of {base} must be from -{limit} to {limit}: {_shown(text)}')
    power = int(exponent) - len(fraction) * digit_bits
    significand = int(match['whole'] + fraction, radix)
    if base == 2:
        return Fraction(times_power(significand, power))
    return significand * Fraction(10) ** power


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else f'{text[:80]}...')
