"""How arrays lie in a loop: the axes that are one for the widths become one, and widths become 32-bit integers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..widths import Array, Width, integers, summed

# what a loop can read for each element, all widths alike: others are made integers of 32 bits first
_READABLE = frozenset(np.dtype(name) for name in ('int32', 'int64', 'float32', 'float64'))


class Layout(NamedTuple):
    """How widths lie beside the elements of a loop.

    Attributes:
        rows: whether widths change along the last axis and not along others, so that a table of what depends on them
            alone is made first; else they change along the others, and it is made before each row.
        of_elements: the widths that have a number for each element of all axes, and the dtypes of these.
        again: whether all rows have the elements of one, for which widths change; there are sums alone then.
    """

    rows: bool = False
    of_elements: tuple[tuple[str, str], ...] = ()
    again: bool = False


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


class Plan(NamedTuple):
    """What the shapes and dtypes of one call say.

    Attributes:
        shape: of the result.
        axes: its three axes.
        layout: that of the loop.
        changing: the shape of what depends on widths alone.
        integers: whether the widths with a number for each element must be made integers first.
        table: the shape of the other widths, as integers.
    """

    shape: tuple[int, ...]
    axes: Axes
    layout: Layout
    changing: tuple[int, ...]
    integers: bool
    table: tuple[int, ...]


@lru_cache(maxsize=4096)
def plan(shape: tuple[int, ...], widths: tuple[tuple[str, tuple[int, ...], np.dtype[Any]], ...]) -> Plan:
    """The plan for elements of a shape and widths by their names, shapes and dtypes."""
    changing = np.broadcast_shapes(*(own for _, own, _ in widths))
    whole = np.broadcast_shapes(shape, changing)
    changing = (1,) * (len(whole) - len(changing)) + changing
    three = axes(whole, changing)
    each = {name: dtype for name, own, dtype in widths if three.each and math.prod(own) > 1}
    as_they_are = len(set(each.values())) == 1 and set(each.values()) <= _READABLE
    of_elements = tuple((name, dtype.name if as_they_are else 'int32') for name, dtype in each.items())
    layout = Layout(three.widths[2] > 1 and not three.each, of_elements)
    number, inner = len(widths) - len(each), (1, 1, 1) if three.each else three.widths
    flat = (1,) * len(whole) if three.each else changing
    return Plan(whole, three, layout, flat, not as_they_are, (number, *inner))


class Arrangement:
    """The widths of one call beside its elements.

    Attributes:
        shape: of the result.
        axes: its three axes.
        layout: that of the loop.
        widths: of the loop, those that have no number for each element.
        along: how far these are apart from row to row.
        arrays: of the loop, those that have one, by name.
    """

    def __init__(self, shape: tuple[int, ...], widths: Mapping[str, Width]) -> None:
        own = {name: np.asarray(width) for name, width in widths.items()}
        self._plan = of = plan(shape, tuple((name, array.shape, array.dtype) for name, array in own.items()))
        self.shape, self.axes, self.layout = of.shape, of.axes, of.layout
        each = [(name, own.pop(name)) for name, _ in of.layout.of_elements]
        arrays = ((name, integers(array) if of.integers else array) for name, array in each)
        self.arrays = {name: self.elements(array, array.dtype) for name, array in arrays}
        table = np.empty(of.table, np.int32)
        for target, array in zip(table, own.values(), strict=True):
            target.reshape(of.changing)[...] = integers(array)
        self.widths: Array = table
        self.along = int(of.axes.widths[1] > 1)

    def elements(self, x: Array, dtype: np.dtype[Any]) -> Array:
        """An array that broadcasts with the elements, for the loop."""
        if x.shape == self.shape and x.dtype == dtype and x.flags.c_contiguous and x.flags.aligned:
            return x.reshape(self.axes.shape)
        whole = np.broadcast_to(x, self.shape)
        return np.require(whole, dtype, ['C', 'A']).reshape(self.axes.shape)

    def sums(self) -> Array:
        """Zeros, one for all elements that share the widths, for the loop."""
        return np.zeros(self.axes.widths)

    def summed_to(self, sums: Array, shape: tuple[int, ...]) -> Array:
        """What `sums` became, or the gradients of all elements, in the shape of one of the widths."""
        return summed(sums.reshape(self.shape if sums.shape == self.axes.shape else self._plan.changing), shape)
