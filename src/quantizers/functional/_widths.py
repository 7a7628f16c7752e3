"""Bit widths as integers, from what a user gives: numbers, arrays of them, real values as in training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._maths.floats import UNBOUNDED
from .._printable import shown

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def sign_bits(k: ArrayLike) -> NDArray[np.int64]:
    """`k` as integers. ValueError for anything but 0 and 1."""
    array = np.asarray(k)
    if array.dtype.kind not in 'fiub' or not np.all((array == 0) | (array == 1)):
        raise ValueError(f"'k' must be 0 or 1 (the order of arguments is x, k, i, f): {shown(k)}")
    return array.astype(np.int64)


def width(name: str, value: ArrayLike) -> NDArray[np.int64]:
    """A width as integers, rounded half to even. TypeError for what is no real number, ValueError for NaN."""
    array = np.asarray(value)
    if array.dtype == object and all(isinstance(item, int) for item in array.flat):
        array = np.asarray(np.clip(array, -UNBOUNDED, UNBOUNDED), np.int64)
    if array.dtype.kind not in 'fiu' and array.dtype.name != 'bfloat16':
        raise TypeError(f'{name!r} must be a real number, or an array of them: {shown(value)}')
    if array.dtype.kind in 'iu':
        if array.size and (array.min() < -UNBOUNDED or array.max() > UNBOUNDED):
            info = np.iinfo(array.dtype)
            array = np.clip(array, max(-UNBOUNDED, info.min), min(UNBOUNDED, info.max))
        return np.asarray(array, np.int64)
    if np.isnan(array).any():
        raise ValueError(f'{name!r} must not be NaN: {shown(value)}')
    return np.asarray(np.clip(np.rint(array.astype(np.float64)), -UNBOUNDED, UNBOUNDED), np.int64)
