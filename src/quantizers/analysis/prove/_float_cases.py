"""What the law of small floats says of every float, part by part, by integers alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ._floats import Input, Part, parts
from ._laws import ROUNDINGS, Flag, Where, Whole, rounded_up
from ._outcome import Outcome, below, draws

if TYPE_CHECKING:
    from ..._maths.floats import FloatFormat
    from ..._maths.laws import FloatLaw

_WIDEST = 15  # exponent bits, whose range is beyond every dtype's
_FINITE_ABOVE, _FINITE_BELOW = ('TRN', 'TRN_ZERO'), ('CEIL', 'TRN_ZERO')


class FloatCases:
    """Small floats: the significand and the exponent of the smallest step, the largest value, what lies beyond."""

    def __init__(self, law: FloatLaw, widths: tuple[int, ...], dtype: FloatFormat, random: bool = False) -> None:
        self.m, e, e0 = widths
        self.law, self.traits, self.dtype = law, law.traits, dtype
        half = 1 << max(min(e, _WIDEST) - 1, 0)
        self.emin, self.emax = 1 - half + e0 - (not law.traits.zero), half - 1 + e0 - law.traits.dropped
        self._below = below(law.rounding, dtype, random)

    @property
    def _top(self) -> int:
        """The significand of the largest value."""
        return (2 << max(self.m, 0)) - 1 - self.traits.missing

    def parts(self) -> Iterator[Part]:
        """See `Cases`: below half the smallest step, each, and what is out of range.

        Without a mantissa all become 0; without a zero all below the smallest value become that.
        """
        if self.m < 0:
            return parts(self.dtype, self.dtype.largest + 1, self.dtype.largest + 1)
        lowest = self.emin - self.m - self._below if self.traits.zero else self.emin
        return parts(self.dtype, lowest, self.emax + 1)

    def outcome(self, where: Where, x: Input, uniform: Whole | None = None) -> Outcome:
        """See `Cases`."""
        if x.part.what in ('above', 'special') or self.m < 0:
            nan = x.is_nan if x.part.what == 'special' else False
            if self.m < 0:
                return Outcome(nan, x.negative, 0, 0, 0, signed_zero=True)
            # in units that the dtype's own largest number has in the format, where that goes on beyond
            exponent = min(self.emax, self.dtype.largest) - self.m
            beyond = self._beyond(where, x.negative, exponent, infinite=x.part.what == 'special')
            return beyond._replace(nan=where(nan, True, beyond.nan))
        if x.part.what == 'below':
            if not self.traits.zero:
                return self._smallest(where, x.negative, x.nonzero)
            significand, unit = where(x.nonzero, 1, 0), self.emin - self.m - self._below - 1
            return self._value(where, x.negative, significand, unit, self.emin - 1, uniform)
        highest = x.unit + self.dtype.precision - (1 if x.part.first else 2)
        if x.part.first or (highest <= self.emin and self.traits.zero and self.traits.even is None):
            return self._value(where, x.negative, x.significand, x.unit, highest, uniform)
        # subnormal numbers of several binades, by the leading bit
        lowest = (min(max(x.unit, self.emin), self.emax) if self.traits.zero else self.emin) - self.m
        zero = Outcome(False, self._sign(x.negative), 0, 1, lowest, signed_zero=self.traits.signed_zero)
        found = self._in_units(zero if self.traits.zero else self._smallest(where, x.negative, False), lowest)
        for leading in range(x.unit, highest + 1):
            one = self._in_units(self._value(where, x.negative, x.significand, x.unit, leading, uniform), lowest)
            here = x.significand >> leading - x.unit != 0
            found = one._replace(
                nan=where(here, one.nan, found.nan),
                negative=where(here, one.negative, found.negative),
                magnitude=where(here, one.magnitude, found.magnitude),
                size=max(one.size, found.size),
                infinite=where(here, one.infinite, found.infinite),
            )
        return found

    def _in_units(self, of: Outcome, exponent: int) -> Outcome:
        shift = of.exponent - exponent
        return of._replace(
            magnitude=of.magnitude << shift, size=of.size + shift, exponent=exponent, most=self._most(exponent)
        )

    def _value(
        self, where: Where, negative: Flag, significand: Whole, unit: int, leading: int, uniform: Whole | None
    ) -> Outcome:
        """What `significand * 2^unit` becomes, which is at least `2^leading`, or less if that is the smallest exponent.

        It is below twice that.
        """
        exponent = min(max(leading, self.emin), self.emax) - self.m
        if leading > self.emax:
            return self._beyond(where, negative, exponent)
        if leading < self.emin and not self.traits.zero:
            return self._smallest(where, negative, significand != 0)
        magnitude = self._rounded(where, negative, significand, exponent - unit, leading, uniform)
        value = Outcome(
            False, self._sign(negative), magnitude, self.m + 2, exponent, self._most(exponent), self.traits.signed_zero
        )
        out = magnitude > self._top if exponent == self.emax - self.m else False
        if not self.traits.signed:
            out = out | negative & (magnitude != 0 if self.traits.zero else True)
        beyond = self._beyond(where, negative, exponent)
        value = self._in_units(value, beyond.exponent)
        return value._replace(
            nan=where(out, beyond.nan, False),
            magnitude=where(out, beyond.magnitude, value.magnitude),
            size=max(value.size, beyond.size),
            infinite=where(out, beyond.infinite, False),
        )

    def _rounded(
        self, where: Where, negative: Flag, significand: Whole, d: int, leading: int, uniform: Whole | None
    ) -> Whole:
        """The magnitude of `significand / 2^d` steps with a sign, rounded."""
        if d <= 0:
            return significand << -d
        number = where(negative, -significand, significand)
        floor = number >> d
        if self.traits.even is None or leading < self.emin or uniform is not None:
            up = rounded_up(self.law.rounding, number, floor, d, uniform, draws(self.dtype))
        else:  # one step, or two, of which the one is even whose exponent field is
            rest = number - (floor << d)
            odd = where(negative, True, False) ^ ((leading - self.traits.even) % 2 == 1)
            up = ROUNDINGS[self.law.rounding](rest + rest > 1 << d, rest + rest == 1 << d, rest > 0, number < 0, odd)
        code = floor + where(up, 1, 0)
        return where(negative, -code, code)

    def _smallest(self, where: Where, negative: Flag, nonzero: Flag) -> Outcome:
        """What the numbers nearer to 0 than the smallest value become, where there is no 0."""
        exponent = min(self.emin, self.emax)
        least = Outcome(False, negative & nonzero, 1, 1, exponent, self._most(exponent))
        if self.traits.signed:
            return least
        beyond = self._beyond(where, True, exponent)
        out = negative | nonzero ^ True
        return least._replace(negative=False, nan=where(out, beyond.nan, False))

    def _beyond(self, where: Where, negative: Flag, exponent: int, *, infinite: bool = False) -> Outcome:
        """What is above or below the range: its end, Inf or NaN; the end in units of `2^exponent`."""
        ways = [self._way(below, infinite) for below in (False, True)]
        if ways[1] == 'end' and not (self.traits.signed or self.traits.zero):
            exponent = min(exponent, self.emin)  # that of the end
        most, least = self._most(exponent)
        return Outcome(
            where(negative, ways[1] == 'nan', ways[0] == 'nan'),
            self._sign(negative),
            where(negative, least, most),
            max(most.bit_length(), least.bit_length(), 1),
            exponent,
            (most, least),
            self.traits.signed_zero,
            infinite=where(negative, ways[1] == 'inf', ways[0] == 'inf'),
        )

    def _way(self, below: bool, infinite: bool) -> str:
        """The rows of docs/explanation/formats.md: what is out of range becomes the end, Inf or NaN."""
        overflow, rounding = self.law.overflow, self.law.rounding
        if overflow in ('SAT', 'NAN'):
            return 'end' if overflow == 'SAT' else 'nan'
        special = 'nan' if below and not self.traits.signed else 'inf' if self.traits.infinite else 'end'
        if overflow == 'INF' or infinite:
            return special
        stays = rounding in (_FINITE_BELOW if below else _FINITE_ABOVE)
        return 'end' if overflow == 'SAT_PROPAGATE' or stays else special

    def _sign(self, negative: Flag) -> Flag:
        return negative if self.traits.signed else False

    def _most(self, exponent: int) -> tuple[int, int]:
        """The largest magnitudes above and below 0, in units of `2^exponent`; without a sign that of the least."""
        most = self._top << max(self.emax - self.m - exponent, 0)
        if self.traits.signed:
            return most, most
        return most, 0 if self.traits.zero else 1 << max(self.emin - exponent, 0)
