"""The law of a block format: what a scale has to know of elements."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from .._maths.blocks import BlockLaw, Element, SharedExponent, TwoLevels
from .._maths.exact import leading_exponent
from .._maths.floats import FLOATS, times_power

if TYPE_CHECKING:
    from .base import Format
    from .block import BlockQ
    from .float import FloatQ

DOUBLE = FLOATS['float64']


def block_law(spec: BlockQ) -> BlockLaw:
    """What becomes of blocks."""
    element, largest = spec.element, Fraction(spec.element.max)
    emax = leading_exponent(largest)
    fraction = float(largest / Fraction(times_power(1, emax)))
    of = Element(element.law, element.law_widths, emax, fraction, element.significant_bits)
    if spec.rule == 'two_level':
        saturating = replace(spec.scale.law, overflow='SAT')
        scale: SharedExponent | TwoLevels = TwoLevels(saturating, spec.scale.law_widths, float(spec.scale.max))
    else:
        low, high = (leading_exponent(Fraction(end)) for end in (spec.scale.min, spec.scale.max))
        scale = SharedExponent(spec.rule, low, high)
    return BlockLaw(of, scale, spec.nan == 'scale')


def in_float64(element: Format, scale: FloatQ) -> bool:
    """Whether float64 has the smallest value and the largest one."""
    smallest, largest = Fraction(element.eps) * scale.min, Fraction(element.max) * scale.max
    return smallest >= times_power(1, DOUBLE.smallest) and largest < times_power(1, DOUBLE.largest + 1)
