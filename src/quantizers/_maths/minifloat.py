"""Minifloats: sign, exponent and mantissa, subnormals, no Inf and no NaN."""

from __future__ import annotations

from typing import Any, NamedTuple

from .fixed import largest_below

# numbers below 1 are computed after multiplication by this power of two where their steps may be subnormal
LIFT = 64


class Binades(NamedTuple):
    """What the formula needs of `m, e, e0`, in numbers of the array's dtype."""

    min: Any  # the negative of max
    max: Any  # the largest value, or the largest number of the dtype that is one
    relative_step: Any  # 2^-m
    smallest_step: Any  # the step of the subnormals, or of the dtype's where that is larger
    # for numbers below 1: 2^LIFT times smallest_step, or enough to give 0; None where no step is below the dtype's
    # normal numbers
    lifted_step: Any
    only_zero: Any  # whether m < 0


def exponent_range(xp: Any, e: Any, e0: Any) -> tuple[Any, Any]:
    """`emin` and `emax` for `e` exponent bits; `e <= 1` counts as 1."""
    a = 2 ** xp.maximum(e - 1, 0)
    return 1 - a + e0, a - 1 + e0


def make_binades(xp: Any, m: Any, emin: Any, emax: Any, *, lift: bool) -> Binades:
    """The constants for whole `m`, `emin` and `emax`; `m < 0` leaves only 0.

    Args:
        lift: whether some step is below the dtype's normal numbers, which frameworks may flush to 0.
    """
    last = xp.minimum(emax, xp.largest)
    only_zero, m = m < 0, xp.maximum(m, 0)
    maximum = largest_below(xp, last + 1, last - m)
    smallest_step = xp.maximum(emin - m, xp.smallest)
    return Binades(
        min=-maximum,
        max=maximum,
        relative_step=xp.power2(-xp.minimum(m, xp.precision)),
        smallest_step=xp.power2(smallest_step),
        lifted_step=xp.power2(xp.minimum(smallest_step, 2) + LIFT) if lift else None,
        only_zero=only_zero,
    )


def quantize(xp: Any, x: Any, binades: Binades) -> Any:
    """`x` rounded to the step of its binade, ties to even, and saturated; a zero keeps its sign.

    The largest value is on the grid and rounding is monotone, so clipping comes first.
    """
    x = xp.clip(x, binades.min, binades.max)
    if binades.lifted_step is None:
        rounded = _round_to_binade(xp, x, binades.relative_step, binades.smallest_step)
    else:
        small = xp.abs(x) < 1
        step = xp.where(small, binades.lifted_step, binades.smallest_step)
        lifted = _round_to_binade(xp, xp.where(small, x * 2.0**LIFT, x), binades.relative_step, step)
        rounded = xp.where(small, lifted * 2.0**-LIFT, lifted)
    if binades.only_zero is False:
        return rounded
    # no NaN, for there are compilers that take x * 0 for 0
    return xp.where((xp.abs(x) <= binades.max) & binades.only_zero, x * 0, rounded)


def _round_to_binade(xp: Any, x: Any, relative_step: Any, smallest_step: Any) -> Any:
    step = xp.maximum(xp.leading_power(x) * relative_step, smallest_step)
    return xp.rint(x / step) * step
