"""Shifts of C++, which keep the format, and say where bits left it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..formats import FixedQ
from .arithmetic import LOST, Flags, Integers, Operand, Result, wrap
from .blocks import filled


def shifted(a: Operand, n: NDArray[np.int64]) -> tuple[Result, Flags]:
    """`a << n`, or `a >> -n`, of C++, in the format of `a`, and where bits left it."""
    spec, dtype = a.spec, a.codes.dtype
    up, down, low, high = (np.asarray(number, dtype) for number in _steps(n.astype(dtype), spec))
    any_up, any_down = bool(up.any()), bool(down.any())

    def put(
        to: Integers, flags: Flags, codes: Integers, up: Integers, down: Integers, low: Integers, high: Integers
    ) -> None:
        left, overflowed = codes, flags.view(np.bool_)  # True is OVERFLOWED
        if any_up:
            np.greater(codes, high, out=overflowed)
            overflowed |= codes < low
            left = np.left_shift(codes, up, out=to)
            if overflowed.any():
                wrap(to, spec)
        else:
            flags[...] = 0
        if any_down:
            right = left >> down
            flags |= LOST * (right << down != left)
            left = right
        if left is not to:
            to[...] = left

    codes, flags = filled(put, (dtype, np.uint8), a.codes, up, down, low, high)
    return Result(codes, spec), flags


def _steps(n: Integers, spec: FixedQ) -> tuple[Any, Any, Any, Any]:
    """How many bits up and down, as far as they matter; the smallest and the largest code with room for the first."""
    width, most = spec.width, (1 << spec.width - spec.signed) - 1
    if not np.ndim(n):  # the same in Python's integers, which a single number is shifted by in half the time
        steps = min(max(int(n), -width), width)
        added, left = max(steps, 0), max(-steps, 0)
        return added, left, ~(most >> added) if spec.signed and added < width else 0, most >> added
    n = n.clip(-width, width)
    up, down = np.maximum(n, 0), np.maximum(-n, 0)
    return up, down, np.where(up < width, ~(most >> up), 0) if spec.signed else 0, most >> up
