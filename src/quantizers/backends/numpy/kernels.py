"""Kernels: a law bound to known widths and a dtype, ready to quantize blocks of a NumPy array."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from ..._maths.floats import compute_dtype
from ..._maths.law import Constants, Law, Reach
from ..plan import Bound, bound, of_elements
from ..widths import Bounds, Widths, cautions, integers, summed
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

    def quantize(x: Array, at: Array | None = None, uniform: Array | None = None) -> Array:
        result: Array = law.forward(xp, x, of_elements(constants, at), uniform)
        return result

    block = _by_reach(law, xp, constants) if law.asks_reach else quantize
    return _quiet(block) if law.may_underflow(cautions) else block


def _by_reach(law: Law, xp: Namespace, constants: Constants) -> Kernel:
    """The kernel of a law that is shorter where no number of a block is out of range, or of reach."""
    lowest = float(np.max(constants.min, initial=-np.inf))
    highest = float(np.min(constants.max, initial=np.inf))
    limit = float(np.min(constants.limit, initial=np.inf))

    def quantize(x: Array, at: Array | None = None, uniform: Array | None = None) -> Array:
        if not x.size:
            return x.copy()
        low, high = np.minimum.reduce(x, axis=None), np.maximum.reduce(x, axis=None)
        reach = Reach.ANYWHERE
        if low >= lowest and high <= highest:
            reach = Reach.INSIDE
        elif low > -limit and high < limit:
            reach = Reach.BOUNDED
        result: Array = law.forward(xp, x, of_elements(constants, at), uniform, reach)
        return result

    return quantize


def _quiet(block: Kernel) -> Kernel:
    """Scaling may overflow and underflow on the way; the formulas discard or allow for what comes of it."""

    def quiet(*arguments: Array) -> Array:
        with np.errstate(all='ignore'):
            return block(*arguments)

    return quiet


class Part:
    """A part of a call, of one axis at least; see `call.py`."""

    def __init__(self, law: Law, target: str, shape: tuple[int, ...], widths: Widths, bounds: Bounds) -> None:
        self._law, self._dtype, self._shape = law, np.dtype(compute_dtype(target)), shape
        self._own = {name: np.shape(width) for name, width in widths.items()}
        whole = (width if isinstance(width, int) else integers(width) for width in widths.values())
        asked = cautions(law, target, bounds)
        self._xp = namespace(target, asked.extreme)
        with np.errstate(all='ignore'):  # while constants are made
            self._constants = law.constants(self._xp, asked, *law.whole(np, *whole))
            self._kernel = kernel(Bound(law, (), self._constants, asked, target))

    def forward(self, x: Array, uniform: Array | None = None) -> Array:
        """`x` quantized, in the dtype that is computed in."""
        with np.errstate(all='ignore'):
            return self._kernel(self._array(x), None, self._array(uniform))

    def gradients(
        self, wanted: tuple[str, ...], g: Array, x: Array, q: Array, uniform: Array | None = None
    ) -> dict[str, Array]:
        """The gradients of `x` and of widths, by their names, from `g`, that of the result `q`."""
        g, x, q, uniform = map(self._array, (g, x, q, uniform))
        with np.errstate(all='ignore'):
            of = self._law.gradients(self._xp, x, q, self._constants, uniform)
            return {name: self._summed(of[name](g), self._own.get(name)) for name in wanted if name in of}

    def _array(self, x: Any) -> Any:
        if x is None:
            return None
        x = x.astype(self._dtype, copy=False)
        return x if x.shape == self._shape else np.broadcast_to(x, self._shape)

    def _summed(self, gradient: Array, shape: tuple[int, ...] | None) -> Array:
        """A gradient in the shape of a width, for which it is summed; `x`'s in that of the part."""
        whole = np.array(np.broadcast_to(gradient, self._shape))  # the caller's own, of which no other is a part
        return whole if shape is None else summed(whole, shape)
