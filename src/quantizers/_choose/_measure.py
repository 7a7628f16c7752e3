"""What a fixed-point format does to numbers of which only the statistics are left."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._statistics import Floats, Statistics

_DB_PER_BIT = 20 * math.log10(2)


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
    """
    e = statistics.first + np.arange(statistics.tables['count'].shape[1])
    parts = [_side(statistics, e, i, bits, sign, to_largest=symmetric or sign == 0) for sign in (0, 1)]
    noise, worst, unit, saturated, flushed = (
        np.concatenate([part[field] for part in parts], axis=1) for field in range(5)
    )
    power = statistics.tables['magnitude_squared']
    total = np.concatenate([power[:, :, 0], power[:, :, 1]], axis=1)
    twice = np.concatenate([e, e])
    clipped = np.broadcast_to(twice > i, noise.shape)
    with np.errstate(divide='ignore', invalid='ignore'):  # where there is no signal, or no noise
        signal = _decibels(total, np.broadcast_to(twice, total.shape))
        sqnr, largest = signal - _decibels(noise, unit), _most(worst, unit)
        clipped_sqnr = signal - _decibels(noise * clipped, unit)
    sqnr[largest == 0] = math.inf
    share = np.maximum(statistics.total, 1)
    return Measures(
        sqnr,
        largest,
        saturated.sum(axis=1) / share,
        flushed.sum(axis=1) / share,
        np.where(np.isnan(clipped_sqnr), math.inf, clipped_sqnr),
        _most(worst * clipped, unit),
    )


def _side(
    statistics: Statistics, e: NDArray[np.intp], i: int, bits: int, sign: int, *, to_largest: bool
) -> tuple[Any, ...]:
    """Noise, largest error, the exponents of their unit, saturated and flushed numbers of each channel and binade.

    Saturated numbers become `2^i`, or, if `to_largest`, the largest value.
    """
    kept = bits - i + e
    at = np.clip(kept, 0, statistics.kept)
    base = {name: table[:, :, sign] for name, table in statistics.tables.items() if table.ndim == 3}
    rounded = {
        name: table[:, np.arange(e.size), sign, at] for name, table in statistics.tables.items() if table.ndim == 4
    }
    count, above = base['count'], e > i
    overflows = (e == i) & to_largest  # where what is rounded up to 2^i is one step too large
    noise = rounded['noise'] + np.where(overflows, rounded['clipped_noise'], rounded['up_noise'])
    worst = np.maximum(rounded['worst'], np.where(overflows, rounded['clipped_worst'], rounded['up_worst']))
    unit = np.broadcast_to(e, count.shape)
    flushed = np.where(kept == 0, count - rounded['up'], 0)
    below = kept < 0  # all of a binade is rounded to zero, or, down, to one step
    if statistics.rounds_down and sign:
        magnitude = np.ldexp(base['distance'] + count / 2, np.minimum(kept, 0))
        squares = np.ldexp(base['magnitude_squared'], 2 * np.minimum(kept, 0))
        noise = np.where(below, count - 2 * magnitude + squares, noise)
        worst = np.where(below, (1 - np.ldexp(base['smallest'], np.minimum(kept, 0))) * (count > 0), worst)
        unit = np.where(below, i - bits, unit)
    else:
        noise = np.where(below, base['magnitude_squared'], noise)
        worst = np.where(below, base['largest'], worst)
        flushed = np.where(below, count, flushed)
    # from the lower end of the binade down to what saturated numbers become
    gap = 0.5 - np.ldexp(1.0, np.minimum(i - e, 0)) + (np.ldexp(1.0, -np.maximum(kept, 0)) if to_largest else 0)
    clipped = base['distance_squared'] + 2 * gap * base['distance'] + gap**2 * count
    noise = np.where(above, clipped, noise)
    worst = np.where(above, (base['largest'] - 0.5 + gap) * (count > 0), worst)
    saturated = np.where(above, count, np.where(overflows, rounded['up'], 0))
    if not to_largest:
        saturated = saturated - np.where(e == i + 1, rounded['down'], 0)
    zero = to_largest and not bits  # what saturated numbers become
    flushed = count if zero else np.where(above, 0, flushed)
    return noise, worst, unit, saturated, flushed


def _most(worst: Floats, unit: NDArray[np.intp]) -> Floats:
    return np.asarray(np.ldexp(worst, unit).max(axis=1, initial=0.0))


def _decibels(squares: Floats, unit: NDArray[np.intp]) -> Floats:
    """`10 log10` of the sum of `squares * 4^unit` of each channel, of any magnitude."""
    if not squares.shape[1]:
        return np.full(len(squares), -math.inf)
    top = np.where(squares > 0, unit + (np.frexp(squares)[1] + 1) // 2, np.iinfo(np.int32).min // 4).max(axis=1)
    scaled = np.ldexp(squares, np.where(squares > 0, np.maximum(2 * (unit - top[:, None]), -4096), 0)).sum(axis=1)
    return np.asarray(10 * np.log10(scaled) + _DB_PER_BIT * top)
