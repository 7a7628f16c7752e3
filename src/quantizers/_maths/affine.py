"""Integers with a scale and a zero point: multiples of a scale that is any number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

from . import exact as exact_numbers
from . import surrogate
from .floats import Exact, FloatFormat, times_power
from .law import Cautions, Constants, Gradients, Law, Reach, Through, as_it_is
from .namespace import Differentiable, Namespace, Number
from .rounding import to_integer, to_integer_at_random


class Affine(NamedTuple):
    """The constants, in the numbers of a dtype; the multiples are the codes less the zero point."""

    scale: Any
    inverse: Any
    low: int
    high: int


def quotient(xp: Namespace, x: Number, affine: Affine, by_inverse: bool) -> Number:
    """`x` in steps, as the dtype's own division gives it, or its product with `1 / scale`."""
    return x * affine.inverse if by_inverse else xp.quotient(x, affine.scale)


def quantize(
    xp: Namespace, x: Number, affine: Affine, rounding: str, by_inverse: bool, uniform: Number = None
) -> Number:
    """`x` rounded to a multiple of the scale; the zero point moves the range alone."""
    # rounding is monotone and keeps the ends: clipping first gives the same
    y = xp.clip(quotient(xp, x, affine, by_inverse), affine.low, affine.high)
    whole = to_integer(xp, rounding, y) if uniform is None else to_integer_at_random(xp, y, uniform)
    return whole * affine.scale


def nearest(number: Exact, dtype: FloatFormat) -> float:
    """The nearest number of a dtype, ties to even, of a positive number among its normal ones."""
    last_bit = exact_numbers.leading_exponent(number) - dtype.precision + 1
    return float(times_power(round(Fraction(number) / times_power(1, last_bit)), last_bit))


@dataclass(frozen=True)
class AffineLaw(Law):
    """`clip(round(x / scale), low, high) * scale`, in the dtype that is computed in.

    Source: ONNX, "QuantizeLinear" and "DequantizeLinear"; PyTorch, "torch.fake_quantize_per_tensor_affine".
    """

    scale: float
    low: int
    high: int
    rounding: str = 'RND_CONV'
    by_inverse: bool = False
    needs_all_bits: ClassVar[bool] = False

    def may_underflow(self, cautions: Cautions) -> bool:
        """See `Law`."""
        return True

    def constants(self, xp: Namespace, cautions: Cautions, *widths: Number) -> Affine:
        """See `Law`: the numbers of the dtype that is computed in that are nearest."""
        scale = nearest(Fraction(self.scale), xp.compute)
        return Affine(scale, nearest(1 / Fraction(scale), xp.compute), self.low, self.high)

    def forward(
        self, xp: Namespace, x: Number, constants: Constants, uniform: Number = None, reach: Reach = Reach.ANYWHERE
    ) -> Number:
        """See `Law`; no result is -0."""
        return xp.zero_above(quantize(xp, x, constants, self.rounding, self.by_inverse, uniform))

    def gradients(
        self,
        xp: Differentiable,
        x: Number,
        q: Number,
        constants: Constants,
        uniform: Number = None,
        through: Through = as_it_is,
    ) -> Gradients:
        """Straight-through where the rounded number is in range, else 0."""
        near = xp.clip(quotient(xp, x, constants, self.by_inverse), constants.low - 1, constants.high + 1)
        rounded = to_integer(xp, self.rounding, near)
        return {'x': lambda g: surrogate.inside(xp, g, rounded > constants.high, rounded < constants.low)}

    def exact(self, *widths: int) -> Callable[[Exact], Exact]:
        """See `Law`."""
        scale = Fraction(self.scale)
        affine = Affine(scale, 1 / scale, self.low, self.high)
        return lambda x: quantize(exact_numbers.NAMESPACE, Fraction(x), affine, self.rounding, self.by_inverse)
