"""Kernels: a law bound to known widths and a dtype, ready to quantize blocks of a NumPy array."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from ..._maths.law import Constants, Law, Reach
from ..plan import Bound, bound, of_elements
from .xp import Array, Namespace

# of a block, and of numbers that say which of the formats of its constants each element has, where there are several
Kernel = Callable[..., Array]
namespace = lru_cache(maxsize=16)(Namespace)


def bind(law: Law, widths: tuple[Any, ...], target: str) -> Bound:
    """`law` for known widths and results of the dtype `target`."""
    return bound(law, widths, target, namespace)


def kernel(of: Bound) -> Kernel:
    """The kernel of a bound law."""
    law, _, constants, cautions, target = of
    xp = namespace(target, cautions.extreme)

    def quantize(x: Array, at: Array | None = None) -> Array:
        result: Array = law.forward(xp, x, of_elements(constants, at))
        return result

    block = _by_reach(law, xp, constants) if law.asks_reach else quantize
    return _quiet(block) if law.may_underflow(cautions) else block


def _by_reach(law: Law, xp: Namespace, constants: Constants) -> Kernel:
    """The kernel of a law that is shorter where no number of a block is out of range, or of reach."""
    lowest = float(np.max(constants.min, initial=-np.inf))
    highest = float(np.min(constants.max, initial=np.inf))
    limit = float(np.min(constants.limit, initial=np.inf))

    def quantize(x: Array, at: Array | None = None) -> Array:
        if not x.size:
            return x.copy()
        low, high = np.minimum.reduce(x, axis=None), np.maximum.reduce(x, axis=None)
        reach = Reach.ANYWHERE
        if low >= lowest and high <= highest:
            reach = Reach.INSIDE
        elif low > -limit and high < limit:
            reach = Reach.BOUNDED
        result: Array = law.forward(xp, x, of_elements(constants, at), reach=reach)
        return result

    return quantize


def _quiet(block: Kernel) -> Kernel:
    """Scaling may overflow and underflow on the way; the formulas discard or allow for what comes of it."""

    def quiet(*arguments: Array) -> Array:
        with np.errstate(all='ignore'):
            return block(*arguments)

    return quiet
