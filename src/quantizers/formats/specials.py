"""The codes of floats that are no finite numbers: a line for each way to choose them."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Specials(NamedTuple):
    """Which codes are no finite numbers."""

    overflows: tuple[str, ...]
    binade: bool = False  # all of the largest exponent: Inf, and NaN above
    signed: int = 0  # so many magnitudes at the top, of a format with a sign
    unsigned: int = 0  # the same of one without
    infinite: bool = False  # the first of these is Inf
    negative_zero: bool = True  # -0 is a number; else it is NaN

    def top(self, exponent_bits: int, mantissa_bits: int, signed: bool) -> int:
        """The magnitude of the largest finite code."""
        last = (1 << exponent_bits + mantissa_bits) - 1
        return last - (1 << mantissa_bits if self.binade else self.signed if signed else self.unsigned)

    def nan(self, exponent_bits: int, mantissa_bits: int, signed: bool) -> int | None:
        """The code that NaN gets; None where there is none."""
        last = (1 << exponent_bits + mantissa_bits) - 1
        if self.binade:  # the quiet one
            return last ^ ((1 << mantissa_bits - 1) - 1)
        if signed and not self.negative_zero:
            return last + 1
        return last if last > self.top(exponent_bits, mantissa_bits, signed) + self.infinite else None


_WITH_INF = 'SAT', 'INF', 'NAN', 'SAT_PROPAGATE', 'SAT_NONE'
_P3109 = 'SAT', 'NAN', 'SAT_PROPAGATE', 'SAT_NONE'
SPECIALS = {
    'none': Specials(('SAT',)),
    'ieee': Specials(_WITH_INF, binade=True, infinite=True),
    'fn': Specials(('SAT', 'NAN'), signed=1, unsigned=1),
    'fnuz': Specials(('SAT', 'NAN'), unsigned=1, negative_zero=False),
    'p3109': Specials(_P3109, unsigned=1, negative_zero=False),
    'p3109_extended': Specials(_WITH_INF, signed=1, unsigned=2, infinite=True, negative_zero=False),
}
SpecialsName = Literal['none', 'ieee', 'fn', 'fnuz', 'p3109', 'p3109_extended']
