"""What one pass over numbers must keep so that the error of every format is known afterwards.

A number is `m * 2^e` with `1/2 <= |m| < 1`; its binade is `e`. Rounding it to `f` fraction bits is rounding `m` to
`f + e`, so that each binade has few ways to be rounded, and these are all tried while the numbers pass. Which numbers a
format of `i` integer bits saturates follows from their binades: those above `i`, and at `i` those rounded up to `2^i`.
A float rounds the binades of its subnormals as fixed point does, and all others to one number of bits.
The sums are of squares and never of differences, so nothing cancels: relative errors stay near those of float64.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..._maths.integer_codes import away_from_zero
from ...backends.numpy.binding import compiles
from ...modes import RoundingMode, deterministic
from ._rounded import MAXIMA, SUMS, Floats, rounded

SIGNIFICAND = 53  # bits of a float64
_WORTH_A_LOOP = 32  # numbers of a group, on average, below which calling it takes longer than NumPy's ufuncs
# of each channel, binade and sign; all in units of 2^e, `distance` is |m| - 1/2
_SUMS = ('count', 'distance', 'distance_squared', 'magnitude_squared')
# and of each number of bits kept those of `_rounded`
_COMBINE = {'smallest': np.minimum, **dict.fromkeys(('largest', *MAXIMA), np.maximum)}


class Statistics:
    """Sums over the numbers of a tensor's channels; memory grows with channels and binades, not with numbers.

    `tables` has, by name, arrays over channels, binades from `first` on, signs, and some over the bits kept of `m`, 0
    to `bits_kept`. `total` counts zeros too; `leaves_zero` says of each sign whether the smallest
    numbers become a step, as the negative ones do under TRN.

    Args:
        channels: how many.
        rounding: the rounding mode of the formats.
        max_width: the width of the widest format asked for.
        complete: whether no wider one is ever asked for; else those below `max_width` alone are known.
        size: how many numbers are known to come; loops are compiled for many.
        missing: how many values the formats lack at the top of their highest binade.
    """

    def __init__(
        self,
        channels: int,
        rounding: RoundingMode,
        max_width: int,
        *,
        complete: bool,
        size: int = 0,
        missing: int = 0,
    ) -> None:
        self.channels = channels
        self.total = np.zeros(channels, np.int64)
        mode = deterministic(rounding)
        below_half = {'half': False, 'rest': True, 'odd': False}
        self.leaves_zero = [bool(away_from_zero(mode, negative=sign, **below_half)) for sign in (False, True)]
        self._mode, self._rounded, self._missing = mode, rounded, missing
        if compiles(size):
            from ._compiled import rounded as in_loops

            self._rounded = in_loops
        self.enough_for = math.inf if complete else max_width
        self.bits_kept = min(max_width, SIGNIFICAND)
        self.first = 0
        base, each = (channels, 0, 2), (channels, 0, 2, self.bits_kept + 1)
        self.tables: dict[str, Floats] = {name: np.zeros(base) for name in (*_SUMS, 'largest')}
        self.tables['smallest'] = np.ones(base)
        self.tables |= {name: np.zeros(each) for name in (*SUMS, *MAXIMA)}

    def add(self, x: Floats, channel: NDArray[np.intp]) -> None:
        """Count finite numbers, one-dimensional, and the channel of each."""
        if self.channels == 1:
            self.total += x.size
            x = x[x != 0]
            x.sort()  # by which those of a sign and a binade lie side by side
        else:
            self.total += np.bincount(channel, minlength=self.channels)
            present = x != 0
            x, channel = x[present], channel[present]
        if not x.size:
            return
        mantissa, exponent = np.frexp(x)
        self._make_room(int(exponent.min()), int(exponent.max()))
        key = (exponent - self.first) * 2 + (x < 0)
        if self.channels > 1:
            binades = self.tables['count'].shape[1]
            key = key + channel * (2 * binades)
            # of 16 bits NumPy sorts by digits, many times as fast
            order = np.argsort(key.astype(np.min_scalar_type(2 * self.channels * binades)), kind='stable')
            key, mantissa = key[order], mantissa[order]
        starts = np.append(0, np.flatnonzero(key[1:] != key[:-1]) + 1)
        self._add_groups(key[starts], starts, mantissa)

    def add_all(self, other: Statistics) -> None:
        """Count what another one of as many channels has counted."""
        self.total += other.total
        binades = other.tables['count'].shape[1]
        if not binades:
            return
        self._make_room(other.first, other.first + binades - 1)
        start = other.first - self.first
        for name, table in self.tables.items():
            part = table[:, start : start + binades]
            _COMBINE.get(name, np.add)(part, other.tables[name], out=part)

    def _add_groups(self, groups: NDArray[np.intp], starts: NDArray[np.intp], mantissa: Floats) -> None:
        """Count numbers that are sorted into groups, which begin at `starts`."""
        flat = {name: table.reshape(-1, *table.shape[3:]) for name, table in self.tables.items()}
        size = np.abs(mantissa)
        distance = size - 0.5
        for name, terms in zip(_SUMS, (np.ones_like(size), distance, distance**2, size**2), strict=True):
            flat[name][groups] += np.add.reduceat(terms, starts)
        flat['largest'][groups] = np.maximum(flat['largest'][groups], np.maximum.reduceat(size, starts))
        flat['smallest'][groups] = np.minimum(flat['smallest'][groups], np.minimum.reduceat(size, starts))
        sum_up = self._rounded if starts.size * _WORTH_A_LOOP <= mantissa.size else rounded
        found = sum_up(self._mode, mantissa, starts, self.bits_kept, self._missing)
        for name, of_groups in found.items():
            flat[name][groups] = _COMBINE.get(name, np.add)(flat[name][groups], of_groups)

    def _make_room(self, lowest: int, highest: int) -> None:
        binades = self.tables['count'].shape[1]
        if not binades:
            self.first = lowest
        before = max(self.first - lowest, 0)
        after = max(highest + 1 - self.first - binades, 0)
        if before or after:
            for name, table in self.tables.items():
                shape = [(0, 0), (before, after), *[(0, 0)] * (table.ndim - 2)]
                self.tables[name] = np.pad(table, shape, constant_values=float(name == 'smallest'))
            self.first -= before

    def negative(self) -> NDArray[np.bool_]:
        """Which channels have a negative number."""
        return np.asarray(self.tables['count'][:, :, 1].any(axis=1))

    def binades(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The lowest and the highest binade of each channel; 1 and 0 where all numbers are zero."""
        present = np.asarray(self.tables['count'].any(axis=2))
        if not present.shape[1]:
            return np.ones(self.channels, np.intp), np.zeros(self.channels, np.intp)
        low = present.argmax(axis=1) + self.first
        high = self.first + present.shape[1] - 1 - present[:, ::-1].argmax(axis=1)
        some = present.any(axis=1)
        return np.where(some, low, 1), np.where(some, high, 0)
