"""The formats that are tried: for each kind, how the bits of a width may be split, and how the values then lie."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ...formats import BlockQ, FixedQ, FloatQ, MinifloatQ
from ...modes import OverflowMode, RoundingMode
from ._measure import Part, Shape

Chosen = FixedQ | FloatQ | MinifloatQ | BlockQ


class Layout(NamedTuple):
    """How the bits of a format are split, the sign aside, and where its values end: at `2^integer`."""

    exponent: int  # the bits of the exponent field; 0 for fixed point
    bits: int  # all others
    integer: int

    @property
    def split(self) -> tuple[int, int]:
        """The bits."""
        return self.exponent, self.bits


class Family(ABC):
    """The formats of a kind."""

    if TYPE_CHECKING:

        @property
        def rounding(self) -> RoundingMode:
            """How all of them round."""

    @property
    def missing(self) -> int:
        """How many values are missing at the top of the highest binade."""
        return 0

    def signs(self, negative: bool) -> int:
        """The sign bits of a format for numbers that are negative, too, or not."""
        return 1

    @abstractmethod
    def splits(self, width: int, negative: bool) -> list[tuple[int, int]]:
        """The exponent's bits and the others of each way to split a width; none where no format has it."""

    @abstractmethod
    def integers(self, split: tuple[int, int], low: int, high: int) -> Sequence[int]:
        """Where the values may end for numbers in the binades from `low` to `high`; those of most range first."""

    @abstractmethod
    def usual(self, split: tuple[int, int]) -> int:
        """Where they end if nothing depends on it."""

    @abstractmethod
    def spec(self, layout: Layout, negative: bool) -> Chosen:
        """The format."""

    @abstractmethod
    def shapes(self, layout: Layout, parts: Sequence[Part]) -> list[Shape]:
        """How the values lie in the unit of each part."""

    def symmetric(self, layout: Layout) -> bool:
        """Whether negative numbers saturate at minus the largest value."""
        return True

    def after(self, layout: Layout) -> tuple[int, ...]:
        """By which formats are sorted that are equally good, the best one first.

        It has the fewest exponent bits, and then the usual bias, or else the finest step.
        """
        return layout.exponent, layout.integer != self.usual(layout.split), layout.integer

    def no_format(self, label: str, width: int) -> ValueError:
        """What to raise where no format has a width."""
        return ValueError(f'{label}: no format of the kind that is asked for has the width {width}')


@dataclass(frozen=True)
class Fixed(Family):
    """Fixed point, signed where a number is negative."""

    rounding: RoundingMode
    overflow: OverflowMode

    def signs(self, negative: bool) -> int:
        """See `Family`."""
        return int(negative)

    def splits(self, width: int, negative: bool) -> list[tuple[int, int]]:
        """See `Family`; a sign alone has no symmetric values but 0."""
        bits = width - negative
        return [(0, bits)] if bits or self.overflow != 'SAT_SYM' else []

    def integers(self, split: tuple[int, int], low: int, high: int) -> Sequence[int]:
        """See `Family`; above the highest binade and one nothing overflows, and below the lowest one all does."""
        return down_from(high, low, split[1] if self.rounding == 'TO_ODD' else 0)

    def usual(self, split: tuple[int, int]) -> int:
        """See `Family`; zeros take no range."""
        return 0

    def spec(self, layout: Layout, negative: bool) -> FixedQ:
        """See `Family`."""
        return FixedQ(layout.bits + negative, layout.integer + negative, negative, self.rounding, self.overflow)

    def shapes(self, layout: Layout, parts: Sequence[Part]) -> list[Shape]:
        """See `Family`."""
        return [Shape(layout.integer, layout.integer - layout.bits, layout.bits)] * len(parts)

    def symmetric(self, layout: Layout) -> bool:
        """See `Family`."""
        return self.overflow == 'SAT_SYM'

    def after(self, layout: Layout) -> tuple[int, ...]:
        """See `Family`: the finest step first."""
        return (layout.integer,)

    def no_format(self, label: str, width: int) -> ValueError:
        """See `Family`."""
        rule = f'must be at least 2 for {label}, which has negative numbers'
        return ValueError(f"'width' {rule}, with 'overflow' SAT_SYM: {width}")


def down_from(high: int, low: int, coarser: int) -> range:
    """From where nothing overflows down to where everything does.

    Coarser steps are no better, as all values are among those of finer ones; but to odd numbers, these may be nearer.
    """
    return range(high + 1 + coarser, low - 2, -1)
