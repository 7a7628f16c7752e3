"""What rounding to each number of bits does to numbers in groups, those of a sign and a binade."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..._maths.rounding import to_integer
from ...backends.numpy.xp import Namespace

Floats = NDArray[np.float64]
# what is rounded up to the next binade, or to a value missing below it, and down to its own lowest number, counts apart
SUMS = ('noise', 'up', 'up_noise', 'clipped_noise', 'down')
MAXIMA = ('worst', 'up_worst', 'clipped_worst')

_XP = Namespace('float64', extreme=False)


def rounded(mode: str, mantissa: Floats, starts: NDArray[np.intp], bits: int, missing: int = 0) -> dict[str, Floats]:
    """The sums and maxima of each group, for 0 to `bits` bits kept.

    Args:
        mode: how to round.
        mantissa: the numbers, `1/2 <= |m| < 1`, group after group.
        starts: where the groups begin.
        bits: how many bits are kept at most.
        missing: how many values at the top of a binade saturate as the next binade does, where it has more bits.
    """
    found = {name: np.zeros((starts.size, bits + 1)) for name in (*SUMS, *MAXIMA)}
    size = np.abs(mantissa)
    scaled = np.empty_like(mantissa)
    every = np.arange(starts.size)
    for kept in range(bits + 1):
        top = 2.0**kept  # of numbers in steps, and so of errors
        lacking = missing if kept > missing else 0
        np.multiply(mantissa, top, out=scaled)
        whole = to_integer(_XP, mode, scaled)
        error = np.abs(scaled - whole)
        np.abs(whole, out=whole)
        down, up = np.flatnonzero(whole == top / 2), np.flatnonzero(whole >= top - lacking)
        counts = np.bincount(np.searchsorted(starts, down, 'right') - 1, minlength=starts.size)
        if not (missing or error.any()):
            found['down'][:, kept:] = counts[:, None]
            break
        found['down'][:, kept] = counts
        if up.size:
            _up(found, np.searchsorted(starts, up, 'right') - 1, error[up], size[up], kept, lacking)
            error[up] = 0
        _add(found, 'noise', 'worst', every, starts, error, kept)
    return found


def _up(
    found: dict[str, Floats], group: NDArray[np.intp], error: Floats, size: Floats, kept: int, lacking: int
) -> None:
    """Count those of the numbers that are rounded beyond the largest value, and the group of each."""
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    some = group[starts]
    found['up'][some, kept] = np.diff(starts, append=group.size)
    _add(found, 'up_noise', 'up_worst', some, starts, error, kept)
    clipped = (size - (1 - (1 + lacking) * 0.5**kept)) * 2.0**kept
    _add(found, 'clipped_noise', 'clipped_worst', some, starts, clipped, kept)


def _add(
    found: dict[str, Floats],
    sums: str,
    maxima: str,
    groups: NDArray[np.intp],
    starts: NDArray[np.intp],
    steps: Floats,
    kept: int,
) -> None:
    """Add up the squares of errors in steps, and keep the largest, of each group."""
    step = 0.5**kept
    found[maxima][groups, kept] = np.maximum.reduceat(steps, starts) * step
    found[sums][groups, kept] = np.add.reduceat(np.square(steps, out=steps), starts) * step**2
