"""Small floats out of range: the ends, Inf and NaN."""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .minifloat import Binades
    from .namespace import Namespace, Number

# the roundings that never leave the finite side of the largest value, and of the smallest
TOWARDS_ZERO_ABOVE, TOWARDS_ZERO_BELOW = ('TRN', 'TRN_ZERO'), ('CEIL', 'TRN_ZERO')


class Traits(NamedTuple):
    """What a small float has beside its widths; those of a minifloat are the defaults."""

    signed: bool = True
    dropped: int = 0  # binades at the top that have no finite value
    missing: int = 0  # finite values that the largest binade lacks at its top
    infinite: bool = False  # whether there is Inf
    signed_zero: bool = True  # whether there is -0
    zero: bool = True  # whether there is 0, and are subnormals
    even: int | None = None  # the parity of the exponents to which ties go that have no mantissa to be even


OF_MINIFLOATS = Traits()


def overflowed(
    xp: Namespace,
    x: Number,
    rounded: Number,
    binades: Binades,
    rounding: str,
    overflow: str,
    traits: Traits,
    *,
    finite: bool = False,
) -> Number:
    """What becomes of `rounded`, which the number `x` became on a grid without an end: in range it is as it is.

    If `finite`, no `x` is Inf or NaN.
    """
    if binades.endless and not finite:
        rounded = xp.where(xp.abs(x) == inf, x, rounded)
    if not traits.zero:  # clipped from below, and -0 is no number above 0
        bound = binades.max
        return xp.where(x > 0, xp.where(rounded > bound, nan, rounded), nan)
    above, below = _beyond(overflow, rounding, traits)
    infinite = _infinite(overflow, traits)
    if traits.signed and above is not None and infinite == (above, below):  # both ends at once
        # an exact number may be too large for a product with Inf
        special = xp.clip(rounded, -1, 1) * inf if above == inf else nan
        return xp.where(xp.abs(rounded) > binades.max, special, rounded)
    high = xp.where(rounded > binades.max, _or(above, binades.max), rounded)
    result = xp.where(rounded < binades.min, _or(below, binades.min), high)
    if finite or infinite == (above, below):
        return result
    result = xp.where(x == inf, _or(infinite[0], binades.max), result)
    return xp.where(x == -inf, _or(infinite[1], binades.min), result)


def _beyond(overflow: str, rounding: str, traits: Traits) -> tuple[float | None, float | None]:
    """What becomes of finite numbers above and below the range: Inf or NaN, or None for the end."""
    above, below = _infinite(overflow, traits)
    if overflow == 'SAT_PROPAGATE':
        return None, None
    if overflow == 'SAT_NONE':  # what is rounded towards the finite side stays there
        above = None if rounding in TOWARDS_ZERO_ABOVE else above
        below = None if rounding in TOWARDS_ZERO_BELOW else below
    return above, below


def _infinite(overflow: str, traits: Traits) -> tuple[float | None, float | None]:
    """The same of Inf and -Inf."""
    if overflow == 'NAN':
        return nan, nan
    above = inf if traits.infinite else None
    return above, (above and -above) if traits.signed else nan


def _or(special: float | None, end: Number) -> Number:
    return end if special is None else special
