"""What becomes of a rounded value outside the range, in units of the value itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .namespace import Namespace, Number, Power
from .rounding import to_integer

if TYPE_CHECKING:
    from collections.abc import Callable

    from .fixed import Grid


def overflowed(xp: Namespace, value: Number, x: Number, grid: Grid, overflow: str, saturation_bits: int) -> Number:
    """The value kept by SAT_ZERO, WRAP or WRAP_SM for the rounded `value` of the input `x`.

    `|x|` is at most `grid.limit`. SAT and SAT_SYM are not here: they clip before they round.
    """
    if overflow.startswith('WRAP') and not saturation_bits and not grid.guarded:
        wrapped = _wrap(xp, value, grid)
        if overflow == 'WRAP':
            return wrapped
        return xp.where(_inverted(xp, wrapped, x, wrapped != value, grid), -grid.eps - wrapped, wrapped)
    over, under = value > grid.high, value < grid.low
    if overflow == 'SAT_ZERO':
        return xp.where(over | under, 0, value)
    if grid.guarded:
        # rounded past the dtype's largest number, where all bits that WRAP keeps are 0; if the format goes on, any do
        past = xp.abs(value) == float('inf')
        value = xp.where(past & (over | under), xp.where(grid.high == float('inf'), -grid.eps, 0), value)
    if saturation_bits:
        return _saturation_bits(xp, value, over, under, grid, overflow, saturation_bits)
    wrapped = xp.where(over | under, _wrap(xp, value, grid), value)
    if overflow == 'WRAP':
        return wrapped
    return xp.where(_inverted(xp, wrapped, x, over | under, grid), -grid.eps - wrapped, wrapped)


def inverted(xp: Namespace, value: Number, x: Number, grid: Grid, saturation_bits: int) -> Number:
    """Where WRAP_SM inverts the bits, for the rounded `value` of the input `x`; `|x|` is at most `grid.limit`."""
    over, under = value > grid.high, value < grid.low
    if saturation_bits:
        parts = xp.floor(_count(xp, value, grid.per_part, grid))
        return (over | under) & _inverted_parts(xp, parts, under, grid, saturation_bits)
    return _inverted(xp, _wrap(xp, value, grid), x, over | under, grid)


def _inverted(xp: Namespace, wrapped: Number, x: Number, outside: Number, grid: Grid) -> Number:
    lowest_deleted_bit = _odd(xp, xp.floor(_count(xp, x, grid.per_span, grid)))
    return _where_signed(outside & (lowest_deleted_bit != (wrapped < 0)), grid)


def _inverted_parts(xp: Namespace, parts: Number, under: Number, grid: Grid, saturation_bits: int) -> Number:
    bit = _odd(xp, parts)
    return _where_signed((bit == under) if saturation_bits > 1 else (bit != under), grid)


def _where_signed(condition: Number, grid: Grid) -> Number:
    return condition if grid.signed is True else condition & grid.signed


def _wrap(xp: Namespace, value: Number, grid: Grid) -> Number:
    """The low W bits: `value` less the whole spans in it; exact, as no bit of the difference is below the step."""
    if isinstance(grid.signed, bool):
        spans = _count(xp, value, grid.per_span, grid)
        whole = to_integer(xp, 'RND', spans) if grid.signed else xp.floor(spans)
    else:  # the same, where a span is two times `2^i` or, without a sign, that itself
        whole = xp.ceil(xp.floor(_count(xp, value, grid.per_top, grid)) * grid.share)
    return _less(xp, value, whole, grid.span, grid)


def _count(xp: Namespace, value: Number, power: Power, grid: Grid) -> Number:
    """How many spans or parts `value` is; a small negative one must not become 0."""
    return xp.scale(value, power) if not grid.guarded else xp.sticky_scale(value, power)


def _less(xp: Namespace, value: Number, whole: Number, power: Power, grid: Grid) -> Number:
    """`value - whole * 2^n`, in halves where the product may be beyond the dtype."""
    if not grid.guarded:
        return xp.kept(value - xp.scale(whole, power))
    half = xp.scale(whole * xp.half, power)
    return value - half - half


def _saturation_bits(
    xp: Namespace, value: Number, over: Number, under: Number, grid: Grid, overflow: str, saturation_bits: int
) -> Number:
    """N > 0: the sign and the top N bits are set, the low W - N bits are kept (or inverted, by WRAP_SM)."""
    parts = xp.floor(_count(xp, value, grid.per_part, grid))
    low = xp.kept(_less(xp, value, parts, grid.part, grid))
    if overflow == 'WRAP_SM':
        inverted = _inverted_parts(xp, parts, under, grid, saturation_bits)
        # the inverted bits are part - low - eps; summed in this order nothing is lost where a dtype is too narrow
        part, low = xp.where(inverted, grid.part_value, 0), xp.where(inverted, -low, low)
        last = xp.where(inverted, grid.eps, 0)
    else:
        part = last = 0
    high = (grid.top_part + part) + low - last
    lowest = by_sign(xp, grid, lambda: (grid.lowest + part) + low - last, lambda: high)
    return xp.where(over, high, xp.where(under, lowest, value))


def _odd(xp: Namespace, whole: Number) -> Number:
    half = whole * xp.half
    return xp.floor(half) != half


def by_sign(xp: Namespace, grid: Grid, signed: Callable[[], Number], unsigned: Callable[[], Number]) -> Number:
    """One of two results by `grid.signed`, which is a bool for a whole array or an array of bools."""
    if isinstance(grid.signed, bool):
        return signed() if grid.signed else unsigned()
    return xp.where(grid.signed, signed(), unsigned())
