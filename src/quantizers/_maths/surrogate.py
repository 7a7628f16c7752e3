"""Surrogate gradients: what training sees in place of the steps of a quantizer.

Each function gives one gradient, elementwise and before any summing, for the incoming gradient `g`, the input `x` and
the quantized `q`; to a width it is 0 where `x` is not finite. Source: arXiv 2405.00645, "Gradient-based Automatic Mixed
Precision Quantization for Neural Networks On-Chip".
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from .minifloat import exponent_range

if TYPE_CHECKING:
    from .fixed import Grid

LN2 = math.log(2)


def rounding(xp: Any, g: Any, x: Any, rounded: Any) -> Any:
    """To `f` and to a minifloat's `m`, where `x` becomes `rounded`."""
    return _to_width(xp, g, x, x - rounded)


def inside(xp: Any, g: Any, above: Any, below: Any) -> Any:
    """To `x`, under the saturating modes; `above` and `below` say where it is not in range."""
    return xp.where(above | below, 0, g)


def fraction(xp: Any, g: Any, x: Any, q: Any, above: Any, below: Any, grid: Grid, overflow: str) -> Any:
    """To `f`, under the saturating modes."""
    high = 0 if overflow == 'SAT_ZERO' else grid.eps
    low = xp.where(grid.signed, -grid.eps, 0) if overflow == 'SAT_SYM' else 0
    slope = xp.where(above, high, xp.where(below, low, x - q))
    return _to_width(xp, g, x, slope)


def integer(xp: Any, g: Any, x: Any, above: Any, below: Any, grid: Grid, top: Any) -> Any:
    """To `i`, under the saturating modes; `top` is `2^i`."""
    low = xp.where(grid.signed, -top, 0)
    slope = xp.where(above, top, xp.where(below, low, 0))
    return _to_width(xp, g, x, slope)


class Regions(NamedTuple):
    """What the gradients of a minifloat need of `e` and `e0`."""

    top: Any  # 2^(emax+1)
    bottom: Any  # 2^emin
    a: Any  # 2^max(e-1, 0), by which emax grows and emin falls


def make_regions(xp: Any, e: Any, e0: Any) -> Regions:
    """The constants for whole `e` and `e0`."""
    emin, emax = exponent_range(xp, e, e0)
    return Regions(xp.power2(emax + 1), xp.power2(emin), xp.power2(xp.maximum(e - 1, 0)))


def mantissa(xp: Any, g: Any, x: Any, q: Any, regions: Regions) -> Any:
    """To a minifloat's `m`."""
    return xp.where(xp.abs(x) >= regions.top, 0, rounding(xp, g, x, q))


def exponent(xp: Any, g: Any, x: Any, q: Any, regions: Regions) -> Any:
    """To a minifloat's `e`."""
    outside = (xp.abs(x) >= regions.top) | (xp.abs(x) < regions.bottom)
    return xp.where(outside, rounding(xp, g, x, q) * LN2 * regions.a, 0)


def exponent_zero(xp: Any, g: Any, x: Any, q: Any, regions: Regions) -> Any:
    """To a minifloat's `e0`."""
    d = rounding(xp, g, x, q)
    return xp.where(xp.abs(x) >= regions.top, d, xp.where(xp.abs(x) < regions.bottom, -d, 0))


def tanh(xp: Any, g: Any, x: Any) -> Any:
    """To `x`, for binary and ternary: the slope of `tanh`, by a formula that cancels nothing, and is smooth at 0."""
    return g * (4 * xp.sigmoid(x * 2) * xp.sigmoid(x * -2))


def _to_width(xp: Any, g: Any, x: Any, slope: Any) -> Any:
    return xp.where(xp.abs(x) < float('inf'), g * LN2 * slope, 0)
