"""What a fixed-point format does to numbers of which only the statistics are left."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._rounded import Floats
from ._statistics import Statistics

DB_PER_BIT = 20 * math.log10(2)
Tables = Mapping[str, Floats]  # of one sign, over channels and binades


class MoreBitsError(Exception):
    """A format of more bits is asked for than were summed up."""


class Part(NamedTuple):
    """Numbers that were divided by `2^exponent` before they were summed up."""

    exponent: int
    statistics: Statistics


class Shape(NamedTuple):
    """How the values of a format lie, the sign aside.

    Those of fixed point are all multiples of `2^lowest` below `2^integer`; of floats those with no more than `kept`
    bits from the leading one on.
    """

    integer: int
    lowest: int
    kept: int
    missing: int = 0  # how many values the highest binade lacks at its top

    def divided(self, exponent: int) -> Shape:
        """That of the values divided by `2^exponent`."""
        return self._replace(integer=self.integer - exponent, lowest=self.lowest - exponent)


class Measures(NamedTuple):
    """What a format does to each channel; `clipped_*` are of the saturated numbers alone."""

    sqnr: Floats
    max_error: Floats
    saturated: Floats
    flushed: Floats
    clipped_sqnr: Floats
    clipped_error: Floats


def measure(parts: Sequence[Part], shapes: Sequence[Shape], symmetric: bool) -> Measures:
    """What a format does to each channel, by its shape in the unit of each part.

    Negative numbers saturate at `-2^integer`, or, if `symmetric`, at minus the largest value.

    Raises MoreBitsError.
    """
    found = [_of_part(part, shape, symmetric) for part, shape in zip(parts, shapes, strict=True)]
    errors = _Errors(*(np.concatenate(of, axis=1) for of in zip(*(of.errors for of in found), strict=True)))
    power, unit, clipped = (np.concatenate(of, axis=1) for of in zip(*(of[1:] for of in found), strict=True))
    with np.errstate(divide='ignore', invalid='ignore'):  # where there is no signal, or no noise
        signal = _decibels(power, unit)
        sqnr, largest = signal - _decibels(errors.noise, errors.unit), _most(errors.worst, errors.unit)
        clipped_sqnr = signal - _decibels(errors.noise * clipped, errors.unit)
    sqnr[errors.worst.max(axis=1, initial=0.0) == 0] = math.inf  # an error may be too small for float64
    share = np.maximum(np.sum([part.statistics.total for part in parts], axis=0), 1)
    return Measures(
        sqnr,
        largest,
        errors.saturated.sum(axis=1) / share,
        errors.flushed.sum(axis=1) / share,
        np.where(np.isnan(clipped_sqnr), math.inf, clipped_sqnr),
        _most(errors.worst * clipped, errors.unit),
    )


class _Errors(NamedTuple):
    """What becomes of the numbers of each channel and binade; errors are in units of `2^unit`."""

    noise: Floats  # the sum of the squared errors
    worst: Floats  # the largest error
    unit: NDArray[np.intp]
    saturated: Floats  # how many numbers
    flushed: Floats  # how many become 0


class _OfPart(NamedTuple):
    """What becomes of the numbers of a part, by binades, those of negative numbers last."""

    errors: _Errors
    power: Floats  # the sum of the squared numbers
    unit: NDArray[np.intp]  # of them
    clipped: NDArray[np.bool_]  # whether all of them saturate


def _of_part(part: Part, shape: Shape, symmetric: bool) -> _OfPart:
    exponent, statistics = part
    if shape.kept >= statistics.enough_for:
        raise MoreBitsError
    e = statistics.first + np.arange(statistics.tables['count'].shape[1])
    signs = [_side(statistics, e, shape, sign, to_largest=symmetric or sign == 0) for sign in (0, 1)]
    errors = _Errors(*(np.concatenate(both, axis=1) for both in zip(*signs, strict=True)))
    power = statistics.tables['magnitude_squared']
    power = np.concatenate([power[:, :, 0], power[:, :, 1]], axis=1)
    unit = np.broadcast_to(np.concatenate([e, e]), power.shape)
    errors = errors._replace(unit=errors.unit + exponent)
    return _OfPart(errors, power, unit + exponent, unit > shape.integer)


def _side(statistics: Statistics, e: NDArray[np.intp], shape: Shape, sign: int, *, to_largest: bool) -> _Errors:
    """What becomes of the numbers of one sign; the binades `e` lie in three zones, each with a law of its own.

    Saturated numbers become `2^i`, or, if `to_largest`, the largest value.
    """
    i, lowest, bits, _ = shape
    bits_kept = np.minimum(e - lowest, bits + np.maximum(e - i, 0))
    sums = {name: table[:, :, sign] for name, table in statistics.tables.items() if table.ndim == 3}
    at = np.clip(bits_kept, 0, statistics.bits_kept)
    rounded = {
        name: table[:, np.arange(e.size), sign, at] for name, table in statistics.tables.items() if table.ndim == 4
    }
    to_step = statistics.leaves_zero[sign]
    only_zero = to_largest and not bits  # whatever is rounded up or saturated becomes 0 then
    below = _rounded_to_a_step(sums, lowest, bits_kept) if to_step and not only_zero else _rounded_to_zero(sums, e)
    if to_step and only_zero:  # the step that it would become is beyond
        below = below._replace(saturated=sums['count'])
    within = _rounded(sums, rounded, e, bits_kept, overflows=(e == i) & to_largest)
    above = _saturated(sums, rounded, e, shape, to_largest=to_largest)
    errors = _Errors(
        *(
            np.where(e < lowest, of_below, np.where(e > i, of_above, of_within))
            for of_below, of_within, of_above in zip(below, within, above, strict=True)
        )
    )
    return errors._replace(flushed=sums['count']) if only_zero else errors


def _rounded_to_zero(sums: Tables, e: NDArray[np.intp]) -> _Errors:
    """Below the lowest bit: the error is the number."""
    count = sums['count']
    return _Errors(sums['magnitude_squared'], sums['largest'], _like(count, e), np.zeros_like(count), count)


def _rounded_to_a_step(sums: Tables, lowest: int, bits_kept: NDArray[np.intp]) -> _Errors:
    """Below the lowest bit, rounded away from zero: to one step, which is the unit."""
    count, steps = sums['count'], np.minimum(bits_kept, 0)  # in units of a step a binade begins at 2^(steps - 1)
    magnitude = np.ldexp(sums['distance'] + count / 2, steps)
    squares = np.ldexp(sums['magnitude_squared'], 2 * steps)
    none = np.zeros_like(count)
    return _Errors(
        noise=count - 2 * magnitude + squares,
        worst=(1 - np.ldexp(sums['smallest'], steps)) * (count > 0),
        unit=_like(count, lowest),
        saturated=none,
        flushed=none,
    )


def _rounded(
    sums: Tables, rounded: Tables, e: NDArray[np.intp], bits_kept: NDArray[np.intp], *, overflows: NDArray[np.bool_]
) -> _Errors:
    """From the lowest bit to the highest; where it `overflows`, what is rounded up to `2^i` is one step too large."""
    return _Errors(
        noise=rounded['noise'] + np.where(overflows, rounded['clipped_noise'], rounded['up_noise']),
        worst=np.maximum(rounded['worst'], np.where(overflows, rounded['clipped_worst'], rounded['up_worst'])),
        unit=_like(sums['count'], e),
        saturated=np.where(overflows, rounded['up'], 0),
        flushed=np.where(bits_kept == 0, sums['count'] - rounded['up'], 0),
    )


def _saturated(sums: Tables, rounded: Tables, e: NDArray[np.intp], shape: Shape, *, to_largest: bool) -> _Errors:
    """Above the highest bit; if not `to_largest`, what is rounded down to `2^i` is a value."""
    count, (i, _, bits, missing) = sums['count'], shape
    # from the lower end of the binade down to what saturated numbers become
    beyond = np.maximum(e - i, 0)
    gap = 0.5 - np.ldexp(1.0, -beyond) + ((1 + missing) * np.ldexp(1.0, -bits - beyond) if to_largest else 0)
    return _Errors(
        noise=sums['distance_squared'] + 2 * gap * sums['distance'] + gap**2 * count,
        worst=(sums['largest'] - 0.5 + gap) * (count > 0),
        unit=_like(count, e),
        saturated=count if to_largest else count - np.where(e == i + 1, rounded['down'], 0),
        flushed=np.zeros_like(count),
    )


def _like(count: Floats, exponents: NDArray[np.intp] | int) -> NDArray[np.intp]:
    """The exponents, for each channel too."""
    return np.broadcast_to(exponents, count.shape)


def _most(worst: Floats, unit: NDArray[np.intp]) -> Floats:
    return np.asarray(np.ldexp(worst, unit).max(axis=1, initial=0.0))


def _decibels(squares: Floats, unit: NDArray[np.intp]) -> Floats:
    """`10 log10` of the sum of `squares * 4^unit` of each channel, of any magnitude."""
    if not squares.shape[1]:
        return np.full(len(squares), -math.inf)
    top = np.where(squares > 0, unit + (np.frexp(squares)[1] + 1) // 2, np.iinfo(np.int32).min // 4).max(axis=1)
    scaled = np.ldexp(squares, np.where(squares > 0, np.maximum(2 * (unit - top[:, None]), -4096), 0)).sum(axis=1)
    return np.asarray(10 * np.log10(scaled) + DB_PER_BIT * top)
