"""Blocks of numbers that share a scale, which follows from the largest magnitude of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import NamedTuple, Protocol

from .law import Law
from .namespace import Namespace, Number

# one float32 a tensor is a normal number
_LEAST, _MOST = 2.0**-126, (2 - 2.0**-23) * 2.0**127


class Arrays(Protocol):
    """What blocks ask of an array library for one dtype; a block is what lies along the last axis."""

    @property
    def xp(self) -> Namespace:
        """The namespace, whose powers of two may have any exponent."""

    def number(self, x: Number) -> Number:
        """`x` without derivatives, in the dtype that is computed in."""

    def magnitudes(self, x: Number) -> tuple[Number, Number]:
        """The largest magnitude of each block, NaN aside, and whether it has a NaN; every axis stays."""

    def largest_finite(self, x: Number) -> Number:
        """The largest finite magnitude of all blocks; every axis stays."""

    def float32(self, x: Number) -> Number:
        """`x` rounded to float32, in the dtype that is computed in."""

    def by_law(self, law: Law, x: Number, *widths: Number) -> Number:
        """`x` by a law, with its derivatives, in the dtype of `x`; widths are ints, or whole numbers a block."""

    def drawn(self, law: Law, x: Number, *widths: Number) -> Number:
        """The same of elements, which in training may be rounded at random."""

    def spread(self, x: Number, condition: Number) -> Number:
        """`x`, but NaN where a condition of its block holds; derivatives pass."""

    def straight_through(self, value: Number, x: Number) -> Number:
        """`value` in the dtype of `x`, with a derivative of 1."""


class Element(NamedTuple):
    """What the scale of a block asks of its elements."""

    law: Law
    widths: tuple[int, ...]
    exponent: int  # of the largest value
    fraction: float  # the largest value, as a multiple of the power of two of its exponent
    precision: int  # significant bits

    @property
    def largest(self) -> float:
        """The largest value."""
        return self.fraction * 2.0**self.exponent


RULES: dict[str, Callable[[Number, Element], Number] | None] = {
    'floor': None,
    'even': lambda fraction, element: fraction >= 2 - 2.0**-element.precision,
    'ceil': lambda fraction, element: fraction > 1,
    'rceil': lambda fraction, element: fraction > element.fraction,
}
"""Which magnitudes, as multiples of the power of two of their exponents, make the scale twice as large."""


@dataclass(frozen=True)
class SharedExponent:
    """Scales that are powers of two: `floor(log2 amax)` less the exponent of the largest element, and 1 by the rule.

    Source: OCP Microscaling Formats (MX) Specification 1.0, section 6.3.
    """

    rule: str
    low: int  # the exponents of the scales
    high: int

    def exponents(self, arrays: Arrays, element: Element, amax: Number) -> Number:
        """The exponent of the scale of each block; the lowest one where there is no number but 0."""
        xp, rule = arrays.xp, RULES[self.rule]
        exponent = xp.leading_exponent(amax)
        if rule is not None:
            up = rule(xp.scale(amax, xp.power(-exponent)), element)
            exponent = xp.where(up, exponent + 1, exponent)
        within = xp.minimum(xp.maximum(exponent - element.exponent, self.low), self.high)
        return xp.where(amax > 0, xp.where(amax == inf, self.high, within), self.low)

    def quantize(self, arrays: Arrays, element: Element, x: Number, amax: Number) -> Number:
        """Blocks by the format of their elements, times the scale: all is exact."""
        exponents = self.exponents(arrays, element, amax)
        return arrays.drawn(element.law, x, *element.law.scaled(exponents, *element.widths))


@dataclass(frozen=True)
class TwoLevels:
    """Scales of a format, times one float32 a tensor; quotients and products are those of the dtype.

    Source: NVIDIA, "Introducing NVFP4 for Efficient and Accurate Low-Precision Inference"; cuBLAS, "1D Block Scaling".
    """

    law: Law
    widths: tuple[int, ...]
    largest: float  # scale

    def scales(self, arrays: Arrays, element: Element, x: Number, amax: Number) -> tuple[Number, Number]:
        """Of each block, and of the tensor: the largest finite magnitude becomes the largest element."""
        xp = arrays.xp
        of_tensor = xp.quotient(arrays.largest_finite(x), element.largest * self.largest)
        of_tensor = arrays.float32(xp.clip(of_tensor, _LEAST, _MOST))
        of_block = xp.quotient(amax, element.largest) / of_tensor
        return arrays.by_law(self.law, xp.minimum(of_block, self.largest), *self.widths), of_tensor

    def quotient(self, arrays: Arrays, x: Number, scale: Number) -> Number:
        """`x / scale`, and 0 where the scale is 0."""
        return arrays.number(x) / arrays.xp.where(scale > 0, scale, inf)

    def quantize(self, arrays: Arrays, element: Element, x: Number, amax: Number) -> Number:
        """Blocks by the format of their elements, times both scales."""
        of_block, of_tensor = self.scales(arrays, element, x, amax)
        scale = of_block * of_tensor
        elements = arrays.drawn(element.law, self.quotient(arrays, x, scale), *element.widths)
        return arrays.straight_through(elements * scale, x)


@dataclass(frozen=True)
class BlockLaw:
    """What a block format does to blocks.

    Attributes:
        spreads: whether a NaN makes its whole block NaN.
    """

    element: Element
    scale: SharedExponent | TwoLevels
    spreads: bool

    def quantize(self, arrays: Arrays, x: Number) -> Number:
        """Blocks, quantized; derivatives are those of the elements, the scales being constants."""
        amax, has_nan = arrays.magnitudes(x)
        return self.scale.quantize(arrays, self.element, arrays.spread(x, has_nan) if self.spreads else x, amax)
