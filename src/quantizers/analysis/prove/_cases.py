"""What a law says of every float, part by part: for each kind of law its cases.

Within a part all numbers have one exponent, so that shifts are by known counts, or the law says the same of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..._checks.shown import listed, shown
from ..._maths.floats import FLOATS, compute_dtype
from ..._maths.law import Law
from ..._maths.laws import BinaryLaw, FixedLaw, FloatLaw, RoundingLaw
from ._floats import Input, Part, parts
from ._laws import ROUNDINGS, FixedPoint, Flag, Minifloat, Where, Whole, rounded_up

if TYPE_CHECKING:
    from ..._maths.floats import FloatFormat

_WIDEST = 15  # exponent bits, whose range is beyond every dtype's


class Outcome(NamedTuple):
    """What the law says of a number: NaN, or `magnitude * 2^exponent` with a sign."""

    nan: Flag
    negative: Flag
    magnitude: Whole
    size: int  # the magnitude has so many bits
    exponent: int
    most: tuple[int, int] = (0, 0)  # the largest magnitudes of the format, of both signs
    signed_zero: bool = False  # whether a zero has that sign, too
    same: bool = False  # the input itself, instead


class Cases(Protocol):
    """The cases of a law and widths."""

    def parts(self) -> Iterator[Part]:
        """Parts that are all inputs."""

    def outcome(self, where: Where, x: Input, uniform: Whole | None = None) -> Outcome:
        """What becomes of an input, by integers alone.

        Args:
            uniform: a number from 0 to `2^precision`, by which to round at random: it stands for the one over that;
                the precision is that of the dtype that is computed in.
        """


def draws(dtype: FloatFormat) -> int:
    """How many bits a random number for the dtype has: as many as the significand that is computed with."""
    return FLOATS[compute_dtype(dtype.name)].precision


def _below(rounding: str, dtype: FloatFormat, random: bool) -> int:
    """Below `2^-n` steps the law says the same of all numbers but 0. ValueError for a mode that has no law here."""
    if rounding not in ROUNDINGS:
        raise ValueError(f"'rounding' must be one of {listed(ROUNDINGS)} to be proved: {shown(rounding)}")
    return draws(dtype) if random else 1


@singledispatch
def cases_of(law: Law, widths: tuple[int, ...], dtype: FloatFormat, random: bool = False) -> Cases:
    """The cases of a law, with `register` for kinds to come; ValueError for one that has none."""
    raise ValueError(f"'spec' must be of a kind whose law stands in integers, too: {shown(law)}")


class FixedCases:
    """Fixed point."""

    def __init__(self, law: FixedLaw, widths: tuple[int, ...], dtype: FloatFormat, random: bool = False) -> None:
        k, i, self.f = widths
        self.law, self.dtype = law, dtype
        self._below = _below(law.rounding, dtype, random)
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
        self._below = _below(law.rounding, dtype, random)

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


class MinifloatCases:
    """Minifloats."""

    def __init__(self, law: FloatLaw, widths: tuple[int, ...], dtype: FloatFormat, random: bool = False) -> None:
        assert law == FloatLaw(), law  # other floats have no Capability.PROVE
        self.m, e, e0 = widths
        half = 1 << max(min(e, _WIDEST) - 1, 0)
        self.emin, self.emax = 1 - half + e0, half - 1 + e0
        self.dtype = dtype

    def parts(self) -> Iterator[Part]:
        """See `Cases`: below half the smallest step, each, and what saturates; without a mantissa all become 0."""
        if self.m < 0:
            return parts(self.dtype, self.dtype.largest + 1, self.dtype.largest + 1)
        return parts(self.dtype, self.emin - self.m - 1, self.emax + 1)

    def outcome(self, where: Where, x: Input, uniform: Whole | None = None) -> Outcome:
        """See `Cases`."""
        nan = x.is_nan if x.part.what == 'special' else False
        if x.part.what == 'below' or self.m < 0:
            return Outcome(nan, x.negative, 0, 0, 0, signed_zero=True)
        law, size = Minifloat(where, self.m, self.emin, self.emax), self.m + 2
        if x.part.what in ('above', 'special'):
            # in units that the dtype's own largest number has in the format, where that goes on beyond
            exponent = min(self.emax, self.dtype.largest) - self.m
            most = self._most(exponent)
            return Outcome(nan, x.negative, most[0], most[0].bit_length(), exponent, most, True)
        highest = x.unit + self.dtype.precision - (1 if x.part.first else 2)
        if x.part.first or highest <= self.emin:
            magnitude, exponent = law.value(x.significand, x.unit, highest)
            return Outcome(False, x.negative, magnitude, size, exponent, self._most(exponent), True)
        # subnormal numbers of several binades, by the leading bit
        lowest = min(max(x.unit, self.emin), self.emax) - self.m
        total = 0
        for leading in range(x.unit, highest + 1):
            magnitude, exponent = law.value(x.significand, x.unit, leading)
            total = where(x.significand >> leading - x.unit != 0, magnitude << exponent - lowest, total)
        size = min(highest, self.emax) + 2 - lowest
        return Outcome(False, x.negative, total, size, lowest, self._most(lowest), True)

    def _most(self, exponent: int) -> tuple[int, int]:
        """The largest value, in units of `2^exponent`, of both signs."""
        most = (2 << self.m) - 1 << self.emax - self.m - exponent
        return most, most


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
cases_of.register(FloatLaw, MinifloatCases)
cases_of.register(BinaryLaw, BinaryCases)
