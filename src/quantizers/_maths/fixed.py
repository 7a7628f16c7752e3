"""Fixed point: the constants of a format in the numbers of a dtype, and its quantization."""

from __future__ import annotations

from typing import Any, NamedTuple

from .overflow import overflowed
from .rounding import to_integer, to_integer_at_random

CLIPPING = ('SAT', 'SAT_SYM')  # the modes that clip before they round


class Step(NamedTuple):
    """What rounding needs of `f`."""

    up: Any  # power f
    down: Any  # power -f
    coarse: bool  # whether some f is negative, so that scaling up may underflow
    guard: Any  # from here on rounding changes nothing; None where scaling cannot overflow


class Grid(NamedTuple):
    """What the formulas need of `k, i, f` (and N): numbers of the array's dtype, or powers for `xp.scale`."""

    step: Step
    signed: Any  # a bool, or an array of them
    eps: Any  # the number 2^-f
    min: Any  # the smallest and the largest value, each the nearest number of the dtype inside the exact range
    max: Any
    low: Any  # a rounded value outside these two overflows: min and max, but Inf where the dtype ends before the format
    high: Any
    limit: Any  # from here on an input has no bit that the wrapping modes keep or look at
    top_part: Any  # 2^i less one part
    span: Any  # power k + i: one turn of WRAP
    per_span: Any  # power -(k + i)
    part: Any  # power k + i - N: the bits that N saturation bits leave
    per_part: Any  # power -(k + i - N)
    part_value: Any  # the number 2^(k + i - N)


def make_step(xp: Any, f: Any, *, coarse: bool, guard: bool) -> Step:
    """The constants for whole `f`; see `make_grid`."""
    return Step(
        up=xp.power(f),
        down=xp.power(-f),
        coarse=coarse,
        guard=xp.power2(xp.compute_precision - f) if guard else None,
    )


def make_grid(
    xp: Any, k: Any, i: Any, f: Any, overflow: str, saturation_bits: int, *, coarse: bool, guard: bool
) -> Grid:
    """The constants for whole `k, i, f` (`i` at least `-f`).

    Args:
        coarse: whether some `f` is negative.
        guard: whether `|x| * 2^f` may overflow.
    """
    maximum = largest_below(xp, i, -f)
    bounded_top = xp.minimum(xp.power2(i), largest_below(xp, i + 1, -f))
    minimum = -maximum if overflow == 'SAT_SYM' else -bounded_top
    part = k + i - saturation_bits
    return Grid(
        step=make_step(xp, f, coarse=coarse, guard=guard),
        signed=bool(k) if isinstance(k, int) else k > 0,
        eps=xp.power2(-f),
        min=xp.where(k > 0, minimum, 0),
        max=maximum,
        low=xp.where(k > 0, xp.where(i > xp.largest, float('-inf'), minimum), 0),
        high=xp.where(i > xp.largest + 1, float('inf'), maximum),
        limit=xp.power2(xp.compute_precision + k + i),
        top_part=_difference(xp, i, part),
        span=xp.power(k + i),
        per_span=xp.power(-k - i),
        part=xp.power(part),
        per_part=xp.power(-part),
        part_value=xp.power2(xp.minimum(part, xp.largest)),
    )


def largest_below(xp: Any, n: Any, step: Any) -> Any:
    """The largest multiple of `2^step` below `2^n` that is a number of the dtype; 0 where there is none above 0."""
    n = xp.minimum(n, xp.largest + 1)
    last_bit = xp.maximum(xp.maximum(step, n - xp.precision), xp.smallest)
    return _difference(xp, n, last_bit)


def _difference(xp: Any, n: Any, m: Any) -> Any:
    """`2^n - 2^m`, 0 for `m >= n`; as a product, since 2^n may be above the dtype's numbers and 2^(m-1) below them."""
    return xp.power2(n - 1) * (2 - xp.power2(xp.minimum(m - n, 0) + 1))


def round_to_step(xp: Any, x: Any, step: Step, rounding: str, uniform: Any = None) -> Any:
    """`x` rounded to a multiple of the step; exact for every finite `x`.

    Args:
        uniform: where given, numbers drawn evenly from `[0, 1)`, by which to round up or down at random.
    """
    # only TRN asks on which side of 0 the smallest numbers are
    y = xp.sticky_scale(x, step.up) if step.coarse and rounding == 'TRN' else xp.scale(x, step.up)
    whole = to_integer(xp, rounding, y) if uniform is None else to_integer_at_random(xp, y, uniform)
    value = xp.scale(whole, step.down)
    if step.guard is None:
        return value
    return xp.where(xp.abs(x) >= step.guard, x, value)


def quantize(
    xp: Any,
    x: Any,
    grid: Grid,
    rounding: str,
    overflow: str,
    saturation_bits: int,
    *,
    bounded: bool = False,
    uniform: Any = None,
) -> Any:
    """`x` quantized.

    Args:
        bounded: whether every `|x|` is known to be below `grid.limit`.
        uniform: see `round_to_step`.
    """
    if overflow in CLIPPING:
        # rounding is monotone and keeps the ends: clipping first gives the same, and scaling cannot overflow
        return round_to_step(xp, xp.clip(x, grid.min, grid.max), grid.step, rounding, uniform)
    near = x if bounded else xp.clip(x, -grid.limit, grid.limit)
    value = round_to_step(xp, near, grid.step, rounding, uniform)
    result = overflowed(xp, value, near, grid, overflow, saturation_bits)
    if bounded or (overflow == 'SAT_ZERO' and grid.step.guard is None):
        return result
    # there are compilers that take x * 0 for 0
    return xp.where(xp.abs(x) == float('inf'), 0 if overflow == 'SAT_ZERO' else float('nan'), result)
