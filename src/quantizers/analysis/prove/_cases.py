"""What a law says of every float, part by part: for each kind of law its cases.

Within a part all numbers have one exponent, so that shifts are by known counts, or the law says the same of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import TYPE_CHECKING

from ..._checks.shown import shown
from ..._maths.law import Law
from ..._maths.laws import BinaryLaw, FixedLaw, FloatLaw, RoundingLaw
from ._float_cases import FloatCases
from ._floats import Input, Part, parts
from ._laws import FixedPoint, Flag, Where, Whole, rounded_up
from ._outcome import Cases, Outcome, below, draws

if TYPE_CHECKING:
    from ..._maths.floats import FloatFormat


@singledispatch
def cases_of(law: Law, widths: tuple[int, ...], dtype: FloatFormat, random: bool = False) -> Cases:
    """The cases of a law, with `register` for kinds to come; ValueError for one that has none."""
    raise ValueError(f"'spec' must be of a kind whose law stands in integers, too: {shown(law)}")


class FixedCases:
    """Fixed point."""

    def __init__(self, law: FixedLaw, widths: tuple[int, ...], dtype: FloatFormat, random: bool = False) -> None:
        k, i, self.f = widths
        self.law, self.dtype = law, dtype
        self._below = below(law.rounding, dtype, random)
        self.signed, self.width = bool(k), k + max(i + self.f, 0)

    def parts(self) -> Iterator[Part]:
        """See `Cases`: below half a step, each, and from where on the bits that count are all 0, or x is out of range.

        A random number is a multiple of `2^-precision`: what is below that is the same for all.
        """
        lowest = -self.f - self._below
        return parts(self.dtype, lowest, self.width - self.f + (self.dtype.precision if self.law.wraps else 0))

    def number(self, where: Where, x: Input) -> tuple[Whole, int]:
        """The input in steps, as a fraction `number / 2^d`; where the law says the same of a part, one of these."""
        if x.part.what == 'below':
            magnitude, d = where(x.nonzero, 1, 0), self._below + 1
        elif x.part.what == 'each':
            shift = x.unit + self.f
            magnitude, d = (x.significand << shift, 0) if shift >= 0 else (x.significand, -shift)
        else:
            magnitude, d = 2 << self.width, 0
        return where(x.negative, -magnitude, magnitude), d

    def codes(self, where: Where) -> FixedPoint:
        """The law in codes."""
        law = self.law
        return FixedPoint(where, self.width, self.signed, law.rounding, law.overflow, law.saturation_bits)

    def outcome(self, where: Where, x: Input, uniform: Whole | None = None) -> Outcome:
        """See `Cases`."""
        number, d = self.number(where, x)
        codes = self.codes(where)
        code = codes.code(number, d, uniform, draws(self.dtype))
        return self.of_code(where, code, x.is_nan | self.law.wraps if x.part.what == 'special' else False)

    def of_code(self, where: Where, code: Whole, nan: Flag = False) -> Outcome:
        """The outcome of a code."""
        codes = self.codes(where)
        negative = code < 0
        return Outcome(nan, negative, where(negative, -code, code), self.width, -self.f, (codes.high, -codes.low))


class RoundingCases:
    """Rounding without a range."""

    def __init__(self, law: RoundingLaw, widths: tuple[int, ...], dtype: FloatFormat, random: bool = False) -> None:
        (self.f,), self.law, self.dtype = widths, law, dtype
        self._below = below(law.rounding, dtype, random)

    def parts(self) -> Iterator[Part]:
        """See `Cases`: below half a step, each, and numbers that are whole steps."""
        lowest = -self.f - self._below
        return parts(self.dtype, lowest, self.dtype.precision - 1 - self.f)

    def outcome(self, where: Where, x: Input, uniform: Whole | None = None) -> Outcome:
        """See `Cases`."""
        if x.part.what in ('above', 'special'):
            return Outcome(x.is_nan if x.part.what == 'special' else False, False, 0, 0, 0, same=True)
        if x.part.what == 'below':
            magnitude, d = where(x.nonzero, 1, 0), self._below + 1
        else:
            magnitude, d = x.significand, -(x.unit + self.f)
        number = where(x.negative, -magnitude, magnitude)
        floor = number >> d
        up = rounded_up(self.law.rounding, number, floor, d, uniform, draws(self.dtype))
        code = floor + where(up, 1, 0)
        negative = code < 0
        return Outcome(False, negative, where(negative, -code, code), self.dtype.precision + 1, -self.f)


class BinaryCases:
    """One bit."""

    def __init__(self, law: BinaryLaw, widths: tuple[int, ...], dtype: FloatFormat, random: bool = False) -> None:
        self.dtype = dtype

    def parts(self) -> Iterator[Part]:
        """See `Cases`: all that is no NaN is the same."""
        return parts(self.dtype, self.dtype.largest + 1, self.dtype.largest + 1)

    def outcome(self, where: Where, x: Input, uniform: Whole | None = None) -> Outcome:
        """See `Cases`."""
        special = x.part.what == 'special'
        zero = False if special else x.nonzero ^ True
        return Outcome(x.is_nan if special else False, x.negative | zero, 1, 1, 0, (1, 1))


cases_of.register(FixedLaw, FixedCases)
cases_of.register(RoundingLaw, RoundingCases)
cases_of.register(FloatLaw, FloatCases)
cases_of.register(BinaryLaw, BinaryCases)
