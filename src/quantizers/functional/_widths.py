"""Bit widths, from what a user gives: numbers, arrays of them, real values as in training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._checks.shown import shown
from .._maths.floats import UNBOUNDED

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def sign_bits(k: ArrayLike) -> NDArray[np.int64]:
    """`k` as integers. ValueError for anything but 0 and 1."""
    return np.asarray(given_sign_bits(k), np.int64)


def width(name: str, value: ArrayLike) -> NDArray[np.int64]:
    """A width as integers, rounded half to even. TypeError for what is no real number, ValueError for NaN."""
    return integers(given_width(name, value))


def given_sign_bits(k: ArrayLike) -> NDArray[Any]:
    """`k` in the dtype that it has. ValueError for anything but 0 and 1."""
    array = np.asarray(k)
    if array.dtype.kind not in 'fiub' or not np.all((array == 0) | (array == 1)):
        raise ValueError(f"'k' must be 0 or 1 (the order of arguments is x, k, i, f): {shown(k)}")
    return array


def given_width(name: str, value: ArrayLike) -> NDArray[Any]:
    """A width in the dtype that it has. TypeError for what is no real number, ValueError for NaN."""
    array = np.asarray(value)
    if array.dtype == object and all(isinstance(item, int) for item in array.flat):
        array = np.asarray(np.clip(array, -UNBOUNDED, UNBOUNDED), np.int64)
    if array.dtype.kind not in 'fiu' and array.dtype.name != 'bfloat16':
        raise TypeError(f'{name!r} must be a real number, or an array of them: {shown(value)}')
    if array.dtype.kind not in 'iu' and array.size and np.isnan(array.min()):
        raise ValueError(f'{name!r} must not be NaN: {shown(value)}')
    return array


def integers(width: NDArray[Any]) -> NDArray[np.int64]:
    """A width as integers, rounded half to even; beyond every dtype's exponents they are cut."""
    if width.dtype.kind not in 'iub':
        return np.asarray(np.clip(np.rint(width.astype(np.float64)), -UNBOUNDED, UNBOUNDED), np.int64)
    if width.size and width.dtype.itemsize > 1 and (width.min() < -UNBOUNDED or width.max() > UNBOUNDED):
        info = np.iinfo(width.dtype)
        width = np.clip(width, max(-UNBOUNDED, info.min), min(UNBOUNDED, info.max))
    return np.asarray(width, np.int64)
