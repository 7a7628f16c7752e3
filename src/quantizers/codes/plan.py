"""In which dtype codes of a format are made and read, and by what."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .coded import Coded
    from .floats import Convert


@lru_cache(maxsize=256)
def encoder(spec: Coded, dtype: np.dtype[Any]) -> tuple[np.dtype[Any], Convert] | None:
    """The dtype in which numbers of `dtype` are to be quantized, and what makes codes of the values.

    None where float64 cannot hold the format.
    """
    if not spec.fits('float64'):
        return None
    narrow = dtype.kind not in 'iub' and dtype.itemsize < 8 and spec.fits('float32')
    compute = np.dtype(np.float32 if narrow else np.float64)
    return compute, spec.codec.encoder(compute)


@lru_cache(maxsize=256)
def decoder(spec: Coded) -> tuple[np.dtype[Any], Convert] | None:
    """The dtype in which codes are to be given, and what makes float64 values of them; None as for `encoder`."""
    if not spec.fits('float64'):
        return None
    return spec.codec.decoder(np.dtype(np.float32 if spec.fits('float32') else np.float64))
