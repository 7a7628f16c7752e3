"""Inputs of fixed-point formats where errors sit: ties, ends, zero, all neighbours; those of small formats with codes.

The laws speak of `x * 2^f` only, so the oracle's table of one width and mode, made at f = 0, holds at every `integer`:
the inputs are scaled by a power of two, which is exact, and their neighbours are taken after the scaling. The one
neighbour that does not scale is that of 0, which at any f is less than half a step, on the same side of 0.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from oracles import reference
from oracles.vendor import Shape


def grid(width: int) -> NDArray:
    """Codes and midpoints, in steps: the range and two and a half spans on both sides, and some far away."""
    span = 2**width
    near = np.arange(-3 * span - 1, 3 * span + 1.5, 0.5)
    far = np.array([1000.5 * span, 2.0**22 + 0.5, 2.0**23 - 0.5, 2.0**24, 2.0**52 + 1, 2.0**60 * 3, 1e30, 3e34])
    return np.concatenate([near, far, -far])


def small_inputs(width: int, f: int, dtype: type[np.floating]) -> NDArray:
    """The grid in the format's own scale, with both neighbours of each point in `dtype`."""
    x = np.ldexp(grid(width), -f).astype(dtype)
    return np.concatenate([x, np.nextafter(x, dtype(-np.inf)), np.nextafter(x, dtype(np.inf))])


@cache
def rounded(width: int, rounding: str, dtype: type[np.floating]) -> tuple[list[tuple[int, int]], NDArray]:
    """The different (code before overflow, floor) of all inputs, and for each input the number of its own."""
    steps = [Fraction(x) for x in small_inputs(width, 0, dtype).tolist()]
    pairs = [(reference.rounded(y, rounding), math.floor(y)) for y in steps]
    different = {pair: j for j, pair in enumerate(dict.fromkeys(pairs))}
    return list(different), np.array([different[pair] for pair in pairs])


def small_codes(width: int, signed: bool, mode: tuple[str, str, int], dtype: type[np.floating]) -> NDArray:
    """The oracle's code of every input."""
    rounding, overflow, n = mode
    pairs, which = rounded(width, rounding, dtype)
    return np.array([reference.overflowed(r, y, width, signed, overflow, n) for r, y in pairs])[which]


def edges(shape: Shape) -> NDArray:
    """Codes near 0, near both ends and near multiples of the span, and random ones, in steps."""
    width, _, signed = shape
    rng = np.random.default_rng(width)
    lo, hi = reference.code_range(width, signed, 'WRAP')
    near = [0, 1, 2, 3, 4, 5, 7, 8, lo / 2, hi // 2, lo, hi, lo + 1, hi - 1, lo - 1, hi + 1, lo - 2, hi + 2]
    multiples = [2.0**width * k + step for k in (1, 2, 3, 31, 2.0**20, 2.0**40) for step in (-1, 0, 1)]
    within = np.floor(rng.uniform(lo - 2.0**width, hi + 2.0**width, 20))
    codes = np.concatenate([np.array(near, np.float64), multiples, within])
    return np.concatenate([codes, -codes])


def edge_inputs(shape: Shape, dtype: type[np.floating]) -> NDArray:
    """Edges and ties with both their neighbours in `dtype`, quarters, random numbers of many magnitudes, extremes."""
    width, integer, _ = shape
    rng = np.random.default_rng(abs(integer))
    limits = np.finfo(dtype)
    extreme = [1e-30, 1e30, 1e300, limits.max, limits.tiny, limits.smallest_subnormal, 3 * limits.smallest_subnormal]
    # the exponents are those of the format, then all that single precision has
    exponents = np.concatenate([rng.uniform(integer - width - 6, integer + 8, 90), rng.uniform(-149, 127, 30)])
    with np.errstate(over='ignore', under='ignore'):
        codes, ties, *quarters = (
            np.ldexp(edges(shape) + part, integer - width).astype(dtype) for part in (0, 0.5, 0.25, 0.75)
        )
        corners = np.concatenate([codes, ties])
        others = np.concatenate([2**exponents, extreme]).astype(dtype)
        neighbours = [np.nextafter(corners, dtype(side)) for side in (-np.inf, np.inf)]
    x = np.unique(np.concatenate([corners, *neighbours, *quarters, others, -others]))
    return np.append(x[np.isfinite(x)], dtype(-0.0))
