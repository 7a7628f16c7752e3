"""The laws a second time, in integers alone: what the formulas are proved equal to.

They share nothing with the formulas of `_maths`, and know no floats: a number is a fraction `number / 2^d` of an
integer and a power of two. They run on Python's ints, too, by which tests compare them with exact arithmetic. Their
words are docs/explanation/modes.md and docs/explanation/formats.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# an int, or a term of a solver; a bool, or one
Whole = Any
Flag = Any
Where = Callable[[Flag, Any, Any], Any]


def rounded_up(
    rounding: str, number: Whole, floor: Whole, d: int, uniform: Whole | None = None, precision: int = 0
) -> Flag:
    """Whether `number / 2^d` is rounded up from its floor.

    Args:
        uniform: where given, `uniform / 2^precision` is drawn evenly from `[0, 1)`, and the number rounded away from 0
            if it is below what is beyond the whole part.
    """
    rest, negative = number - (floor << d), number < 0
    if uniform is not None:
        scaled = uniform << d
        return (negative & (rest > 0) & (scaled >= ((1 << d) - rest << precision))) | (
            (negative ^ True) & (scaled < rest << precision)
        )
    return ROUNDINGS[rounding](rest + rest > 1 << d, rest + rest == 1 << d, rest > 0, negative, floor & 1 == 1)


ROUNDINGS: dict[str, Callable[[Flag, Flag, Flag, Flag, Flag], Flag]] = {
    'TRN': lambda above, tie, some, negative, odd: False,
    'TRN_ZERO': lambda above, tie, some, negative, odd: negative & some,
    'RND': lambda above, tie, some, negative, odd: above | tie,
    'RND_MIN_INF': lambda above, tie, some, negative, odd: above,
    'RND_INF': lambda above, tie, some, negative, odd: above | (tie & (negative ^ True)),
    'RND_ZERO': lambda above, tie, some, negative, odd: above | (tie & negative),
    'RND_CONV': lambda above, tie, some, negative, odd: above | (tie & odd),
    'RND_CONV_ODD': lambda above, tie, some, negative, odd: above | (tie & (odd ^ True)),
    'CEIL': lambda above, tie, some, negative, odd: some,
    'AWAY': lambda above, tie, some, negative, odd: some & (negative ^ True),
    'TO_ODD': lambda above, tie, some, negative, odd: some & (odd ^ True),
}
"""Whether a number is rounded up, where what is beyond its floor is above a half, or a half, or above 0."""


class FixedPoint:
    """Fixed point in codes: the code of `number / 2^d` steps.

    Args:
        where: chooses one of two.
        width: that counts, the sign bit included.
    """

    def __init__(
        self, where: Where, width: int, signed: bool, rounding: str, overflow: str, saturation_bits: int
    ) -> None:
        self._where = where
        self.width, self.signed, self.rounding = width, signed, rounding
        self.overflow, self.saturation_bits = overflow, saturation_bits
        self.high = (1 << width - signed) - 1
        self.low = 0 if not signed else -self.high if overflow == 'SAT_SYM' else -self.high - 1

    def code(self, number: Whole, d: int, uniform: Whole | None = None, precision: int = 0) -> Whole:
        """The code; for `uniform` see `rounded_up`."""
        return self.overflowed(self.rounded(number, d, uniform, precision), number >> d)

    def rounded(self, number: Whole, d: int, uniform: Whole | None = None, precision: int = 0) -> Whole:
        """The code before overflow."""
        floor = number >> d
        return floor + self._where(rounded_up(self.rounding, number, floor, d, uniform, precision), 1, 0)

    def overflowed(self, code: Whole, floor: Whole) -> Whole:
        """The code that a rounded one becomes; `floor` is the one before rounding."""
        where, low, high = self._where, self.low, self.high
        if self.overflow in ('SAT', 'SAT_SYM'):
            return where(code > high, high, where(code < low, low, code))
        outside = (code > high) | (code < low)
        if self.overflow == 'SAT_ZERO':
            return where(outside, 0, code)
        bits = code & ((1 << self.width) - 1)
        kept = (self._wrapped if self.overflow == 'WRAP' else self._by_sign_and_magnitude)(bits, code < 0, floor)
        if self.signed:  # read as two's complement
            kept = where(self._bit(kept, self.width - 1), kept - (1 << self.width), kept)
        return where(outside, kept, code)

    def _wrapped(self, bits: Whole, negative: Flag, floor: Whole) -> Whole:
        """The low bits, of which N are set by the side on which the number is out of range."""
        n = self.saturation_bits
        if not n:
            return bits
        if not self.signed:
            return self._set(bits, self.width - 1, n, True)
        return self._set(self._set(bits, self.width - 1, 1, negative), self.width - 2, n - 1, negative ^ True)

    def _by_sign_and_magnitude(self, bits: Whole, negative: Flag, floor: Whole) -> Whole:
        """The low bits, inverted where they have not the sign that they should."""
        where, n, top = self._where, self.saturation_bits, self.width - 1
        inverse = bits ^ ((1 << self.width) - 1)
        if n == 0:
            lowest_deleted = self._bit(floor, self.width)
            changed = self._set(inverse, top, 1, lowest_deleted)
            return where(lowest_deleted ^ self._bit(bits, top), changed, bits)
        if n == 1:
            return self._set(where(self._bit(bits, top) ^ negative, inverse, bits), top, 1, negative)
        kept = where(self._bit(bits, self.width - n) ^ negative, bits, inverse)
        return self._set(self._set(kept, top - 1, n - 1, negative ^ True), top, 1, negative)

    def _set(self, bits: Whole, top: int, count: int, flag: Flag) -> Whole:
        """The bits with `count` of them, from `top` down, all set by the flag."""
        mask = (1 << top + 1) - (1 << top + 1 - count)
        return self._where(flag, bits | mask, bits & ((1 << self.width) - 1 - mask))

    def _bit(self, bits: Whole, place: int) -> Flag:
        return bits >> place & 1 == 1
