"""The narrowest format of each channel that meets a goal, and the best one of a width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..._checks.shown import in_bits
from ...formats import FixedQ
from ._families import Layout
from ._goal import Goal
from ._measure import Part
from ._ranking import Ranking
from ._result import Choice


class Search:
    """The search for the formats of a tensor's channels; `names` are those of these, in a result."""

    def __init__(self, name: str, parts: Sequence[Part], goal: Goal) -> None:
        self._name, self._goal, self._channels = name, goal, parts[0].statistics.channels
        self.names = [name] if goal.axis is None else [f'{name}[{channel}]' for channel in range(self._channels)]
        self._ranking = Ranking(parts, goal)
        self._specs: dict[int, list[FixedQ] | None] = {}

    def choices(self) -> dict[str, Choice]:
        """The choice of each channel, by its name. ValueError, with what is reached, where no format is good."""
        width = self._goal.width
        return {
            name: self._narrowest(channel) if width is None else self._of_width(channel, width)
            for channel, name in enumerate(self.names)
        }

    def specs(self, width: int) -> list[FixedQ] | None:
        """The best format of each channel of a width; None where that of a channel does not meet the bounds."""
        if width not in self._specs:
            specs = [self._ranking.candidate(c, best).spec for c, best in self._best_of_channels(width)]
            self._specs[width] = specs if self._unmet(width) is None else None
        return self._specs[width]

    def of_width(self, width: int, reason: str) -> dict[str, Choice]:
        """The choices, by the names of channels, of a width at which there are `specs`."""
        return {self.names[c]: self._choice(c, best, reason) for c, best in self._best_of_channels(width)}

    def reached(self, width: int) -> str | None:
        """What a width reaches at which there are no `specs`; None where it has no format for them at all."""
        channel = self._unmet(width)
        best = None if channel is None else self._ranking.best(channel, width)
        return None if channel is None or best is None else self._reached(channel, best)

    def refusal(self) -> ValueError:
        """What to raise where there are no `specs` of any width."""
        return self._refusal(self._unmet(self._goal.max_width) or 0)

    def _best_of_channels(self, width: int) -> Iterator[tuple[int, Layout]]:
        """The channels that have a format of a width, each with its best."""
        for channel in range(self._channels):
            best = self._ranking.best(channel, width)
            if best is not None:
                yield channel, best

    def _unmet(self, width: int) -> int | None:
        """The first channel whose best format of a width does not meet the bounds."""
        for channel in range(self._channels):
            best = self._ranking.best(channel, width)
            if best is None or not self._ranking.meets(channel, best):
                return channel
        return None

    def _of_width(self, channel: int, width: int) -> Choice:
        best = self._ranking.best(channel, width)
        if best is None:
            raise self._goal.family.no_format(self._label(channel), width)
        if not self._ranking.meets(channel, best):  # one bit with a sign has nothing above 0 to round up to
            raise ValueError(f'{self._label(channel)}: no format of {in_bits(width)} has {self._goal.said()}')
        bound = '' if self._goal.saturated is None else f' with {self._goal.said()}'
        return self._choice(channel, best, f'the highest SQNR of {in_bits(width)}{bound}')

    def _narrowest(self, channel: int) -> Choice:
        narrower = None
        for width in range(1, self._goal.max_width + 1):
            best = self._ranking.best(channel, width)
            if best is not None and self._ranking.meets(channel, best):
                reason = f'the narrowest with {self._goal.said()}'
                if narrower is not None:
                    reason += f': {self._reached(channel, narrower)}'
                return self._choice(channel, best, reason)
            narrower = best
        raise self._refusal(channel)

    def _refusal(self, channel: int) -> ValueError:
        best = self._ranking.best(channel, self._goal.max_width)
        reached = '' if best is None else f': {self._reached(channel, best)}'
        wanted = self._goal.said() or 'a value but 0'  # SAT_SYM has none of one bit
        return ValueError(
            f'{self._label(channel)}: no format of at most {self._goal.max_width} bits has {wanted}{reached}'
        )

    def _label(self, channel: int) -> str:
        return repr(self._name if self._channels == 1 else f'{self._name}[{channel}]')

    def _reached(self, channel: int, layout: Layout) -> str:
        candidate = self._ranking.candidate(channel, layout)
        parts = []
        if self._goal.sqnr is not None:
            parts.append(f'{_below(candidate.sqnr, self._goal.sqnr)} dB')
        if self._goal.max_error is not None:
            parts.append(f'the largest error {candidate.max_error:.3g}')
        width = self._ranking.width(channel, layout)
        return f'{in_bits(width)} {"reach" if width > 1 else "reaches"} {" and ".join(parts)}'

    def _choice(self, channel: int, layout: Layout, reason: str) -> Choice:
        return Choice(self._ranking.candidate(channel, layout), self._ranking.near(channel, layout), reason)


def _below(reached: float, goal: float) -> str:
    """One decimal, or more where that would look like the goal."""
    text = f'{reached:.1f}'
    return f'{reached:.9g}' if reached < goal <= float(text) else text
