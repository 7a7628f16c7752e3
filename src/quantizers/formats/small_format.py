"""What minifloats and other small floats have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._maths.float_overflow import Traits
from .._maths.floats import times_power
from .._maths.laws import FloatLaw
from .._maths.view import once
from .base import Format

if TYPE_CHECKING:
    from .._maths.floats import Exact
    from .binades import Binades
    from .small_floats import SignExponentMantissa


class SmallFloat(Format):
    """The derived numbers of a small float; `eps`, `min` and `max` are exact: ints or Fractions."""

    if TYPE_CHECKING:
        mantissa_bits: int
        exponent_bits: int

        @property
        def law(self) -> FloatLaw:
            """See `Format`."""

        @property
        def codec(self) -> SignExponentMantissa:
            """See `Format`."""

        @property
        def emin(self) -> int:
            """The exponent of the smallest normal value, and of the subnormals."""

    @property
    def bits(self) -> int:
        """Total width in bits."""
        return self.codec.bits

    @property
    def emax(self) -> int:
        """The exponent of the largest value."""
        return self.codec.emin - 1 + (self.codec.top >> self.mantissa_bits)

    @property
    def eps(self) -> Exact:
        """The smallest positive value, `2^(emin - m)`: the step of the subnormals."""
        return times_power(1, self.emin - self.mantissa_bits)

    @property
    def max(self) -> Exact:
        """The largest value, Inf aside."""
        significand = 1 << self.mantissa_bits | self.codec.top & ((1 << self.mantissa_bits) - 1)
        return times_power(significand, self.emax - self.mantissa_bits)

    @property
    def min(self) -> Exact:
        """The smallest value, Inf aside: `-max`, or the smallest magnitude where there is no sign."""
        return -self.max if self.codec.signed else 0 if self.codec.zero else self.eps

    @once
    def spacing(self) -> Binades:
        """A step a binade.

        :meta private:
        """
        from .binades import Binades

        unbounded = FloatLaw(self.law.rounding, traits=Traits(even=self.law.traits.even))
        return Binades(self.mantissa_bits, self.emin, self.emax, unbounded)

    @property
    def significant_bits(self) -> int:
        """The mantissa, and the hidden one.

        :meta private:
        """
        return self.mantissa_bits + 1

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """The exponents.

        :meta private:
        """
        return (('exponents', f'{self.emin} to {self.emax}'),)

    @property
    def layout(self) -> dict[str, int]:
        """The fields, and what is taken from the exponent's.

        :meta private:
        """
        m, e, e0 = self.law_widths
        return {'width': self.bits, 'exponent': e, 'mantissa': m, 'bias': (1 << e - 1) - e0}
