"""A law on arrays by NumPy's ufuncs, part by part: what lies between input and result stays in the cache."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache, reduce
from operator import add
from typing import Any, TypeVar

import numpy as np

from ..._maths.floats import FLOATS, compute_dtype
from ..._maths.law import Law
from ..program import philox
from ..widths import Array, Bounds, Width, Widths
from .kernels import Part

# elements of a part
PART = 1 << 15
_DRAWN = 1 << 14  # of words of 64 bits
# from so many parts on threads share them
MANY = 8
_At = tuple[slice, ...]  # where a part is
_ALL: _At = (slice(None),)
_Found = TypeVar('_Found')


class Call:
    """A law on arrays of one shape by widths that broadcast with them; see `program.compiled.Call`.

    Parts lie along the longest axis. Where no width changes along it they share their constants.

    Args:
        threads: how many parts of a large array are quantized at a time.
    """

    def __init__(
        self, law: Law, target: str, shape: tuple[int, ...], widths: Widths, bounds: Bounds, threads: int = 1
    ) -> None:
        self._of, self._widths, self._dtype = (law, target, bounds), widths, np.dtype(compute_dtype(target))
        self.shape = np.broadcast_shapes(shape, *(np.shape(width) for width in widths.values()))
        # a number of no axes would become NumPy's own number on the way
        self._whole = self.shape or (1,)
        size, length = math.prod(self._whole), max(self._whole)
        self._axis = self._whole.index(length)
        self._step = length if size <= PART else max(1, length * PART // size)
        self._threads = threads if size >= MANY * PART else 1
        self._shared = all(self._own_axis(np.shape(width)) is None for width in widths.values())
        self._made = lru_cache(maxsize=2)(self._part)  # of one more length is the last

    def forward(self, x: Array, uniform: Array | None = None) -> Array:
        """`x` quantized, in the dtype that is computed in."""
        parts = self._each(lambda at: self._part_at(at).forward(*self._arrays_at(at, x, uniform)))
        return self._joined(parts)

    def gradients(
        self, wanted: tuple[str, ...], g: Array, x: Array, q: Array, uniform: Array | None = None
    ) -> dict[str, Array]:
        """The gradients of `x` and of widths, by their names, from `g`, that of the result `q`.

        That of `x` has the shape of the result; that of a width is summed, in float64, to the width's own.
        """
        parts = self._each(lambda at: self._part_at(at).gradients(wanted, *self._arrays_at(at, g, x, q, uniform)))
        return {name: self._joined([found[name] for found in parts], self._widths.get(name)) for name in parts[0]}

    def _each(self, run: Callable[[_At], _Found]) -> list[_Found]:
        """What `run` makes of each part, in their order."""
        if self._step == self._whole[self._axis]:
            return [run(_ALL)]
        before = (slice(None),) * self._axis
        starts = range(0, self._whole[self._axis], self._step)
        places = [(*before, slice(start, start + self._step)) for start in starts]
        if self._threads == 1:
            return [run(at) for at in places]
        from concurrent.futures import ThreadPoolExecutor  # which one thread has no need of

        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(run, places))

    def _part_at(self, at: _At) -> Part:
        start, stop, _ = at[-1].indices(self._whole[self._axis])
        return self._made(0 if self._shared else start, stop - start)

    def _part(self, start: int, length: int) -> Part:
        shape = (*self._whole[: self._axis], length, *self._whole[self._axis + 1 :])
        widths = {name: self._width_at(width, start, length) for name, width in self._widths.items()}
        law, target, bounds = self._of
        return Part(law, target, shape, widths, bounds)

    def _width_at(self, width: Width, start: int, length: int) -> Width:
        axis = self._own_axis(np.shape(width))
        if isinstance(width, int) or axis is None:
            return width
        own: Array = width[(*(slice(None),) * axis, slice(start, start + length))]
        return own

    def _own_axis(self, shape: tuple[int, ...]) -> int | None:
        """Which axis of a width of this shape changes along the parts."""
        axis = self._axis - (len(self._whole) - len(shape))
        return axis if axis >= 0 and shape[axis] > 1 else None

    def _arrays_at(self, at: _At, *arrays: Array | None) -> list[Any]:
        return [array if array is None or at is _ALL else np.broadcast_to(array, self._whole)[at] for array in arrays]

    def _joined(self, parts: list[Array], width: Width | None = None) -> Array:
        """What parts give, one after the other, as elements or as the numbers of a width; what they share is summed."""
        shape = self.shape if width is None else np.shape(width)
        axis = self._own_axis(shape)
        if len(parts) == 1:
            return np.asarray(parts[0]).reshape(shape)
        whole = reduce(add, parts, np.float64(0)) if axis is None else np.concatenate(parts, axis)
        return np.asarray(whole).reshape(shape)


def drawn(key: int, size: int, dtype: str) -> Array:
    """Numbers drawn evenly from `[0, 1)` by a key of 64 bits; see `program.philox`."""
    result, bits = np.empty(size, dtype), FLOATS[dtype].precision
    for start in range(0, size, _DRAWN):
        elements = np.arange(start, min(start + _DRAWN, size), dtype=np.int64)
        result[start : start + _DRAWN] = philox.fraction(np.int64(key), elements, bits)
    result *= 2.0**-bits
    return result
