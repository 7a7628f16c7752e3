"""Large arrays in blocks, whose intermediate results stay in the cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..backends.numpy.run import BLOCK


def filled(
    function: Callable[..., None], dtypes: tuple[DTypeLike, ...], *arrays: NDArray[Any]
) -> tuple[NDArray[Any], ...]:
    """New arrays of these dtypes, into which `function(*new, *arrays)` writes; it is elementwise, and gets blocks."""
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    new = tuple(np.empty(shape, dtype) for dtype in dtypes)
    alike = all(array.ndim == 0 or (array.shape == shape and array.flags.c_contiguous) for array in arrays)
    if new[0].size <= BLOCK or not alike:
        function(*new, *arrays)
        return new
    flat = [array.reshape(-1) if array.ndim else array for array in (*new, *arrays)]
    for start in range(0, new[0].size, BLOCK):
        function(*(array[start : start + BLOCK] if array.ndim else array for array in flat))
    return new
