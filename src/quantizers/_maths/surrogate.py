"""Surrogate gradients: what training sees in place of the steps of a quantizer.

Each function gives one gradient, elementwise and before any summing, for the incoming gradient `g`, the input `x` and
the quantized `q`; to a width it is 0 where `x` is not finite. Source: arXiv 2405.00645, "Gradient-based Automatic Mixed
Precision Quantization for Neural Networks On-Chip".
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .fixed import Grid
    from .minifloat import Binades
    from .namespace import Differentiable, Namespace, Number

LN2 = math.log(2)


def rounding(xp: Namespace, g: Number, x: Number, rounded: Number) -> Number:
    """To `f` and to a minifloat's `m`, where `x` becomes `rounded`."""
    return _to_width(xp, g, x, x - rounded)


def inside(xp: Namespace, g: Number, above: Number, below: Number) -> Number:
    """To `x`, under the saturating modes; `above` and `below` say where it is not in range."""
    return xp.where(above | below, 0, g)


def fraction(
    xp: Namespace, g: Number, x: Number, q: Number, above: Number, below: Number, grid: Grid, overflow: str
) -> Number:
    """To `f`, under the saturating modes."""
    high = 0 if overflow == 'SAT_ZERO' else grid.eps
    low = xp.where(grid.signed, -grid.eps, 0) if overflow == 'SAT_SYM' else 0
    slope = xp.where(above, high, xp.where(below, low, x - q))
    return _to_width(xp, g, x, slope)


def integer(xp: Namespace, g: Number, x: Number, above: Number, below: Number, grid: Grid) -> Number:
    """To `i`, under the saturating modes."""
    low = xp.where(grid.signed, -grid.top, 0)
    slope = xp.where(above, grid.top, xp.where(below, low, 0))
    return _to_width(xp, g, x, slope)


def mantissa(xp: Namespace, g: Number, x: Number, q: Number, binades: Binades) -> Number:
    """To a minifloat's `m`."""
    return xp.where(xp.abs(x) >= binades.top, 0, rounding(xp, g, x, q))


def exponent(xp: Namespace, g: Number, x: Number, q: Number, binades: Binades) -> Number:
    """To a minifloat's `e`."""
    outside = (xp.abs(x) >= binades.top) | (xp.abs(x) < binades.bottom)
    return xp.where(outside, rounding(xp, g, x, q) * LN2 * binades.growth, 0)


def exponent_zero(xp: Namespace, g: Number, x: Number, q: Number, binades: Binades) -> Number:
    """To a minifloat's `e0`."""
    d = rounding(xp, g, x, q)
    return xp.where(xp.abs(x) >= binades.top, d, xp.where(xp.abs(x) < binades.bottom, -d, 0))


def tanh(xp: Differentiable, g: Number, x: Number) -> Number:
    """To `x`, for binary and ternary: the slope of `tanh`, by a formula that cancels nothing, and is smooth at 0."""
    return g * (4 * xp.sigmoid(x * 2) * xp.sigmoid(x * -2))


def _to_width(xp: Namespace, g: Number, x: Number, slope: Number) -> Number:
    return xp.where(xp.abs(x) < float('inf'), g * LN2 * slope, 0)
