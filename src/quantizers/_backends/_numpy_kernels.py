"""Kernels: a format's constants bound to a dtype, ready to quantize blocks of a NumPy array."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from .._maths import fixed, lowbit, minifloat
from .._maths.floats import compute_dtype
from ..modes import deterministic
from ._numpy_xp import Array, Namespace
from ._plan import binades_plan, fixed_plan

Kernel = Callable[[Array], Array]
namespace = lru_cache(maxsize=64)(Namespace)


def fixed_kernel(k: Any, i: Any, f: Any, rounding: str, overflow: str, saturation_bits: int, target: str) -> Kernel:
    """The kernel of a fixed-point format; `k, i, f` are ints or integer arrays, `i` at least `-f`."""
    rounding = deterministic(rounding)
    grid, ends, coarse, extreme, inexact = fixed_plan(k, i, f, overflow, saturation_bits, target, namespace)
    compute = compute_dtype(target)
    xp = namespace(compute, compute, extreme)
    # where a small input may underflow, which some users have NumPy raise for
    silent = extreme or coarse or overflow == 'WRAP_SM'
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
            return fixed.round_to_step(xp, x, grid.step, rounding)  # type: ignore[no-any-return]
        bounded = bool(low > -near and high < near)
        result: Array = fixed.quantize(xp, x, grid, rounding, overflow, saturation_bits, bounded=bounded)
        return xp.clip(result, ends.min, ends.max) if inexact else result

    return _quiet(wrapping, silent)


def minifloat_kernel(m: Any, e: Any, e0: Any, target: str) -> Kernel:
    """The kernel of a minifloat; `m, e, e0` are ints or integer arrays."""
    xp = namespace(compute_dtype(target), target, False)
    binades = binades_plan(m, e, e0, target, namespace)
    return _quiet(lambda x: minifloat.quantize(xp, x, binades), True)


def binary_kernel(target: str) -> Kernel:
    """The kernel of binary."""
    xp = namespace(compute_dtype(target), target, False)
    return lambda x: lowbit.binary(xp, x)


def _quiet(kernel: Kernel, silent: bool) -> Kernel:
    """Scaling may overflow and underflow on the way; the formulas discard or allow for what comes of it."""
    if not silent:
        return kernel

    def quiet(x: Array) -> Array:
        with np.errstate(all='ignore'):
            return kernel(x)

    return quiet
