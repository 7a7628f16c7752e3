"""The floating dtypes of all libraries: their limits, and what counts as subnormal."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import DTypeLike, NDArray

BFLOAT16 = np.dtype(ml_dtypes.bfloat16)


def finfo(dtype: DTypeLike) -> Any:
    """The limits of a floating dtype, bfloat16 too."""
    return ml_dtypes.finfo(dtype)


def subnormal(x: NDArray[Any], dtype: DTypeLike = None) -> NDArray[np.bool_]:
    """Where `x` is a subnormal number of what `dtype` is computed in: float64 in itself, others in float32."""
    wide = np.dtype(dtype or x.dtype) == np.float64
    tiny = np.finfo(np.float64 if wide else np.float32).tiny
    magnitude = np.abs(x.astype(np.longdouble))
    return (magnitude > 0) & (magnitude < tiny)


def every_number(dtype: np.dtype[Any]) -> NDArray[Any]:
    """Every finite number of a dtype of 16 bits."""
    x = np.arange(2**16, dtype=np.uint16).view(dtype)
    with np.errstate(invalid='ignore'):
        return x[np.isfinite(x)]
