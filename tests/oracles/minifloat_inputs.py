"""Minifloats, small and extreme, and inputs where errors sit: codes, midpoints, their neighbours, all magnitudes."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from oracles import reference

SMALL = [(m, e, e0) for m in range(5) for e in range(1, 5) for e0 in range(-3, 4)]
WIDE = [(52, 11, 0), (52, 11, 1), (52, 11, -1), (23, 8, 0), (23, 8, 1), (23, 8, -20), (10, 5, 1), (7, 8, 1), (0, 11, 0)]
FAR = [(0, 1, 0), (3, 4, 100), (3, 4, -100), (3, 4, -140), (3, 4, 900), (3, 4, -1000), (3, 4, -1070), (52, 11, -500)]


def all_values(m: int, e: int, e0: int) -> list[Fraction]:
    return sorted({reference.minifloat_decoded(bits, m, e, e0) for bits in range(2 ** (1 + e + m))})


def small_inputs(m: int, e: int, e0: int, dtype: type[np.floating]) -> NDArray:
    """Codes and midpoints, also those beyond the largest, with both neighbours of each; and far away."""
    values = all_values(m, e, e0)
    largest = values[-1]
    beyond = largest + values[-1] - values[-2]
    values = [-beyond, *values, beyond]
    middles = [(a + b) / 2 for a, b in pairwise(values)]
    x = np.array([float(number) for number in (*values, *middles, 2 * largest, -3 * largest)], dtype)
    x = np.concatenate([x, np.nextafter(x, dtype(-np.inf)), np.nextafter(x, dtype(np.inf))])
    limits = np.finfo(dtype)
    return np.concatenate([np.unique(x), np.array([-0.0, limits.max, limits.min, limits.tiny, 1e30, -1e-30], dtype)])


def extremes(dtype: type[np.floating]) -> NDArray:
    """Numbers of all magnitudes, subnormal ones too, with full significands and with few bits."""
    rng = np.random.default_rng(0)
    limits = np.finfo(dtype)
    lowest, highest = round(math.log2(limits.smallest_subnormal)), limits.maxexp
    exponents = rng.integers(lowest, highest, 200)
    few = np.ldexp(rng.integers(0, 32, 200) / 16, exponents)
    full = np.ldexp(rng.uniform(0.5, 1, 200), exponents + 1)
    edges = np.array([0, limits.max, limits.tiny, limits.smallest_subnormal, 3 * limits.smallest_subnormal, 1, 1.5, 3])
    with np.errstate(over='ignore', under='ignore'):
        x = np.concatenate([edges, few, full]).astype(dtype)
    x = np.concatenate([x, np.nextafter(x, dtype(0)), -x])
    return x[np.isfinite(x)]
