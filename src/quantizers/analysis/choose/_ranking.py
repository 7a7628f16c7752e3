"""The formats of each channel of a tensor: what those that may be good do to it, and the best one of each width."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from ._families import Layout
from ._goal import Goal
from ._measure import Measures, Part, measure
from ._result import Candidate

if TYPE_CHECKING:
    from ...formats import FixedQ

_SAME = 1e-9  # dB: SQNRs that differ by less are taken for equal, as the order of a sum decides that


class _Tried(NamedTuple):
    """What a format of a width does to the numbers of a channel."""

    layout: Layout
    sqnr: float
    max_error: float
    saturated: float
    meets: bool  # the goal


class Ranking:
    """The formats of the channels of a tensor, of any width, as they are asked for."""

    def __init__(self, parts: Sequence[Part], goal: Goal) -> None:
        self._parts, self._goal, self._family = parts, goal, goal.family
        self._negative = np.any([part.statistics.negative() for part in parts], axis=0)
        low, high = zip(*(part.statistics.binades() for part in parts), strict=True)
        self._low, self._high = np.min(low, axis=0), np.max(high, axis=0)
        self._tried: dict[tuple[int, int], dict[int, Measures]] = {}  # by the bits, then by where the values end
        self._complete: set[tuple[int, int]] = set()

    def best(self, channel: int, width: int) -> Layout | None:
        """The best format of a width; None where there is no format.

        The best meets the goal, if one does, and then has the highest SQNR, the fewest saturated numbers and what its
        kind prefers. If none does it is the nearest.
        """
        tried = [one for split in self._splits(channel, width) for one in self._of_split(channel, split)]
        return self._best(tried) if tried else None

    def _splits(self, channel: int, width: int) -> list[tuple[int, int]]:
        return self._family.splits(width, bool(self._negative[channel]))

    def _of_split(self, channel: int, split: tuple[int, int]) -> list[_Tried]:
        """What the formats do that have the same bits and may be good."""
        low, high = int(self._low[channel]), int(self._high[channel])
        if low > high:  # zeros
            ends: Sequence[int] = (self._family.usual(split),)
            found = {ends[0]: self._measure(Layout(*split, ends[0]))}
        else:
            ends, found = self._family.integers(split, low, high), self._measures(split)
        return [
            _Tried(
                Layout(*split, i),
                m.sqnr[channel],
                m.max_error[channel],
                m.saturated[channel],
                self._goal.met(m)[channel],
            )
            for i, m in found.items()
            if i in ends
        ]

    def _best(self, tried: list[_Tried]) -> Layout:
        best = [one for one in tried if one.meets] or self._nearest(tried)
        highest = max(one.sqnr for one in best)
        best = [one for one in best if one.sqnr >= highest - _SAME]
        fewest = min(one.saturated for one in best)
        return min((one.layout for one in best if one.saturated == fewest), key=self._family.after)

    def _nearest(self, tried: list[_Tried]) -> list[_Tried]:
        """The best where none meets the goal.

        They keep to the share saturated, if one does; where only the error is bounded, they have the least.
        """
        share = self._goal.saturated
        nearest = [one for one in tried if share is None or one.saturated <= share] or tried
        if self._goal.sqnr is None and self._goal.max_error is not None:
            least = min(one.max_error for one in nearest)
            nearest = [one for one in nearest if one.max_error == least]
        return nearest

    def meets(self, channel: int, layout: Layout) -> bool:
        """Whether the format of `best` meets the goal."""
        return bool(self._goal.met(self._tried[layout.split][layout.integer])[channel])

    def candidate(self, channel: int, layout: Layout) -> Candidate:
        """A format that was tried, and what it does."""
        of = self._tried[layout.split][layout.integer]
        # of the kind that callers' types say where they ask for no other
        spec = cast('FixedQ', self._family.spec(layout, bool(self._negative[channel])))
        return Candidate(spec, *(float(m[channel]) for m in (of.sqnr, of.max_error, of.saturated, of.flushed)))

    def near(self, channel: int, layout: Layout) -> tuple[Candidate, ...]:
        """A format and those near it, by width, range and split, whose measures are known."""
        split, i, width = layout.split, layout.integer, self.width(channel, layout)
        near: list[Layout | None] = [self.best(channel, width - 1) if width > 1 else None]
        near += [Layout(*split, integer) for integer in (i - 1, i, i + 1) if integer in self._tried[split]]
        others = (other for other in self._splits(channel, width) if abs(other[0] - split[0]) == 1)
        near += [self._best(self._of_split(channel, other)) for other in others]
        near += [self.best(channel, width + 1) if width < self._goal.widest else None]
        candidates = [self.candidate(channel, one) for one in near if one is not None]
        return tuple(c for c in candidates if not (self._goal.never_overflows and c.saturated))

    def width(self, channel: int, layout: Layout) -> int:
        """All bits of a format."""
        return layout.exponent + layout.bits + self._family.signs(bool(self._negative[channel]))

    def _measure(self, layout: Layout) -> Measures:
        """What a format does, once."""
        tried = self._tried.setdefault(layout.split, {})
        if layout.integer not in tried:
            shapes = self._family.shapes(layout, self._parts)
            tried[layout.integer] = measure(self._parts, shapes, self._family.symmetric(layout))
        return tried[layout.integer]

    def _measures(self, split: tuple[int, int]) -> dict[int, Measures]:
        """Of all formats of the same bits, from those of most range down to where no channel can gain any more."""
        if split not in self._complete:
            self._complete.add(split)
            self._descend(split)
        return self._tried[split]

    def _descend(self, split: tuple[int, int]) -> None:
        channels = np.flatnonzero(self._low <= self._high)
        none = np.full(self._low.size, -math.inf)
        highest, highest_met, least_error = none, none, -none
        ends = self._family.integers(split, int(self._low[channels].min()), int(self._high[channels].max()))
        for i in ends:
            measures = self._measure(Layout(*split, i))
            highest = np.maximum(highest, measures.sqnr)
            highest_met = np.where(self._goal.met(measures), np.maximum(highest_met, measures.sqnr), highest_met)
            least_error = np.minimum(least_error, measures.max_error)
            # the error of saturated numbers only grows with less range
            none_better_meets = self._goal.hopeless(measures) | (measures.clipped_sqnr < highest_met - _SAME)
            none_is_nearer = (measures.clipped_sqnr < highest - _SAME) & (measures.clipped_error > least_error)
            if np.all((none_better_meets & none_is_nearer)[channels]):
                return
