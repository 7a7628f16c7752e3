"""How arrays lie in a loop: the axes that are one for the widths become one, and widths become 32-bit integers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..._maths.floats import UNBOUNDED
from .loops import Layout

Array = NDArray[Any]
# an int, or an array that broadcasts with the elements
Width = int | Array
# what a loop can read for each element, all widths alike: others are made integers of 32 bits first
_READABLE = frozenset(np.dtype(name) for name in ('int32', 'int64', 'float32', 'float64'))


class Axes(NamedTuple):
    """Three axes in place of all.

    Attributes:
        shape: of the elements.
        widths: of what depends on widths alone, 1 where these do not change.
        each: whether widths have a number for each element.
    """

    shape: tuple[int, int, int]
    widths: tuple[int, int, int]
    each: bool


@lru_cache(maxsize=1024)
def axes(shape: tuple[int, ...], widths: tuple[int, ...]) -> Axes:
    """The axes of elements of a shape and of widths of another, of as many axes, 1 where they do not change."""
    groups: list[tuple[int, bool]] = []
    for size, own in zip(shape, widths, strict=True):
        if groups and groups[-1][1] is (own > 1):
            groups[-1] = groups[-1][0] * size, own > 1
        elif size > 1:
            groups.append((size, own > 1))
    sizes = [size for size, _ in groups] or [1]
    match [along for _, along in groups]:
        case [] | [False]:
            return Axes((1, 1, sizes[0]), (1, 1, 1), each=False)
        case [True, False]:
            return Axes((1, sizes[0], sizes[1]), (1, sizes[0], 1), each=False)
        case [False, True]:
            return Axes((1, sizes[0], sizes[1]), (1, 1, sizes[1]), each=False)
        case [False, True, False]:
            return Axes((sizes[0], sizes[1], sizes[2]), (1, sizes[1], 1), each=False)
    total = math.prod(sizes)
    return Axes((1, 1, total), (1, 1, total), each=True)


class Arrangement:
    """The widths of one call beside its elements.

    Attributes:
        shape: of the result.
        axes: its three axes.
        layout: that of the loop.
        widths: of the loop, those that have no number for each element.
        arrays: of the loop, those that have one, by name.
    """

    def __init__(self, shape: tuple[int, ...], widths: Mapping[str, Width]) -> None:
        own = {name: np.asarray(width) for name, width in widths.items()}
        changing = np.broadcast_shapes(*(array.shape for array in own.values()))
        self.shape = np.broadcast_shapes(shape, changing)
        self._changing = (1,) * (len(self.shape) - len(changing)) + changing
        self.axes = axes(self.shape, self._changing)
        each = {name: array for name, array in own.items() if self.axes.each and array.size > 1}
        dtypes = {array.dtype for array in each.values()}
        as_they_are = len(dtypes) == 1 and dtypes <= _READABLE
        self.arrays = {
            name: self.elements(array if as_they_are else integers(array), None) for name, array in each.items()
        }
        rest = [array for name, array in own.items() if name not in each]
        of_elements = tuple((name, array.dtype.name) for name, array in self.arrays.items())
        self.layout = Layout(self.axes.widths[2] > 1 and not self.axes.each, of_elements)
        inner = (1, 1, 1) if self.axes.each else self.axes.widths
        table = np.empty((len(rest), *inner), np.int32)
        for target, array in zip(table, rest, strict=True):
            flat = (1,) * len(self.shape) if self.axes.each else self._changing
            target[...] = np.broadcast_to(integers(array), flat).reshape(inner)
        outer = inner if self.layout.rows else (*self.axes.shape[:2], 1)
        self.widths: Array = np.broadcast_to(table, (len(rest), *outer))

    def elements(self, x: Array, dtype: Any) -> Array:
        """An array that broadcasts with the elements, for the loop; in its own dtype where `dtype` is None."""
        if x.shape == self.shape and x.dtype == dtype and x.flags.c_contiguous and x.flags.aligned:
            return x.reshape(self.axes.shape)
        whole = np.broadcast_to(x, self.shape)
        return np.require(whole, dtype, ['C', 'A']).reshape(self.axes.shape)

    def sums(self) -> tuple[Array, Array]:
        """Zeros, one for all elements that share the widths, and the same beside the elements, for the loop."""
        sums = np.zeros(self.axes.widths)
        strides = (0, sums.strides[1] if self.axes.widths[1] > 1 else 0, sums.strides[2])
        shape = sums.shape if self.layout.rows else (*self.axes.shape[:2], 1)
        return sums, sums if self.layout.rows else np.ndarray(shape, sums.dtype, sums, strides=strides)

    def summed_to(self, sums: Array, shape: tuple[int, ...]) -> Array:
        """What `sums` became, or the gradients of all elements, in the shape of one of the widths."""
        own = (1,) * (len(self.shape) - len(shape)) + shape
        whole = sums.reshape(self.shape if sums.shape == self.axes.shape else self._changing)
        stretched = tuple(n for n, size in enumerate(own) if size != whole.shape[n])
        return (whole.sum(axis=stretched, keepdims=True, dtype=np.float64) if stretched else whole).reshape(shape)


def integers(width: Array) -> NDArray[np.int32]:
    """A width as integers, rounded half to even."""
    if width.dtype == np.int32:
        return width
    if width.dtype.kind not in 'iub':
        width = np.rint(width.astype(np.float64))
    return (
        np.clip(width, -UNBOUNDED, UNBOUNDED).astype(np.int32) if width.dtype.itemsize > 1 else width.astype(np.int32)
    )
