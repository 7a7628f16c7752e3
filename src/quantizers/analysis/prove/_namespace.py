"""The namespace `xp` of `_maths` in terms of a solver: what the formulas make of any number at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitwuzla import Kind, RoundingMode

from ..._maths.floats import FLOATS, compute_dtype
from ..._maths.minifloat import LIFT
from ._reals import Floats, Real
from ._terms import Integer, Term, Terms, Truth

if TYPE_CHECKING:
    from ..._maths.namespace import Number, Power


class Namespace:
    """The primitives for reals of float32 or float64.

    Args:
        target: the name of the dtype of the result; float16 and bfloat16 are computed in float32.
        extreme: scale by exponents, which the dtype's own powers of two cannot hold.

    Attributes:
        given: what holds of the numbers that primitives have named.
    """

    half = 0.5

    def __init__(self, terms: Terms, target: str, extreme: bool) -> None:
        self.terms = terms
        self.compute, self.target = FLOATS[compute_dtype(target)], FLOATS[target]
        self.floats = Floats(terms, self.compute)
        self.extreme = extreme
        self.given: list[Truth] = []

    def floor(self, x: Real) -> Real:
        return self.floats.rounded(x, RoundingMode.RTN)

    def ceil(self, x: Real) -> Real:
        return self.floats.rounded(x, RoundingMode.RTP)

    def trunc(self, x: Real) -> Real:
        return self.floats.rounded(x, RoundingMode.RTZ)

    def rint(self, x: Real) -> Real:
        return self.floats.rounded(x, RoundingMode.RNE)

    def abs(self, x: Real) -> Real:
        return Real(self.floats, self.terms.term(Kind.FP_ABS, x.term))

    def isnan(self, x: Real) -> Truth:
        return x != x  # noqa: PLR0124

    def quotient(self, x: Real, divisor: Number) -> Number:
        return x / divisor

    def large(self, x: Real) -> Truth:
        return self.abs(x) >= 2.0**self.compute.precision

    def where(self, condition: Number, yes: Number, no: Number) -> Number:
        if isinstance(condition, bool):
            return yes if condition else no
        if isinstance(yes, bool | Truth | Integer):
            return self.terms.where(condition, yes, no)
        return self.floats.where(condition, yes, no)

    def minimum(self, a: Number, b: Number) -> Number:
        return self.where(b < a, b, a)

    def maximum(self, a: Number, b: Number) -> Number:
        return self.where(a < b, b, a)

    def clip(self, x: Real, low: Number, high: Number) -> Number:
        return self.where(x > high, high, self.where(x < low, low, x))

    def power2(self, n: int) -> Real:
        if n > self.compute.largest:
            return self.floats.real(float('inf'))
        return self.floats.real(2.0**n if n >= self.compute.smallest else 0)

    def power(self, n: int) -> Power:
        return n if self.extreme else self.power2(n)

    def scale(self, x: Real, power: Power) -> Real:
        if not self.extreme:
            scaled: Real = x * power
            return scaled
        # by factors of the dtype: only the last product is rounded, but where the result is 0 or infinite anyhow
        if power > self.compute.largest:
            return self.scale(x * self.power2(self.compute.largest), power - self.compute.largest)
        if power < self.compute.smallest:
            return self.scale(x, power - self.compute.smallest) * self.power2(self.compute.smallest)
        return x * self.power2(power)

    def signed_scale(self, x: Real, power: Power) -> Real:
        return self.scale(x, power)

    def sticky_scale(self, x: Real, power: Power) -> Number:
        y, tiny = self.scale(x, power), 2.0**self.compute.smallest
        return self.where((y == 0) & (x != 0), self.where(x < 0, -tiny, tiny), y)

    def kept(self, x: Real) -> Real:
        return x

    def zero_above(self, result: Real) -> Real:
        return self.floats.real(result) + 0.0

    def signed_like(self, result: Real, x: Real) -> Number:
        negative = Truth(self.terms, self.terms.term(Kind.FP_IS_NEG, x.term))
        return self.where(negative, -self.abs(result), self.abs(result))

    def held(self, x: Real) -> Real:
        return x

    def leading_power(self, x: Real) -> Real:
        """For a subnormal number it may be anything from 0 to its magnitude: some libraries give 0 there."""
        sign_and_exponent, _ = self._fields(x)
        mantissa = self.terms.bits_of(self.compute.precision - 1, 0)
        power = self.abs(self.floats.of_bits(self.terms.term(Kind.BV_CONCAT, sign_and_exponent, mantissa)))
        least = self.floats.of_bits(self.terms.bits(self.floats.size))
        self.given.append((least >= 0) & (least <= self.abs(x)) | self.isnan(x))
        return self.floats.where(power == 0, least, power)

    def odd_exponent(self, x: Real) -> Truth:
        _, field = self._fields(x)
        last = self.terms.unsigned(self.terms.term(Kind.BV_EXTRACT, field, indices=(0, 0)))
        return last == 0  # as the bias is odd

    def leading_exponent(self, x: Real) -> Integer:
        small = self.abs(x) < 1  # of which subnormal numbers have no exponent of their own
        _, bits = self._fields(self.where(small, x * 2.0**LIFT, x))
        field = self.terms.unsigned(bits)
        lifted: Integer = self.terms.where(small, field - LIFT, field)
        return lifted - self.compute.largest

    def _fields(self, x: Real) -> tuple[Term, Term]:
        """The bits of the sign and the exponent, and of the exponent alone."""
        size, mantissa = self.floats.size, self.compute.precision - 1
        bits = self.terms.bits(size)
        self.given.append(x.identical(self.floats.of_bits(bits)))
        extract = Kind.BV_EXTRACT
        return (
            self.terms.term(extract, bits, indices=(size - 1, mantissa)),
            self.terms.term(extract, bits, indices=(size - 2, mantissa)),
        )
