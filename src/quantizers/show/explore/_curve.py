"""The transfer curves of one or two formats in a window, as runs of equal values, for any plot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from math import ceil, floor
from typing import Any, Literal, NamedTuple

from ..._checks.numbers import number
from ..._maths.floats import Exact
from ...formats import Spec
from ._number import Number, decimal
from ._result import outcome

View = Literal['range', 'near']
SAMPLES = 1024  # a power of two: the samples are then short numbers wherever the window's ends are
STEPS = 4  # to each side of the number, in the view `near`
_LABEL = 10
_MOST_TICKS = 8
_FAR = Fraction(1 << 20)  # windows: what is farther away is not drawn, and may be too far for a float


class Window(NamedTuple):
    """Where a plot begins and ends."""

    low: Exact
    high: Exact

    def place(self, value: Exact) -> float:
        """The place of a value, from 0 to 1 inside the window."""
        place = Fraction(value - self.low) / (self.high - self.low)
        return round(float(min(max(place, -_FAR), _FAR)), 6)


def curves(specs: Sequence[Spec], x: Number | None, view: View) -> dict[str, Any]:
    """The runs `[from, to, y]` of each curve, and the point of the number, in parts of the window; and ticks."""
    exact = None if x is None or isinstance(x, float) else x
    ends = Window(min(spec.min for spec in specs), max(spec.max for spec in specs))
    margin = (ends.high - ends.low) / Fraction(4)
    across = Window(ends.low - margin, ends.high + margin)
    step: Exact | None = None
    if view == 'near':
        centre = min(max(exact or 0, across.low), across.high)
        step = max(step_at(spec, centre) for spec in specs)
        nearest = round(Fraction(centre) / step) * step
        across = Window(nearest - STEPS * step, nearest + STEPS * step)
    runs = [list(_runs(spec, across)) for spec in specs]
    found = [value for run in runs for _, _, value in run]
    margin = (max(found) - min(found)) / Fraction(16) or Fraction(step or ends.high - ends.low)
    up = Window(min(found) - margin, max(found) + margin)
    shown = exact if exact is not None and across.low <= exact <= across.high else None
    return {
        'curves': [
            {
                'runs': [(start / SAMPLES, end / SAMPLES, up.place(value)) for start, end, value in run],
                'point': None if shown is None else _point(spec, shown, across, up),
            }
            for spec, run in zip(specs, runs, strict=True)
        ],
        'identity': [up.place(across.low), up.place(across.high)],
        'x': list(_ticks(across, step)),
        'y': list(_ticks(up, step)),
    }


def step_at(spec: Spec, x: Exact) -> Exact:
    """The distance of two neighbouring values where `x` is."""
    value = outcome(spec, x).value
    assert value is not None
    # of the largest value it is the step below
    return spec.spacing.step_at(min(value, spec.max - spec.eps))[1]


def _runs(spec: Spec, across: Window) -> Iterator[tuple[int, int, Exact]]:
    part = (across.high - across.low) / Fraction(2 * SAMPLES)
    values = (outcome(spec, across.low + (2 * n + 1) * part).value or 0 for n in range(SAMPLES))
    for value, run in groupby(enumerate(values), key=lambda sample: sample[1]):
        numbers = [number for number, _ in run]
        yield numbers[0], numbers[-1] + 1, value


def _point(spec: Spec, x: Exact, across: Window, up: Window) -> tuple[float, float]:
    return across.place(x), up.place(outcome(spec, x).value or 0)


def _ticks(window: Window, step: Exact | None) -> Iterator[tuple[float, str]]:
    """Places and labels: multiples of two steps where they are few, else of a round number that makes up to eight."""
    unit = _round_number((window.high - window.low) / Fraction(8))
    if step is not None and window.high - window.low < _MOST_TICKS * 2 * step:
        unit = 2 * Fraction(step)
    for n in range(ceil(window.low / unit), floor(window.high / unit) + 1):
        yield window.place(n * unit), _label(n * unit)


def _round_number(least: Fraction) -> Fraction:
    """1, 2 or 5 times a power of ten, not below `least`."""
    power = Fraction(10) ** (floor((least.numerator.bit_length() - least.denominator.bit_length()) * 0.30103) - 1)
    return next(unit * power for unit in (1, 2, 5, 10, 20, 50, 100, 200) if unit * power >= least)


def _label(value: Exact) -> str:
    text = decimal(value)
    return text if len(text) <= _LABEL else number(value).removeprefix('~').lower()
