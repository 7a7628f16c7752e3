"""Minifloats: sign, exponent and mantissa, subnormals, no Inf and no NaN."""

from __future__ import annotations

from .fixed import largest_below
from .namespace import Integers, Namespace, Number

# numbers below 1 are computed after multiplication by this power of two where their steps may be subnormal
LIFT = 64


def exponent_range(xp: Integers, e: Number, e0: Number) -> tuple[Number, Number]:
    """`emin` and `emax` for `e` exponent bits; `e <= 1` counts as 1."""
    a = 2 ** xp.maximum(e - 1, 0)
    return 1 - a + e0, a - 1 + e0


class Binades:
    """What the formula needs of whole `m`, `emin` and `emax`: each constant is made when a formula asks for it.

    Args:
        growth_exponent: `max(e-1, 0)`, for the gradient to `e` alone.
        lifted: whether some step is below the dtype's normal numbers, which frameworks may flush to 0.
        vanishing: whether some format may have no value but 0 in the dtype.
    """

    def __init__(
        self,
        xp: Namespace,
        m: Number,
        emin: Number,
        emax: Number,
        growth_exponent: Number = 0,
        *,
        lifted: bool,
        vanishing: bool,
    ) -> None:
        self._xp, self._m, self._emin, self._emax = xp, m, emin, emax
        self._growth_exponent = growth_exponent
        self.lifted, self.vanishing = lifted, vanishing

    @property
    def only_zero(self) -> Number:
        """Whether `m < 0`, which leaves only 0: a bool, or an array of them."""
        return self._m < 0

    @property
    def max(self) -> Number:
        """The largest value, or the largest number of the dtype of the result that is one."""
        last = self._xp.minimum(self._emax, self._xp.target.largest)
        return largest_below(self._xp, last + 1, last - self._mantissa, self._xp.target)

    @property
    def min(self) -> Number:
        """The negative of `max`."""
        return -self.max

    @property
    def relative_step(self) -> Number:
        """`2^-m`."""
        return self._xp.power2(-self._xp.minimum(self._mantissa, self._xp.target.precision))

    @property
    def smallest_step(self) -> Number:
        """The step of the subnormals, or of the dtype's where that is larger."""
        return self._xp.power2(self._smallest_exponent)

    @property
    def lifted_step(self) -> Number:
        """For numbers below 1: `2^LIFT` times the smallest step, or enough to give 0."""
        return self._xp.power2(self._xp.minimum(self._smallest_exponent, 2) + LIFT)

    @property
    def top(self) -> Number:
        """`2^(emax+1)`, from where on numbers saturate."""
        return self._xp.power2(self._emax + 1)

    @property
    def bottom(self) -> Number:
        """`2^emin`, below which numbers are subnormal."""
        return self._xp.power2(self._emin)

    @property
    def growth(self) -> Number:
        """`2^max(e-1, 0)`, by which emax grows and emin falls."""
        return self._xp.power2(self._growth_exponent)

    @property
    def _mantissa(self) -> Number:
        return self._xp.maximum(self._m, 0)

    @property
    def _smallest_exponent(self) -> Number:
        return self._xp.maximum(self._emin - self._mantissa, self._xp.target.smallest)


def quantize(xp: Namespace, x: Number, binades: Binades) -> Number:
    """`x` rounded to the step of its binade, ties to even, and saturated; a zero keeps its sign.

    The largest value is on the grid and rounding is monotone, so clipping comes first.
    """
    near = xp.clip(x, binades.min, binades.max)
    if not binades.lifted:
        rounded = _round_to_binade(xp, near, binades.relative_step, binades.smallest_step)
    else:
        small = xp.abs(near) < 1
        step = xp.where(small, binades.lifted_step, binades.smallest_step)
        lifted = _round_to_binade(xp, xp.where(small, near * 2.0**LIFT, near), binades.relative_step, step)
        rounded = xp.where(small, lifted * 2.0**-LIFT, lifted)
    if binades.only_zero is not False:
        # no NaN, for there are compilers that take x * 0 for 0
        rounded = xp.where((xp.abs(near) <= binades.max) & binades.only_zero, near * 0, rounded)
    return xp.signed_like(rounded, x) if binades.vanishing else rounded


def decomposed(xp: Namespace, q: Number, emin: Number) -> tuple[Number, Number]:
    """The mantissa and the exponent of a value: `q` is `mantissa * 2^exponent`, and the exponent is at least `emin`."""
    held = xp.held(q)
    exponent = xp.where((held == 0) | xp.isnan(held), emin, xp.maximum(xp.leading_exponent(held), emin))
    return xp.signed_scale(q, xp.power(-exponent)), exponent


def _round_to_binade(xp: Namespace, x: Number, relative_step: Number, smallest_step: Number) -> Number:
    step = xp.maximum(xp.leading_power(x) * relative_step, smallest_step)
    return xp.rint(x / step) * step
