"""The formats of the fewest bits with which a user's own measure is good enough."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np

from ..._checks.fields import integer_between
from ..._checks.shown import in_bits, listed, shown
from ...formats import Spec
from ._goal import Goal
from ._result import Choice, Choices
from ._search import Search

Widths = tuple[int, ...]  # of the tensors, in their order
_MOST = 2**63 - 1


class Narrowing:
    """The search: from the least width that is enough for all tensors, one of them loses a bit at a time.

    Args:
        goal: with the score, and how much of it may be lost.
        searches: the formats of each tensor.
        sizes: how many elements a tensor has, by its name; None where only the goal can say it.
    """

    def __init__(self, goal: Goal, searches: list[Search], sizes: Mapping[str, int | None]) -> None:
        self._goal, self._searches = goal, searches
        self._sizes = _sizes(goal.elements or {}, sizes)
        self._scores: dict[Widths, float] = {}
        self._reference = self._score({})
        if not math.isfinite(self._reference):
            raise ValueError(f"'score' must return a finite number without formats: {self._reference!r}")
        self._bound = self._reference - float(goal.max_loss or 0)

    def choices(self) -> Choices:
        """The choices. Raises ValueError where the score cannot be kept."""
        widths = self._start()
        while (narrower := self._narrower(widths)) is not None:
            widths = narrower
        score = self._score(self._specs(widths))
        if score < self._bound:
            raise ValueError(
                f"'score' must be the same whenever the formats are: {self._scores[widths]!r}, then {score!r}"
            )
        choices: dict[str, Choice] = {}
        for at, search in enumerate(self._searches):
            choices |= search.of_width(widths[at], self._reason(widths, at, score))
        bits = sum(size * width for size, width in zip(self._sizes, widths, strict=True))
        return Choices(choices, score, self._reference, bits, self._goal.axis)

    def _start(self) -> Widths:
        """The least width with which all tensors keep the score; for a tensor that has no format of it, the next."""
        highest, best_width = -math.inf, self._goal.max_width
        for width in range(1, self._goal.max_width + 1):
            widths = tuple(self._at_least(search, width) for search in self._searches)
            score = self._of(widths)
            if score >= self._bound:
                return widths
            if score > highest:
                highest, best_width = score, width
        reached, bound = numbers(highest, self._bound)
        raise ValueError(
            f"'score' must be at least {bound}, which is {self._reference:g} without formats less 'max_loss', with all"
            f' tensors at a width of at most {in_bits(self._goal.max_width)}: the most is {reached}, at'
            f' {in_bits(best_width)}'
        )

    def _at_least(self, search: Search, width: int) -> int:
        # wider ones meet the bounds, too: one more integer bit keeps the step and only extends the range
        for wider in range(width, self._goal.max_width + 1):
            if search.specs(wider) is not None:
                return wider
        raise search.refusal()

    def _narrower(self, widths: Widths) -> Widths | None:
        """The widths after the best step: that of the most bits saved, and of equals that of the highest score."""
        steps = [(self._sizes[at], step) for at, step in self._steps(widths)]
        steps.sort(key=lambda step: -step[0])
        for _, equal in itertools.groupby(steps, key=lambda step: step[0]):
            good = [step for _, step in equal if self._of(step) >= self._bound]
            if good:
                return max(good, key=self._of)  # of equals the first
        return None

    def _steps(self, widths: Widths) -> Iterator[tuple[int, Widths]]:
        """Which tensor loses a bit, and the widths then."""
        for at, width in enumerate(widths):
            if width > 1 and self._searches[at].specs(width - 1) is not None:
                yield at, (*widths[:at], width - 1, *widths[at + 1 :])

    def _of(self, widths: Widths) -> float:
        if widths not in self._scores:
            self._scores[widths] = self._score(self._specs(widths))
        return self._scores[widths]

    def _specs(self, widths: Widths) -> dict[str, Spec]:
        specs: dict[str, Spec] = {}
        for search, width in zip(self._searches, widths, strict=True):
            specs |= zip(search.names, search.specs(width) or (), strict=True)
        return specs

    def _score(self, specs: dict[str, Spec]) -> float:
        """The user's score. ValueError where it is no number; what it raises passes."""
        assert self._goal.score is not None
        score = self._goal.score(MappingProxyType(specs))
        if isinstance(score, bool | np.bool_ | np.complexfloating) or np.ndim(score) or not hasattr(score, '__float__'):
            raise ValueError(f"'score' must return a number: {shown(score)}")
        number = float(score)
        if math.isnan(number):
            raise ValueError(f"'score' must return a number: {shown(number)} with{'' if specs else 'out'} formats")
        return number

    def _reason(self, widths: Widths, at: int, score: float) -> str:
        """Why a tensor has its width, as all others have theirs."""
        width = widths[at]
        keeps = f'{in_bits(width)} {"keep" if width > 1 else "keeps"} the score at'
        narrower = dict(self._steps(widths)).get(at)
        if narrower is not None:
            kept_score, lost_score, bound = numbers(score, self._of(narrower), self._bound)
            return f'{keeps} {kept_score}: with {in_bits(width - 1)} it is {lost_score}, below the bound {bound}'
        reached = None if width == 1 else self._searches[at].reached(width - 1)
        return f'{keeps} {numbers(score, self._bound)[0]}: {reached or "no format is narrower"}'


def _sizes(given: Mapping[str, int], read: Mapping[str, int | None]) -> list[int]:
    """The number of elements of each tensor: what is given, or else what was read."""
    for name in given:
        if name not in read:
            raise ValueError(f"'elements' must have names of tensors, {listed(read)}: {shown(name)}")
    sizes = dict(read) | {n: integer_between(f'elements[{n}]', e, 1, _MOST) for n, e in given.items()}
    for name, size in sizes.items():
        if size is None:
            raise ValueError(f"'elements' must have {shown(name)}, whose shape is not known before the inputs are")
    return [size for size in sizes.values() if size is not None]


def numbers(*values: float) -> list[str]:
    """Each in six digits, or in as many more as keep their order; 17 always do."""
    for digits in range(6, 17):
        texts = [f'{value:.{digits}g}' for value in values]
        pairs = itertools.combinations(range(len(values)), 2)
        if all(_order(float(texts[i]), float(texts[j])) == _order(values[i], values[j]) for i, j in pairs):
            return texts
    return [f'{value:.17g}' for value in values]


def _order(a: float, b: float) -> int:
    return (a > b) - (a < b)
