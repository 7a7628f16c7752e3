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
from ._plan import FixedPlan, binades_plan, fixed_plan, looked_up

# of a block, and of numbers that say which of the formats of its plan each element has, where it has several
Kernel = Callable[..., Array]
namespace = lru_cache(maxsize=64)(Namespace)


def plan_fixed(k: Any, i: Any, f: Any, overflow: str, saturation_bits: int, target: str) -> FixedPlan:
    """The plan of a fixed-point format; `k, i, f` are ints or integer arrays, `i` at least `-f`."""
    return fixed_plan(k, i, f, overflow, saturation_bits, target, namespace)


def plan_minifloat(m: Any, e: Any, e0: Any, target: str) -> minifloat.Binades:
    """The constants of a minifloat; `m, e, e0` are ints or integer arrays."""
    return binades_plan(m, e, e0, target, namespace)


def fixed_kernel(plan: FixedPlan, rounding: str, overflow: str, saturation_bits: int, target: str) -> Kernel:
    """The kernel of a fixed-point format."""
    rounding = deterministic(rounding)
    compute = compute_dtype(target)
    xp = namespace(compute, compute, plan.extreme)
    # where a small input may underflow, which some users have NumPy raise for
    silent = plan.extreme or plan.coarse or overflow == 'WRAP_SM'
    if overflow in fixed.CLIPPING:

        def clipping(x: Array, at: Array | None = None) -> Array:
            grid = looked_up(plan.grid, at)
            return _with_zeros_above(fixed.quantize(xp, x, grid, rounding, overflow, saturation_bits))

        return _quiet(clipping, silent)

    lowest, highest = float(np.max(plan.ends.min, initial=-np.inf)), float(np.min(plan.ends.max, initial=np.inf))
    near = float(np.min(plan.grid.limit, initial=np.inf))

    def wrapping(x: Array, at: Array | None = None) -> Array:
        if not x.size:
            return x.copy()
        grid = looked_up(plan.grid, at)
        low, high = np.minimum.reduce(x, axis=None), np.maximum.reduce(x, axis=None)
        if low >= lowest and high <= highest:
            return _with_zeros_above(fixed.round_to_step(xp, x, grid.step, rounding))
        bounded = bool(low > -near and high < near)
        result = _with_zeros_above(fixed.quantize(xp, x, grid, rounding, overflow, saturation_bits, bounded=bounded))
        if not plan.inexact:
            return result
        ends = looked_up(plan.ends, at)
        return xp.clip(result, ends.min, ends.max)

    return _quiet(wrapping, silent)


def _with_zeros_above(result: Array) -> Array:
    """`result`, a new array, in which -0, of which fixed point has none, is 0."""
    result += 0.0
    return result


def minifloat_kernel(binades: minifloat.Binades, target: str) -> Kernel:
    """The kernel of a minifloat."""
    xp = namespace(compute_dtype(target), target, False)
    vanishing = bool(np.any(binades.max == 0))

    def quantize(x: Array, at: Array | None = None) -> Array:
        result: Array = minifloat.quantize(xp, x, looked_up(binades, at))
        # the minimum of -0 and 0 may be either
        return np.copysign(result, x) if vanishing else result

    return _quiet(quantize, True)


def binary_kernel(target: str) -> Kernel:
    """The kernel of binary."""
    xp = namespace(compute_dtype(target), target, False)
    return lambda x: lowbit.binary(xp, x)


def _quiet(kernel: Kernel, silent: bool) -> Kernel:
    """Scaling may overflow and underflow on the way; the formulas discard or allow for what comes of it."""
    if not silent:
        return kernel

    def quiet(*arguments: Array) -> Array:
        with np.errstate(all='ignore'):
            return kernel(*arguments)

    return quiet
