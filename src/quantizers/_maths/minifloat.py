"""Small floats: exponent and mantissa, subnormals, and codes at the top that may be Inf and NaN."""

from __future__ import annotations

from .fixed import largest_below
from .float_overflow import OF_MINIFLOATS, Traits, overflowed
from .namespace import Integers, Namespace, Number
from .rounding import STICKY, to_integer, to_integer_at_random

# the roundings whose formulas give a zero the sign of the number
KEEPING_ZEROS = 'RND_CONV', 'RND', 'RND_MIN_INF', 'TRN', 'TRN_ZERO', 'CEIL'
# those that ask whether a code is even: which way they go
TO_EVEN, TO_ODD = ('RND_CONV',), ('RND_CONV_ODD', 'TO_ODD')
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
        coarse: whether some step is above 1, so that a number in steps may underflow.
        endless: whether some format goes on where the dtype that is computed in ends.
    """

    def __init__(
        self,
        xp: Namespace,
        m: Number,
        emin: Number,
        emax: Number,
        growth_exponent: Number = 0,
        traits: Traits = OF_MINIFLOATS,
        *,
        lifted: bool = False,
        vanishing: bool = False,
        coarse: bool = False,
        endless: bool = False,
    ) -> None:
        self._xp, self._m, self._emin, self._emax = xp, m, emin, emax
        self._growth_exponent, self._traits = growth_exponent, traits
        self.lifted, self.vanishing, self.coarse, self.endless = lifted, vanishing, coarse, endless

    @property
    def only_zero(self) -> Number:
        """Whether `m < 0`, which leaves only 0: a bool, or an array of them."""
        return self._m < 0

    @property
    def max(self) -> Number:
        """The largest value, or the largest number of the dtype of the result that is one."""
        last = self._xp.minimum(self._emax, self._xp.target.largest)
        ends = last + 1, last - self._mantissa, self._xp.target
        whole = largest_below(self._xp, *ends)
        if not self._traits.missing:
            return whole
        return self._xp.where(last < self._emax, whole, largest_below(self._xp, *ends, self._traits.missing))

    @property
    def min(self) -> Number:
        """The smallest value: the negative of `max`; of unsigned ones 0, or the smallest power of two."""
        if self._traits.signed:
            return -self.max
        return 0.0 if self._traits.zero else self._xp.power2(self._emin)

    @property
    def limit(self) -> Number:
        """Beyond all finite numbers but the largest of the dtype."""
        return self._xp.compute.max

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


def quantize(
    xp: Namespace,
    x: Number,
    binades: Binades,
    rounding: str = 'RND_CONV',
    overflow: str = 'SAT',
    traits: Traits = OF_MINIFLOATS,
    uniform: Number = None,
    *,
    inside: bool = False,
    finite: bool = False,
) -> Number:
    """`x` rounded to the step of its binade, exponents above being unbounded, and what becomes of it out of range.

    Args:
        inside: whether every number is known to be in range.
        finite: whether every number is known to be finite.
        uniform: where given, numbers drawn evenly from `[0, 1)`, by which to round up or down at random.
    """
    saturates = overflow == 'SAT'
    # the ends are on the grid and rounding is monotone, so that clipping comes first
    largest = binades.max if saturates else xp.compute.max
    lowest = binades.min if saturates or not traits.zero else -largest
    near = x if inside or (finite and not saturates and traits.zero) else xp.clip(x, lowest, largest)
    if traits.signed and not traits.zero:  # the smallest magnitude, which 0 becomes, too
        near = xp.where(xp.abs(near) < binades.bottom, xp.where(x < 0, -binades.bottom, binades.bottom), near)
    rounded = _rounded(xp, near, binades, 'at random' if uniform is not None else rounding, traits.even, uniform)
    if binades.only_zero is not False:
        # no NaN, for there are compilers that take x * 0 for 0
        rounded = xp.where((xp.abs(near) <= binades.max) & binades.only_zero, near * 0, rounded)
    if not saturates and not inside:
        rounded = overflowed(xp, x, rounded, binades, rounding, overflow, traits, finite=finite)
    if not traits.signed_zero:
        return xp.zero_above(rounded)
    if rounding not in KEEPING_ZEROS or uniform is not None:
        magnitude = xp.abs(rounded)
        return xp.where(x == 0, x, xp.where(x < 0, -magnitude, magnitude))
    return xp.signed_like(rounded, x) if binades.vanishing else rounded


def decomposed(xp: Namespace, q: Number, emin: Number) -> tuple[Number, Number]:
    """The mantissa and the exponent of a value: `q` is `mantissa * 2^exponent`, and the exponent is at least `emin`."""
    held = xp.held(q)
    exponent = xp.where((held == 0) | xp.isnan(held), emin, xp.maximum(xp.leading_exponent(held), emin))
    return xp.signed_scale(q, xp.power(-exponent)), exponent


def _rounded(xp: Namespace, x: Number, binades: Binades, rounding: str, even: int | None, uniform: Number) -> Number:
    how = binades.coarse, rounding, even, uniform
    if not binades.lifted:
        return _round_to_binade(xp, x, binades.relative_step, binades.smallest_step, *how)
    small = xp.abs(x) < 1
    if binades.coarse:  # of several formats those whose step is large have nothing to lift
        small = small & (binades.smallest_step < 1)
    step = xp.where(small, binades.lifted_step, binades.smallest_step)
    lifted = _round_to_binade(xp, xp.where(small, x * 2.0**LIFT, x), binades.relative_step, step, *how)
    return xp.where(small, lifted * 2.0**-LIFT, lifted)


def _round_to_binade(
    xp: Namespace,
    x: Number,
    relative_step: Number,
    smallest_step: Number,
    coarse: bool,
    rounding: str,
    even: int | None,
    uniform: Number,
) -> Number:
    step = xp.maximum(xp.leading_power(x) * relative_step, smallest_step)
    y = x / step
    if uniform is not None:
        return to_integer_at_random(xp, y, uniform) * step
    if rounding in STICKY and coarse:
        y = xp.where((y == 0) & (x != 0), xp.where(x < 0, -xp.half, xp.half), y)
    if rounding in (*TO_EVEN, *TO_ODD) and even is not None:
        y = _by_exponent(xp, x, y, rounding, even)
    return to_integer(xp, rounding, y) * step


def _by_exponent(xp: Namespace, x: Number, y: Number, rounding: str, even: int) -> Number:
    """`y` of one step or two where a mode asks for an even code, of `x` that is between: a power of two is one step."""
    step, whole = xp.abs(y), xp.trunc(y)
    between = (step > 1) & (step < 2) if rounding == 'TO_ODD' else step == 1.5
    ways = whole, whole + whole
    of_odd, of_even = ways if bool(even) == (rounding in TO_EVEN) else ways[::-1]
    return xp.where(between, xp.where(xp.odd_exponent(x), of_odd, of_even), y)
