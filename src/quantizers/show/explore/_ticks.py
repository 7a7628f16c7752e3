"""Round numbers along a window, with labels of at most five digits."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from ..._maths.floats import Exact
from ._number import decimal

MOST = 8
DIGITS = 5
_FAR = Fraction(1 << 20)  # windows: what is farther away is not drawn, and may be too far for a float
_LOG10_2 = 0.30103


class Window(NamedTuple):
    """Where a plot begins and ends."""

    low: Exact
    high: Exact

    @property
    def span(self) -> Fraction:
        """How long it is."""
        return Fraction(self.high - self.low)

    def place(self, value: Exact) -> float:
        """The place of a value, from 0 to 1 inside the window."""
        place = Fraction(value - self.low) / self.span
        return round(float(min(max(place, -_FAR), _FAR)), 6)

    def at(self, place: Fraction) -> Fraction:
        """The value at a place."""
        return self.low + place * self.span


class Axis(NamedTuple):
    """Places and labels; `offset` is what the labels leave out, empty where that is nothing."""

    ticks: list[tuple[float, str]]
    offset: str


def axis(window: Window) -> Axis:
    """Up to eight multiples of a round number; where they take more digits, counted from the first one."""
    unit = round_number(window.span / MOST)
    values = [n * unit for n in range(ceil(window.low / unit), floor(window.high / unit) + 1)]
    labels = [*map(_short, values)]
    first = Fraction(0)
    if None in labels:
        first = values[0]
        labels = [_short(value - first) for value in values]
    shown = [(window.place(value), label or '') for value, label in zip(values, labels, strict=True)]
    return Axis(shown, f'{"+" if first > 0 else "-"} {decimal(abs(first))}' if first else '')


def round_number(least: Fraction) -> Fraction:
    """1, 2 or 5 times a power of ten, not below `least`."""
    power = Fraction(10) ** (floor((least.numerator.bit_length() - least.denominator.bit_length()) * _LOG10_2) - 1)
    return next(unit for unit in _units(power) if unit >= least)


def _units(power: Fraction) -> Iterator[Fraction]:
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def _short(value: Exact) -> str | None:
    """A decimal of at most five digits, of more zeros by its power of ten; None where it has more digits."""
    text = decimal(value)
    if sum(character.isdigit() for character in text) <= DIGITS and 'e' not in text:
        return text
    if text.startswith('≈'):
        return None
    _, digits, exponent = Decimal(text).normalize().as_tuple()
    assert isinstance(exponent, int)
    if len(digits) > DIGITS:
        return None
    significand = ''.join(map(str, digits))
    sign, tail = '-' * (value < 0), significand[1:]
    return f'{sign}{significand[0]}{"." * bool(tail)}{tail}e{exponent + len(tail)}'
