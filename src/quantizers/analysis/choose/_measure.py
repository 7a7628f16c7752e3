"""What a fixed-point format does to numbers of which only the statistics are left."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._rounded import Floats
from ._statistics import Statistics

DB_PER_BIT = 20 * math.log10(2)
Tables = Mapping[str, Floats]  # of one sign, over channels and binades


class MoreBitsError(Exception):
    """A format of more bits is asked for than were summed up."""


class Measures(NamedTuple):
    """What a format does to each channel; `clipped_*` are of the saturated numbers alone."""

    sqnr: Floats
    max_error: Floats
    saturated: Floats
    flushed: Floats
    clipped_sqnr: Floats
    clipped_error: Floats


def measure(statistics: Statistics, i: int, bits: int, symmetric: bool) -> Measures:
    """What the format of `i` integer bits and `bits` in all, the sign bit in neither, does to each channel.

    Negative numbers saturate at `-2^i`, or, if `symmetric`, at minus the largest value, `2^i - 2^(i-bits)`.

    Raises MoreBitsError.
    """
    if bits >= statistics.enough_for:
        raise MoreBitsError
    e = statistics.first + np.arange(statistics.tables['count'].shape[1])
    signs = [_side(statistics, e, i, bits, sign, to_largest=symmetric or sign == 0) for sign in (0, 1)]
    errors = _Errors(*(np.concatenate(both, axis=1) for both in zip(*signs, strict=True)))
    power = statistics.tables['magnitude_squared']
    total = np.concatenate([power[:, :, 0], power[:, :, 1]], axis=1)
    twice = np.concatenate([e, e])
    clipped = np.broadcast_to(twice > i, errors.noise.shape)
    with np.errstate(divide='ignore', invalid='ignore'):  # where there is no signal, or no noise
        signal = _decibels(total, np.broadcast_to(twice, total.shape))
        sqnr, largest = signal - _decibels(errors.noise, errors.unit), _most(errors.worst, errors.unit)
        clipped_sqnr = signal - _decibels(errors.noise * clipped, errors.unit)
    sqnr[errors.worst.max(axis=1, initial=0.0) == 0] = math.inf  # an error may be too small for float64
    share = np.maximum(statistics.total, 1)
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


def _side(statistics: Statistics, e: NDArray[np.intp], i: int, bits: int, sign: int, *, to_largest: bool) -> _Errors:
    """What becomes of the numbers of one sign; the binades `e` lie in three zones, each with a law of its own.

    Saturated numbers become `2^i`, or, if `to_largest`, the largest value.
    """
    lowest = i - bits  # the exponent of the lowest bit
    bits_kept = e - lowest
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
    above = _saturated(sums, rounded, e, bits_kept, i, to_largest=to_largest)
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


def _saturated(
    sums: Tables, rounded: Tables, e: NDArray[np.intp], bits_kept: NDArray[np.intp], i: int, *, to_largest: bool
) -> _Errors:
    """Above the highest bit; if not `to_largest`, what is rounded down to `2^i` is a value."""
    count = sums['count']
    # from the lower end of the binade down to what saturated numbers become
    gap = 0.5 - np.ldexp(1.0, np.minimum(i - e, 0)) + (np.ldexp(1.0, -np.maximum(bits_kept, 0)) if to_largest else 0)
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
