"""Widths that are numbers or arrays, as integers, and what they ask of a law."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._maths.floats import FLOATS, UNBOUNDED, compute_dtype
from .._maths.law import Cautions, Law
from . import plan

Array = NDArray[Any]
# an int, or an array that broadcasts with the elements
Width = int | Array
Widths = Mapping[str, Width]  # by their names, in the order of the law
Bounds = tuple[tuple[int, int], ...]  # the least and the largest of each width


def bounds_of(widths: Widths) -> Bounds | None:
    """The least and the largest of each width, as integers; None where one is NaN or there is none."""
    bounds = []
    for width in widths.values():
        if isinstance(width, int):
            bounds.append((width, width))
            continue
        if not width.size:
            return None
        low, high = np.minimum.reduce(width, None), np.maximum.reduce(width, None)
        if low != low or high != high:  # noqa: PLR0124
            return None
        ends = (round(min(max(float(end), -UNBOUNDED), UNBOUNDED)) for end in (low, high))
        bounds.append((next(ends), next(ends)))
    return tuple(bounds)


@lru_cache(maxsize=4096)
def cautions(law: Law, target: str, bounds: Bounds) -> Cautions:
    """The cautions for widths in these bounds: what a law asks of them is largest or least at corners."""
    return law.cautions(np, FLOATS[compute_dtype(target)], FLOATS[target], *law.whole(np, *_corners(bounds)))


def _corners(bounds: Bounds) -> Array:
    """All combinations of the ends, a row for each width."""
    return np.array(list(product(*bounds)), np.int64).T


def check_steps(law: Law, target: str, widths: Widths, bounds: Bounds) -> None:
    """Refuse widths of which some step is above the largest number of `target`. Raises ValueError."""
    if _largest_step(law, bounds) > FLOATS[target].largest:  # which need not occur
        whole = law.whole(np, *(np.asarray(integers(np.asarray(width)), np.int64) for width in widths.values()))
        plan.check_steps(law, whole, target)


@lru_cache(maxsize=4096)
def _largest_step(law: Law, bounds: Bounds) -> int:
    return int(np.max(law.step_exponent(np, *law.whole(np, *_corners(bounds)))))


def summed(gradient: Array, shape: tuple[int, ...]) -> Array:
    """A gradient in the shape of a width that broadcasts with it; what is summed is summed in float64."""
    own = (1,) * (gradient.ndim - len(shape)) + shape
    stretched = tuple(n for n, size in enumerate(own) if size != gradient.shape[n])
    with np.errstate(all='ignore'):
        whole = gradient.sum(axis=stretched, keepdims=True, dtype=np.float64) if stretched else gradient
    return whole.reshape(shape)


def integers(width: Array) -> NDArray[np.int32]:
    """A width as integers, rounded half to even."""
    if width.dtype == np.int32:
        return width
    kind, size = width.dtype.kind, width.dtype.itemsize
    if kind in 'biu' and size == 1:
        return width.astype(np.int32)
    if kind == 'u':
        return np.minimum(width, UNBOUNDED).astype(np.int32)
    if kind != 'i':
        width = np.rint(width if kind == 'f' and size >= 4 else width.astype(np.float64))
    return np.minimum(np.maximum(width, -UNBOUNDED), UNBOUNDED).astype(np.int32)
