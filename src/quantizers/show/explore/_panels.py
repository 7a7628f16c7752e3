"""The charts of one or two formats, placed in parts of a window, for any plot.

A line is a list of segments `[x, to x, y, to y]`, side by side: the steps of a curve, or the teeth of its error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from ..._maths.floats import Exact, times_power
from ...formats import Spec
from ._number import Number, hexadecimal
from ._result import outcome
from ._ticks import Window, axis

SAMPLES = 1024  # a power of two: the samples are then short numbers wherever the window's ends are
NEAR_SAMPLES = 256  # for eight steps
STEPS = 4  # to each side of the number, in the view around it
_DIGITS = 12  # of the ends of a window beside its length, in bits
_TEETH = 96  # at most, as more cannot be told apart
_COLUMN = 16  # samples of a band
_SIDES = 64  # times the range: the longest window


class Segment(NamedTuple):
    """From one place to another, and the values there."""

    start: float
    end: float
    first: Exact
    last: Exact


def whole(specs: Sequence[Spec]) -> Window:
    """The ranges, and a quarter more to each side."""
    low, high = min(spec.min for spec in specs), max(spec.max for spec in specs)
    margin = (high - low) / Fraction(4)
    return Window(low - margin, high + margin)


def near(specs: Sequence[Spec], x: Exact) -> Window:
    """The steps around a number, of the coarsest format there."""
    across = whole(specs)
    centre = min(max(x, across.low), across.high)
    step = max(step_at(spec, centre) for spec in specs)
    nearest = round(Fraction(centre) / step) * step
    return Window(nearest - STEPS * step, nearest + STEPS * step)


def zoomed(specs: Sequence[Spec], window: Window, at: Fraction, factor: Fraction) -> Window:
    """The window `factor` times as long, with the same value at the place `at`.

    It is as long as a step at least, and as 64 ranges at most.
    """
    most = _SIDES * whole(specs).span
    fixed = window.at(at)
    span = min(max(window.span * factor, min(Fraction(step_at(spec, fixed)) for spec in specs)), most)
    low = fixed - at * span
    return short(Window(low, low + span))


def short(window: Window) -> Window:
    """A window beside it, whose ends have few bits."""
    span = window.span
    unit = times_power(1, (span.numerator.bit_length() - span.denominator.bit_length()) - _DIGITS)
    return Window(*(round(Fraction(end) / unit) * unit for end in window))


def step_at(spec: Spec, x: Exact) -> Exact:
    """The distance of two neighbouring values where `x` is."""
    value = outcome(spec, x).value
    assert value is not None
    # of the largest value it is the step below
    return spec.spacing.step_at(min(value, spec.max - spec.eps))[1]


def panels(specs: Sequence[Spec], x: Number | None, window: Window) -> dict[str, Any]:
    """The curves in the window and around the number, the error, and the difference of two formats."""
    exact = None if x is None or isinstance(x, float) else x
    close = near(specs, exact or 0)
    found = {
        'window': [hexadecimal(end) for end in window],
        'main': curves(specs, exact, window),
        'error': _errors(specs, exact, window),
        # where the steps are as wide there as here, it would say the same
        'near': curves(specs, exact, close, NEAR_SAMPLES) if close.span * 2 < window.span else None,
    }
    return found | ({'difference': _difference(specs, exact, window)} if len(specs) > 1 else {})


def curves(specs: Sequence[Spec], x: Exact | None, window: Window, samples: int = SAMPLES) -> dict[str, Any]:
    """The values over the inputs."""
    lines = [[*_runs(_samples(spec, window, samples))] for spec in specs]
    return _panel(specs, window, lines, _upright(lines), [None if x is None else _value(spec, x) for spec in specs], x)


def _errors(specs: Sequence[Spec], x: Exact | None, window: Window) -> dict[str, Any]:
    """The errors, as high as they are inside the range: a tooth a step or, of many steps, their band."""
    every = [_error_of(spec, window) for spec in specs]
    steps = [[*_runs(_samples(spec, window))] for spec in specs]
    lines = [[*_teeth(runs, window)] if len(runs) <= _TEETH else [] for runs in steps]
    bands = [[] if line else [*_band(errors)] for line, errors in zip(lines, every, strict=True)]
    inside = [
        abs(Fraction(error))
        for spec, errors in zip(specs, every, strict=True)
        for x_there, error in zip(_inputs(window, SAMPLES), errors, strict=True)
        if spec.min <= x_there <= spec.max
    ]
    up = _upright([*lines, *bands])
    most = max(inside, default=Fraction(0)) * Fraction(4, 3)
    if most:
        up = Window(max(up.low, -most), min(up.high, most))
    at = [None if x is None else _value(spec, x) - x for spec in specs]
    panel = _panel(specs, window, lines, up, at, x)
    return panel | {'bands': [_placed(band, up) for band in bands]}


def _error_of(spec: Spec, window: Window) -> list[Exact]:
    return [value - at for value, at in zip(_samples(spec, window), _inputs(window, SAMPLES), strict=True)]


def _teeth(steps: Sequence[Segment], window: Window) -> Iterator[Segment]:
    for start, end, value, _ in steps:
        left, right = (window.at(Fraction(place)) for place in (start, end))
        yield Segment(start, end, value - left, value - right)


def _band(errors: Sequence[Exact]) -> Iterator[Segment]:
    for start in range(0, SAMPLES, _COLUMN):
        column = errors[start : start + _COLUMN]
        yield Segment(start / SAMPLES, (start + _COLUMN) / SAMPLES, min(column), max(column))


def _difference(specs: Sequence[Spec], x: Exact | None, window: Window) -> dict[str, Any]:
    """What the second format makes less what the first one makes."""
    a, b = (_samples(spec, window) for spec in specs)
    line = [*_runs([other - one for one, other in zip(a, b, strict=True)])]
    at = [None if x is None else _value(specs[1], x) - _value(specs[0], x)]
    return _panel(specs, window, [line], _upright([line]), at, x)


def _panel(
    specs: Sequence[Spec],
    window: Window,
    lines: Sequence[Sequence[Segment]],
    up: Window,
    values: Sequence[Exact | None],
    x: Exact | None,
) -> dict[str, Any]:
    shown = x is not None and window.low <= x <= window.high
    return {
        'lines': [_placed(line, up) for line in lines],
        'points': [
            (window.place(x), up.place(value)) if shown and x is not None and value is not None else None
            for value in values
        ],
        'identity': (up.place(window.low), up.place(window.high)),
        'zero': up.place(0),
        'ranges': [(window.place(spec.min), window.place(spec.max)) for spec in specs],
        'x': axis(window)._asdict(),
        'y': axis(up)._asdict(),
    }


def _placed(line: Sequence[Segment], up: Window) -> list[tuple[float, ...]]:
    return [(start, end, up.place(first), up.place(last)) for start, end, first, last in line]


def _upright(lines: Sequence[Sequence[Segment]]) -> Window:
    """From the smallest to the largest value, and a sixteenth more."""
    ends = [value for line in lines for segment in line for value in (segment.first, segment.last)]
    low, high = Fraction(min(ends)), Fraction(max(ends))
    margin = (high - low) / 16 or max(abs(low), Fraction(1)) / 4
    return Window(low - margin, high + margin)


def _runs(values: Sequence[Exact]) -> Iterator[Segment]:
    for value, run in groupby(enumerate(values), key=lambda sample: sample[1]):
        numbers = [number for number, _ in run]
        yield Segment(numbers[0] / len(values), (numbers[-1] + 1) / len(values), value, value)


@lru_cache(maxsize=16)  # while a number is dragged, the window stays
def _samples(spec: Spec, window: Window, number: int = SAMPLES) -> tuple[Exact, ...]:
    return tuple(_value(spec, x) for x in _inputs(window, number))


@lru_cache(maxsize=4)
def _inputs(window: Window, number: int) -> tuple[Fraction, ...]:
    """The middles of as many parts."""
    part = window.span / (2 * number)
    return tuple(window.low + (2 * n + 1) * part for n in range(number))


def _value(spec: Spec, x: Exact) -> Exact:
    return outcome(spec, x).value or 0
