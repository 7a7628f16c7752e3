"""The formats of each channel of a tensor: what those that may be good do to it, and the best one of each width."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ._goal import Goal
from ._measure import Measures, measure
from ._result import Candidate
from ._statistics import Statistics

_SAME = 1e-9  # dB: SQNRs that differ by less are taken for equal, as the order of a sum decides that


class Layout(NamedTuple):
    """How the bits of a format lie about its point, without the sign bit."""

    bits: int  # in all
    integer: int


class _Tried(NamedTuple):
    """What a format of a width does to the numbers of a channel."""

    integer: int  # without the sign bit
    sqnr: float
    max_error: float
    saturated: float
    meets: bool  # the goal


class Ranking:
    """The formats of the channels of a tensor, of any width, as they are asked for."""

    def __init__(self, statistics: Statistics, goal: Goal) -> None:
        self._statistics, self._goal = statistics, goal
        self._signed = statistics.negative()
        self._low, self._high = statistics.binades()
        self._symmetric = goal.overflow == 'SAT_SYM'
        self._tried: dict[int, dict[int, Measures]] = {}  # by bits without the sign bit, then by integer bits
        self._complete: set[int] = set()

    def best(self, channel: int, width: int) -> Layout | None:
        """The best format of a width; None where there is no format.

        The best meets the goal, if one does, and then has the highest SQNR, the fewest saturated numbers and the finest
        step. If none does it is the nearest.
        """
        signed = bool(self._signed[channel])
        bits = width - signed
        if signed and not bits and self._symmetric:
            return None
        low, high = self._low[channel], self._high[channel]
        if low > high:  # zeros
            self._tried.setdefault(bits, {})[0] = measure(self._statistics, 0, bits, self._symmetric)
            return Layout(bits, 0)
        tried = [
            _Tried(i, m.sqnr[channel], m.max_error[channel], m.saturated[channel], self._goal.met(m)[channel])
            for i, m in self._measures(bits).items()
            if low - 1 <= i <= high + 1
        ]
        best = [one for one in tried if one.meets] or self._nearest(tried)
        highest = max(one.sqnr for one in best)
        best = [one for one in best if one.sqnr >= highest - _SAME]
        fewest = min(one.saturated for one in best)
        return Layout(bits, min(one.integer for one in best if one.saturated == fewest))

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
        return bool(self._goal.met(self._tried[layout.bits][layout.integer])[channel])

    def candidate(self, channel: int, layout: Layout) -> Candidate:
        """A format that was tried, and what it does."""
        of = self._tried[layout.bits][layout.integer]
        spec = self._goal.spec(bool(self._signed[channel]), layout.integer, layout.bits)
        return Candidate(spec, *(float(m[channel]) for m in (of.sqnr, of.max_error, of.saturated, of.flushed)))

    def near(self, channel: int, layout: Layout) -> tuple[Candidate, ...]:
        """A format and those near it, by width and integer bits, whose measures are known."""
        bits, i = layout
        width = bits + int(self._signed[channel])
        near: list[Layout | None] = [self.best(channel, width - 1) if width > 1 else None]
        near += [Layout(bits, integer) for integer in (i - 1, i, i + 1) if integer in self._tried[bits]]
        near += [self.best(channel, width + 1) if width < self._goal.widest else None]
        candidates = [self.candidate(channel, one) for one in near if one is not None]
        return tuple(c for c in candidates if not (self._goal.never_overflows and c.saturated))

    def _measures(self, bits: int) -> dict[int, Measures]:
        """Of all formats of so many bits, from the most integer bits down to where no channel can gain any more."""
        tried = self._tried.setdefault(bits, {})
        if bits not in self._complete:
            self._complete.add(bits)
            self._descend(bits, tried)
        return tried

    def _descend(self, bits: int, tried: dict[int, Measures]) -> None:
        # above its highest binade and one a channel has no overflow, and below its lowest one nothing else
        channels = np.flatnonzero(self._low <= self._high)
        none = np.full(self._statistics.channels, -math.inf)
        highest, highest_met, least_error = none, none, -none
        for i in range(int(self._high[channels].max()) + 1, int(self._low[channels].min()) - 2, -1):
            if i not in tried:
                tried[i] = measure(self._statistics, i, bits, self._symmetric)
            measures = tried[i]
            highest = np.maximum(highest, measures.sqnr)
            highest_met = np.where(self._goal.met(measures), np.maximum(highest_met, measures.sqnr), highest_met)
            least_error = np.minimum(least_error, measures.max_error)
            # the error of saturated numbers only grows with fewer integer bits
            none_better_meets = self._goal.hopeless(measures) | (measures.clipped_sqnr < highest_met - _SAME)
            none_is_nearer = (measures.clipped_sqnr < highest - _SAME) & (measures.clipped_error > least_error)
            if np.all((none_better_meets & none_is_nearer)[channels]):
                return
