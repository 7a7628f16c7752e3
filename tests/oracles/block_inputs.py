"""Numbers for blocks: all magnitudes of a dtype, powers of two, ties of elements, zeros, and what is beside each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracles.dtypes import BFLOAT16

EXPONENTS = {'float64': (-1074, 1023), 'float32': (-149, 127), 'float16': (-24, 15), 'bfloat16': (-133, 127)}


def dtype_of(name: str) -> Any:
    return BFLOAT16 if name == 'bfloat16' else np.dtype(name)


def blocks(name: str, ties: NDArray[np.float64], size: int, count: int, seed: int = 0) -> NDArray[Any]:
    """Finite numbers of a dtype in blocks; `ties` are what elements have midway between values, and values.

    Each block has a magnitude of its own: exponents of the whole dtype, or near 0, in half of them near the ends of
    E8M0. A number is normal, a tie, a power of two or 0, times that, or the number beside it.
    """
    rng = np.random.default_rng(seed)
    low, high = EXPONENTS[name]
    middle = rng.integers(low, high, count, endpoint=True)
    around = rng.choice([low, low + 24, -127, 0, 0, 127, high], count) + rng.integers(-12, 13, count)
    exponents = np.where(rng.random(count) < 0.4, middle, np.clip(around, low, high))[:, None]
    shape = count, size
    kinds = [
        rng.normal(size=shape),
        rng.choice(ties, shape) * 2.0 ** rng.integers(-4, 1, shape),
        2.0 ** rng.integers(-12, 2, shape),
        np.zeros(shape),
    ]
    x = np.choose(rng.choice(4, shape, p=[0.4, 0.35, 0.2, 0.05]), kinds) * rng.choice([-1.0, 1.0], shape)
    # most blocks have one number that is the largest: a power of two, or what is beside it, or just below the next
    largest = rng.choice([1, 1, 1.5, 1.75, 1.875, 1.9375, 1.96875, 1.984375, 2 - 2.0**-23], count)
    x[:, 0] = np.where(rng.random(count) < 0.8, largest * 2.0 ** rng.integers(0, 3, count), x[:, 0])
    x[rng.random(count) < 0.03] = 0
    with np.errstate(all='ignore'):
        wide = np.ldexp(x, exponents - 2)
        found = np.where(np.isfinite(wide), wide, 1.0).astype(dtype_of(name))
        found = np.where(np.isfinite(found.astype(np.float64)), found, dtype_of(name).type(1))
        beside = np.nextafter(found, rng.choice([-1, 1], shape).astype(found.dtype) * found.dtype.type(np.inf))
    beside = np.where(np.isfinite(beside.astype(np.float64)), beside, found)
    return np.where(rng.random(shape) < 0.3, beside, found)
