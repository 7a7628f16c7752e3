"""Where the curve of a format is computed, and what it is there, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...analysis.losses import saturated
from ...backends.numpy.backend import exact_of
from ...backends.numpy.run import to_float
from ...formats import Format

Floats = NDArray[np.float64]
COLUMNS = 600  # places at which steps are drawn: finer ones cannot be told apart
_SIDE = Fraction(1, 1 << 16)  # of a step: how far beside a jump the curve is computed


class Samples(NamedTuple):
    """Points of a curve, ascending."""

    x: Floats
    output: Floats
    error: Floats  # in the unit asked for
    outside: NDArray[np.bool_]  # where the rounded value is out of range
    ties: NDArray[np.bool_]  # midway between two values of the unbounded grid


def window(spec: Format) -> tuple[Fraction, Fraction]:
    """The inputs shown: the range, and beside it as much as shows what overflow does."""
    low, high = Fraction(spec.min), Fraction(spec.max)
    if spec.spacing.everywhere:
        return 2 * low, 2 * high
    beside = (high - low) * (Fraction(3, 4) if spec.wraps else Fraction(1, 4)) + spec.spacing.step_at(spec.max)[1]
    return low - beside, high + beside


def samples(spec: Format, low: Fraction, high: Fraction, unit: Fraction) -> Samples:
    """The curve from `low` to `high`: beside and at each place where it can jump, as far as a picture shows them.

    What is left out where jumps are too dense are whole steps, so that the error reaches its extremes everywhere.
    """
    quantize = exact_of(spec)
    ties, points = set(), {low, high}
    for value, step in set(_steps(spec, low, high)):
        middle = value + step / 2
        ties.add(middle)
        for jump in (value, middle):
            points |= {jump - step * _SIDE, jump, jump + step * _SIDE}
    ordered = sorted(point for point in points if low <= point <= high)
    output = [Fraction(quantize(point)) for point in ordered]
    x = _floats(ordered)
    error = _floats([(q - point) / unit for point, q in zip(ordered, output, strict=True)])
    return Samples(x, _floats(output), error, saturated(spec, x), np.array([point in ties for point in ordered]))


def _steps(spec: Format, low: Fraction, high: Fraction) -> Iterator[tuple[Fraction, Fraction]]:
    """Values of the format, overflow aside, near each column of the picture, with the step above each."""
    shown = [low + (high - low) * column / COLUMNS for column in range(COLUMNS + 1)]
    ends = [Fraction(spec.min), Fraction(spec.max)]
    period = spec.spacing.period
    if period is not None:
        ends += [end + shift for end in ends for shift in (-period, period)]
    beside = Fraction(spec.eps) / 2
    for x in (*shown, *(end + side for end in ends for side in (-beside, beside))):
        value, step = spec.spacing.step_at(x)
        yield Fraction(value), Fraction(step)


def _floats(numbers: list[Fraction]) -> Floats:
    return np.array([to_float(number) for number in numbers])
