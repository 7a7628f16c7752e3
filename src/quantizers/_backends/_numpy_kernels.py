"""Kernels: a format's constants bound to a dtype, ready to quantize blocks of a NumPy array."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from .._maths import fixed, lowbit, minifloat
from .._maths.floats import FLOATS, check_step
from ..modes import deterministic
from ._numpy_xp import Array, Namespace

Kernel = Callable[[Array], Array]
# float16 and bfloat16 are computed in float32
_COMPUTE = {'float64': 'float64', 'float32': 'float32', 'float16': 'float32', 'bfloat16': 'float32'}


@lru_cache(maxsize=64)
def namespace(target: str, extreme: bool) -> Namespace:
    """The namespace for results of the dtype `target`."""
    return Namespace(_COMPUTE[target], target, extreme)


def compute_dtype(target: str) -> str:
    """The dtype that results of the dtype `target` are computed in."""
    return _COMPUTE[target]


def fixed_kernel(k: Any, i: Any, f: Any, rounding: str, overflow: str, saturation_bits: int, target: str) -> Kernel:
    """The kernel of a fixed-point format; `k, i, f` are ints or integer arrays, `i` at least `-f`."""
    rounding = deterministic(rounding)
    check_step(int(np.max(-np.asarray(f), initial=-FLOATS[target].largest)), target)
    compute = FLOATS[_COMPUTE[target]]
    reach = compute.precision + saturation_bits + 2
    extreme = bool(
        np.any(np.abs(f) >= compute.largest - 1)
        or np.any(np.abs(k + i) + reach >= compute.largest)
        or np.any(k + i + f + reach >= compute.largest)
    )
    xp = namespace(_COMPUTE[target], extreme)
    coarse = bool(np.any(np.asarray(f) < 0))
    # where a small input may underflow, which some users have NumPy raise for
    silent = extreme or coarse or overflow == 'WRAP_SM'
    with np.errstate(all='ignore'):
        grid = fixed.make_grid(xp, k, i, f, overflow, saturation_bits, coarse=coarse, guard=extreme)
        ends = grid
        if xp.dtype.name != target:
            narrow = namespace(target, extreme)
            ends = fixed.make_grid(narrow, k, i, f, overflow, saturation_bits, coarse=coarse, guard=extreme)
    _, precision, smallest, largest = FLOATS[target]
    inexact = bool(np.any(i + f > precision) or np.any(-f < smallest) or np.any(i > largest))
    if overflow in ('SAT', 'SAT_SYM'):
        saturating = grid._replace(min=np.asarray(ends.min), max=np.asarray(ends.max))
        return _quiet(lambda x: fixed.quantize(xp, x, saturating, rounding, overflow, saturation_bits), silent)

    lowest, highest = float(np.max(ends.min, initial=-np.inf)), float(np.min(ends.max, initial=np.inf))
    near = float(np.min(grid.limit, initial=np.inf))

    def wrapping(x: Array) -> Array:
        if not x.size:
            return x.copy()
        low, high = np.minimum.reduce(x, axis=None), np.maximum.reduce(x, axis=None)
        if low >= lowest and high <= highest:
            return fixed.round_to_step(xp, x, grid, rounding)  # type: ignore[no-any-return]
        bounded = bool(low > -near and high < near)
        result: Array = fixed.quantize(xp, x, grid, rounding, overflow, saturation_bits, bounded=bounded)
        return xp.clip(result, ends.min, ends.max) if inexact else result

    return _quiet(wrapping, silent)


def minifloat_kernel(m: Any, e: Any, e0: Any, target: str) -> Kernel:
    """The kernel of a minifloat; `m, e, e0` are ints or integer arrays."""
    compute = FLOATS[_COMPUTE[target]]
    emin, emax = minifloat.exponent_range(np, e, e0)
    check_step(int(np.max(emin - np.maximum(m, 0), initial=-compute.largest)), target)
    normal = compute.smallest + compute.precision - 1
    xp = namespace(target, bool(np.any(emin < normal)))
    with np.errstate(all='ignore'):
        binades = minifloat.make_binades(xp, m, emin, emax)
    return _quiet(lambda x: minifloat.quantize(xp, x, binades), True)


def binary_kernel(target: str) -> Kernel:
    """The kernel of binary."""
    xp = namespace(target, False)
    return lambda x: lowbit.binary(xp, x)


def _quiet(kernel: Kernel, silent: bool) -> Kernel:
    """Scaling may overflow and underflow on the way; the formulas discard or allow for what comes of it."""
    if not silent:
        return kernel

    def quiet(x: Array) -> Array:
        with np.errstate(all='ignore'):
            return kernel(x)

    return quiet
