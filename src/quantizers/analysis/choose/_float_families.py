"""Floats and blocks of them: the bits that are no sign are split into exponent and mantissa."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from ..._checks.fields import FieldError
from ...formats import BlockQ, FixedQ, FloatQ, MinifloatQ
from ...formats.named import E8M0FNU
from ...formats.specials import SpecialsName
from ...modes import RoundingMode
from ._families import Family, Layout, down_from
from ._measure import Part, Shape

_MOST_EXPONENT_BITS = 12  # by which a float has all binades of float64


class Small(Family):
    """Floats, which saturate; the bias says where their values end."""

    most_exponent_bits: ClassVar[int] = _MOST_EXPONENT_BITS

    @abstractmethod
    def biased(self, exponent: int, mantissa: int, bias: int | None) -> FloatQ | MinifloatQ:
        """The format of a bias; of the usual one, if None. Raises FieldError where there is none."""

    def splits(self, width: int, negative: bool) -> list[tuple[int, int]]:
        """See `Family`; those that the format itself allows."""
        found = [(e, width - 1 - e) for e in range(1, min(width - 1, self.most_exponent_bits) + 1)]
        return [split for split in found if _usual(self, split) is not None]

    def integers(self, split: tuple[int, int], low: int, high: int) -> Sequence[int]:
        """See `Family`; more range than the numbers need may be as good, and is then that of the usual bias."""
        shape = _shape(self.biased(*split, None))
        needed = down_from(high, low, shape.integer - shape.lowest if self.rounding == 'TO_ODD' else 0)
        return (*((shape.integer,) if shape.integer > needed[0] else ()), *needed)

    def usual(self, split: tuple[int, int]) -> int:
        """See `Family`: with the usual bias."""
        usual = _usual(self, split)
        assert usual is not None
        return usual.emax + 1

    def spec(self, layout: Layout, negative: bool) -> FloatQ | MinifloatQ:
        """See `Family`."""
        e, m, integer = layout
        return self.biased(e, m, self.biased(e, m, 0).emax + 1 - integer)

    def shapes(self, layout: Layout, parts: Sequence[Part]) -> list[Shape]:
        """See `Family`."""
        return [_shape(self.spec(layout, True))] * len(parts)


@dataclass(frozen=True)
class Minifloat(Small):
    """Minifloats."""

    rounding: ClassVar[RoundingMode] = 'RND_CONV'
    most_exponent_bits: ClassVar[int] = 11

    def biased(self, exponent: int, mantissa: int, bias: int | None) -> MinifloatQ:
        """See `Small`."""
        return MinifloatQ(mantissa, exponent, 0 if bias is None else (1 << exponent - 1) - bias)


@dataclass(frozen=True)
class Float(Small):
    """Floats with a sign and special codes."""

    rounding: RoundingMode
    specials: SpecialsName = 'none'

    @property
    def missing(self) -> int:
        """See `Family`: as of two mantissa bits and more, fewer of which have no value to miss."""
        return self.biased(4, 4, None).law.traits.missing

    def biased(self, exponent: int, mantissa: int, bias: int | None) -> FloatQ:
        """See `Small`."""
        usual = (1 << exponent - 1) - 1 if bias is None else bias
        spec = FloatQ(exponent, mantissa, usual, self.specials, self.rounding)
        if spec.law.traits.even is not None:
            raise FieldError('mantissa_bits', 'must not be 0 for P3109', mantissa)
        return spec


@dataclass(frozen=True)
class Blocks(Family):
    """Blocks whose scales are powers of two by OCP's rule; of elements without exponent, and of floats."""

    element: Float
    size: int
    axis: int

    @property
    def rounding(self) -> RoundingMode:
        """See `Family`."""
        return self.element.rounding

    @property
    def missing(self) -> int:
        """See `Family`."""
        return self.element.missing

    def splits(self, width: int, negative: bool) -> list[tuple[int, int]]:
        """See `Family`; those that a block allows. Integers have no special codes."""
        integers = [(0, width - 1)] if width > 1 and self.element.specials == 'none' else []
        found = [*integers, *self.element.splits(width, True)]
        return [split for split in found if _block(self, split) is not None]

    def integers(self, split: tuple[int, int], low: int, high: int) -> Sequence[int]:
        """See `Family`; the scales say it."""
        return (0,)

    def usual(self, split: tuple[int, int]) -> int:
        """See `Family`."""
        return 0

    def spec(self, layout: Layout, negative: bool) -> BlockQ:
        """See `Family`."""
        spec = _block(self, layout.split)
        assert spec is not None
        return spec

    def shapes(self, layout: Layout, parts: Sequence[Part]) -> list[Shape]:
        """See `Family`; the exponent of a part is that of the largest number of its blocks."""
        exponent, bits, _ = layout
        shape = _shape(self.element.biased(exponent, bits, None)) if exponent else Shape(1, 1 - bits, bits)
        ends = E8M0FNU.codec.emin - 1, E8M0FNU.emax
        scales = (min(max(part.exponent - shape.integer + 1, ends[0]), ends[1]) for part in parts)
        return [shape.divided(part.exponent - scale) for part, scale in zip(parts, scales, strict=True)]

    def symmetric(self, layout: Layout) -> bool:
        """See `Family`; integers have one more below 0."""
        return layout.exponent > 0


def _shape(spec: FloatQ | MinifloatQ) -> Shape:
    """How the values of a float lie."""
    m = spec.mantissa_bits
    return Shape(spec.emax + 1, spec.emin - m, m + 1, spec.law.traits.missing)


@lru_cache(1024)
def _usual(family: Small, split: tuple[int, int]) -> FloatQ | MinifloatQ | None:
    """The float of the usual bias; None where there is none."""
    try:
        return family.biased(*split, None)
    except FieldError:
        return None


@lru_cache(1024)
def _block(family: Blocks, split: tuple[int, int]) -> BlockQ | None:
    """The block format of an element; None where there is none."""
    exponent, bits = split
    try:
        if exponent:
            element: FloatQ | FixedQ = family.element.biased(exponent, bits, None)
        else:
            element = FixedQ(bits + 1, 2, True, family.element.rounding, 'SAT')
        return BlockQ(element, E8M0FNU, family.size, family.axis)
    except FieldError:
        return None
