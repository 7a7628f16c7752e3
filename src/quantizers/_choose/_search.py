"""The narrowest format of each channel that meets a goal, and the best one of a width."""

from __future__ import annotations

import math

import numpy as np

from ..formats import FixedQ
from ._goal import Goal
from ._measure import Measures, measure
from ._result import Candidate, Choice
from ._statistics import Statistics

_SAME = 1e-9  # dB: SQNRs that differ by less are taken for equal, as the order of a sum decides that


class Search:
    """The formats of the channels of a tensor, of any width."""

    def __init__(self, name: str, statistics: Statistics, goal: Goal) -> None:
        self._name, self._statistics, self._goal = name, statistics, goal
        self._signed = statistics.negative()
        self._low, self._high = statistics.binades()
        self._symmetric = goal.overflow == 'SAT_SYM'
        self._tried: dict[int, dict[int, Measures]] = {}  # by bits without the sign bit, then by integer bits
        self._complete: set[int] = set()
        self._specs: dict[int, list[FixedQ] | None] = {}

    def choices(self) -> list[Choice]:
        """The choice of each channel. Raises ValueError, with its name and what is reached, where no format is good."""
        if self._goal.width is not None:
            return [self._of_width(c, self._goal.width) for c in range(self._statistics.channels)]
        return [self._narrowest(c) for c in range(self._statistics.channels)]

    def specs(self, width: int) -> list[FixedQ] | None:
        """The best format of each channel of a width; None where that of a channel does not meet the bounds."""
        if width not in self._specs:
            found = [self._best(c, width) for c in range(self._statistics.channels)]
            specs = [self._candidate(c, at).spec for c, at in enumerate(found) if at is not None]
            self._specs[width] = specs if self._unmet(width) is None else None
        return self._specs[width]

    def of_width(self, width: int, reason: str) -> list[Choice]:
        """The choices of a width at which there are `specs`."""
        found = [self._best(c, width) for c in range(self._statistics.channels)]
        return [self._choice(c, at, reason) for c, at in enumerate(found) if at is not None]

    def reached(self, width: int) -> str | None:
        """What a width reaches at which there are no `specs`; None where it has no format for them at all."""
        channel = self._unmet(width)
        found = None if channel is None else self._best(channel, width)
        return None if channel is None or found is None else self._reached(channel, found)

    def refusal(self) -> ValueError:
        """What to raise where there are no `specs` of any width."""
        return self._refusal(self._unmet(self._goal.max_width) or 0)

    def _unmet(self, width: int) -> int | None:
        """The first channel whose best format of a width does not meet the bounds."""
        for channel in range(self._statistics.channels):
            found = self._best(channel, width)
            if found is None or not self._meets(channel, found):
                return channel
        return None

    def _of_width(self, channel: int, width: int) -> Choice:
        found = self._best(channel, width)
        if found is None:
            raise ValueError(
                f"'width' must be at least 2 for {self._label(channel)}, which has negative numbers, with 'overflow'"
                f' SAT_SYM: {width}'
            )
        bound = '' if self._goal.saturated is None else f' with {self._goal.said()}'
        return self._choice(channel, found, f'the highest SQNR of {in_bits(width)}{bound}')

    def _narrowest(self, channel: int) -> Choice:
        before = None
        for width in range(1, self._goal.max_width + 1):
            found = self._best(channel, width)
            if found is not None and self._meets(channel, found):
                reason = f'the narrowest with {self._goal.said()}'
                if before is not None:
                    reason += f': {self._reached(channel, before)}'
                return self._choice(channel, found, reason)
            before = found
        raise self._refusal(channel)

    def _refusal(self, channel: int) -> ValueError:
        found = self._best(channel, self._goal.max_width)
        reached = '' if found is None else f': {self._reached(channel, found)}'
        wanted = self._goal.said() or 'a value but 0'  # SAT_SYM has none of one bit
        return ValueError(
            f'{self._label(channel)}: no format of at most {self._goal.max_width} bits has {wanted}{reached}'
        )

    def _label(self, channel: int) -> str:
        return repr(self._name if self._statistics.channels == 1 else f'{self._name}[{channel}]')

    def _reached(self, channel: int, found: tuple[int, int]) -> str:
        candidate = self._candidate(channel, found)
        parts = []
        if self._goal.sqnr is not None:
            parts.append(f'{_below(candidate.sqnr, self._goal.sqnr)} dB')
        if self._goal.max_error is not None:
            parts.append(f'the largest error {candidate.max_error:.3g}')
        width = candidate.spec.width
        return f'{in_bits(width)} {"reach" if width > 1 else "reaches"} {" and ".join(parts)}'

    def _meets(self, channel: int, found: tuple[int, int]) -> bool:
        bits, i = found
        return bool(self._goal.met(self._tried[bits][i])[channel])

    def _best(self, channel: int, width: int) -> tuple[int, int] | None:
        """Bits and integer bits, without the sign bit, of the best format of a width; None where there is no format.

        The best meets the goal, if one does, and then has the highest SQNR, the fewest saturated numbers and the finest
        step. If none does it is the nearest: of those that keep to the share saturated that of the highest SQNR, or of
        the least error where only that is bounded.
        """
        signed = bool(self._signed[channel])
        bits = width - signed
        if signed and not bits and self._symmetric:
            return None
        if self._low[channel] > self._high[channel]:  # zeros
            self._tried.setdefault(bits, {})[0] = measure(self._statistics, 0, bits, self._symmetric)
            return bits, 0
        found = [
            (i, m) for i, m in self._measures(bits).items() if self._low[channel] - 1 <= i <= self._high[channel] + 1
        ]
        integer = np.array([i for i, _ in found])
        sqnr, error, saturated = (np.array([m[field][channel] for _, m in found]) for field in range(3))
        met = np.array([self._goal.met(m)[channel] for _, m in found])
        allowed = np.ones(met.shape, bool) if self._goal.saturated is None else saturated <= self._goal.saturated
        among = met if met.any() else allowed
        if not met.any() and self._goal.sqnr is None and self._goal.max_error is not None:
            among = among & (error == error[among].min())
        best = sqnr[among].max()
        among = among & (sqnr >= best - _SAME)
        among = among & (saturated == saturated[among].min())
        return bits, int(integer[among].min())

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
        best, best_met, least_error = none, none, -none
        for i in range(int(self._high[channels].max()) + 1, int(self._low[channels].min()) - 2, -1):
            if i not in tried:
                tried[i] = measure(self._statistics, i, bits, self._symmetric)
            measures = tried[i]
            best = np.maximum(best, measures.sqnr)
            best_met = np.where(self._goal.met(measures), np.maximum(best_met, measures.sqnr), best_met)
            least_error = np.minimum(least_error, measures.max_error)
            # the error of saturated numbers only grows with fewer integer bits
            lost = self._goal.hopeless(measures) | (measures.clipped_sqnr < best_met - _SAME)
            nearest = (measures.clipped_sqnr < best - _SAME) & (measures.clipped_error > least_error)
            if np.all((lost & nearest)[channels]):
                return

    def _candidate(self, channel: int, found: tuple[int, int]) -> Candidate:
        bits, i = found
        measures = self._tried[bits][i]
        spec = self._goal.spec(bool(self._signed[channel]), i, bits)
        return Candidate(spec, *(float(measures[field][channel]) for field in range(4)))

    def _choice(self, channel: int, found: tuple[int, int], reason: str) -> Choice:
        bits, i = found
        width = bits + int(self._signed[channel])
        around = [self._best(channel, width - 1) if width > 1 else None]
        around += [(bits, near) for near in (i - 1, i, i + 1) if near in self._tried[bits]]
        around += [self._best(channel, width + 1) if width < self._goal.widest else None]
        candidates = [self._candidate(channel, near) for near in around if near is not None]
        known = tuple(c for c in candidates if not (self._goal.never_overflows and c.saturated))
        return Choice(self._candidate(channel, found), known, reason)


def in_bits(width: int) -> str:
    return f'{width} bit{"s" if width > 1 else ""}'


def _below(reached: float, goal: float) -> str:
    """One decimal, or more where that would look like the goal."""
    text = f'{reached:.1f}'
    return f'{reached:.9g}' if reached < goal <= float(text) else text
