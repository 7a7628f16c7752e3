"""In which dtype codes of a format are made and read, and by what."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .._maths.fixed import CLIPPING
from .._maths.floats import times_power
from ..backends.numpy.run import to_float

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .coded import Coded
    from .floats import Convert

# bits, and an exponent, with which nothing on the way is subnormal or infinite
_FAR = 800


@lru_cache(maxsize=256)
def encoder(spec: Coded, dtype: np.dtype[Any]) -> tuple[np.dtype[Any], Convert, Convert | None] | None:
    """The dtype in which numbers of `dtype` are to be quantized, and what makes codes of the values.

    Third what makes codes of the numbers beyond an end that float64 has not. None where float64 cannot hold the format,
    nor what all of its own numbers become in it, but for the ends.
    """
    if not spec.fits('float64') and (dtype.kind in 'iub' or not _by_floats(spec)):
        return None
    narrow = dtype.kind not in 'iub' and dtype.itemsize < 8 and spec.fits('float32')
    compute = np.dtype(np.float32 if narrow else np.float64)
    return compute, spec.codec.encoder(compute), _ends(spec)


def _by_floats(spec: Coded) -> bool:
    """Whether float64 has what each of its numbers becomes, but for the ends: no bits are set, and none is far off."""
    modes = spec.modes
    if modes is None or modes.saturation_bits or modes.overflow == 'WRAP_SM':
        return False
    if modes.overflow == 'WRAP' and spec.codec.low == 0:
        return False
    far = times_power(1, _FAR)
    return spec.bits <= _FAR and -far < spec.min and spec.max < far and spec.eps * far >= 1


def _ends(spec: Coded) -> Convert | None:
    if spec.fits('float64') or spec.modes is None or spec.modes.overflow not in CLIPPING:
        return None
    # there is no number between an end and the float64 beside it
    low, high = to_float(spec.min), to_float(spec.max)
    mends_low = low != spec.min

    def convert(x: NDArray[Any], codes: NDArray[Any]) -> None:
        np.copyto(codes, spec.codec.high, where=x > high)
        if mends_low:
            np.copyto(codes, spec.codec.low, where=x < low)

    return convert


@lru_cache(maxsize=256)
def decoder(spec: Coded) -> tuple[np.dtype[Any], Convert] | None:
    """The dtype in which codes are to be given, and what makes float64 values of them; None as for `encoder`."""
    if not spec.fits('float64'):
        return None
    return spec.codec.decoder(np.dtype(np.float32 if spec.fits('float32') else np.float64))
