"""Surrogate gradients: what training sees in place of the steps of a quantizer.

Each function gives one gradient, elementwise and before any summing, for the incoming gradient `g`, the input `x` and
the quantized `q`; to a width it is 0 where `x` is not finite. Source: arXiv 2405.00645, "Gradient-based Automatic Mixed
Precision Quantization for Neural Networks On-Chip".
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .minifloat import exponent_range

if TYPE_CHECKING:
    from .fixed import Grid

LN2 = math.log(2)


def rounding(xp: Any, g: Any, x: Any, rounded: Any) -> Any:
    """To `f` and to a minifloat's `m`, where `x` becomes `rounded`."""
    return _where_finite(xp, x, g * LN2 * (x - rounded))


def inside(xp: Any, g: Any, x: Any, grid: Grid) -> Any:
    """To `x`, under the saturating modes."""
    return xp.where(_outside(x, grid), 0, g)


def fraction(xp: Any, g: Any, x: Any, q: Any, grid: Grid, overflow: str) -> Any:
    """To `f`, under the saturating modes."""
    error = x - q
    if overflow == 'SAT_ZERO':
        slope = xp.where(_outside(x, grid), 0, error)
    else:
        below = xp.where(grid.signed, -grid.eps, 0) if overflow == 'SAT_SYM' else 0
        slope = xp.where(x > grid.max, grid.eps, xp.where(x < grid.min, below, error))
    return _where_finite(xp, x, g * LN2 * slope)


def integer(xp: Any, g: Any, x: Any, grid: Grid, top: Any) -> Any:
    """To `i`, under the saturating modes; `top` is `2^i`."""
    below = xp.where(grid.signed, -top, 0)
    slope = xp.where(x > grid.max, top, xp.where(x < grid.min, below, 0))
    return _where_finite(xp, x, g * LN2 * slope)


def minifloat_regions(xp: Any, x: Any, e: Any, e0: Any) -> tuple[Any, Any]:
    """Where `|x| >= 2^(emax+1)`, and where `|x| < 2^emin`."""
    emin, emax = exponent_range(xp, e, e0)
    magnitude = xp.abs(x)
    return magnitude >= xp.power2(emax + 1), magnitude < xp.power2(emin)


def mantissa(xp: Any, g: Any, x: Any, q: Any, above: Any) -> Any:
    """To a minifloat's `m`."""
    return xp.where(above, 0, rounding(xp, g, x, q))


def exponent(xp: Any, g: Any, x: Any, q: Any, above: Any, below: Any, e: Any) -> Any:
    """To a minifloat's `e`."""
    a = xp.power2(xp.maximum(e - 1, 0))
    return xp.where(above | below, rounding(xp, g, x, q) * LN2 * a, 0)


def exponent_zero(xp: Any, g: Any, x: Any, q: Any, above: Any, below: Any) -> Any:
    """To a minifloat's `e0`."""
    d = rounding(xp, g, x, q)
    return xp.where(above, d, xp.where(below, -d, 0))


def tanh(xp: Any, g: Any, x: Any) -> Any:
    """To `x`, for binary and ternary: the slope of `tanh`."""
    t = xp.tanh(x)
    return g * (1 - t * t)


def _outside(x: Any, grid: Grid) -> Any:
    return (x > grid.max) | (x < grid.min)


def _where_finite(xp: Any, x: Any, value: Any) -> Any:
    return xp.where(xp.abs(x) < float('inf'), value, 0)
