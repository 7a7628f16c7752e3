"""In which dtype codes of a format are made and read, and by what."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .._maths.fixed import CLIPPING
from .._maths.floats import times_power
from ..backends.numpy.run import to_float
from .exact import exact_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .coded import Coded
    from .floats import Convert

# bits, and an exponent, with which nothing on the way is subnormal or infinite
_FAR = 800


@lru_cache(maxsize=256)
def encoder(spec: Coded, dtype: np.dtype[Any]) -> tuple[np.dtype[Any], Convert, Convert | None] | None:
    """The dtype in which numbers of `dtype` are to be quantized, and what makes codes of the values.

    Third what makes codes of the numbers out of range that become none of float64. None where float64 cannot hold the
    format, nor what its own numbers in range become in it.
    """
    whole = dtype.kind in 'iu' and dtype.itemsize == 8  # of which float64 has not all
    if not spec.fits('float64') and (whole or not _by_floats(spec)):
        return None
    narrow = dtype.kind not in 'iub' and dtype.itemsize < 8 and spec.fits('float32')
    compute = np.dtype(np.float32 if narrow else np.float64)
    return compute, spec.codec.encoder(compute), _beyond(spec)


def _by_floats(spec: Coded) -> bool:
    """Whether float64 has what each of its numbers in range becomes, as none is far off."""
    far = times_power(1, _FAR)
    return spec.modes is not None and spec.bits <= _FAR and -far < spec.min and spec.max < far and spec.eps * far >= 1


def _beyond(spec: Coded) -> Convert | None:
    """What makes codes of the numbers out of range that become none of float64."""
    modes, codec = spec.modes, spec.codec
    if spec.fits('float64') or modes is None or modes.overflow == 'SAT_ZERO':
        return None
    if modes.overflow == 'WRAP' and not modes.saturation_bits and codec.low < 0:
        return None
    # there is no number between an end and the float64 beside it
    low, high = to_float(spec.min), to_float(spec.max)
    if modes.overflow not in CLIPPING:
        return lambda x, codes: _exactly(spec, (x < low) | (x > high), x, codes)
    mends_low = low != spec.min

    def clip(x: NDArray[Any], codes: NDArray[Any]) -> None:
        np.copyto(codes, codec.high, where=x > high)
        if mends_low:
            np.copyto(codes, codec.low, where=x < low)

    return clip


def _exactly(spec: Coded, where: NDArray[Any], x: NDArray[Any], codes: NDArray[Any]) -> None:
    if where.any():
        codes[where] = exact_codes(spec, x[where], codes.dtype)


@lru_cache(maxsize=256)
def decoder(spec: Coded) -> tuple[np.dtype[Any], Convert] | None:
    """The dtype in which codes are to be given, and what makes float64 values of them; None as for `encoder`."""
    if not spec.fits('float64'):
        return None
    return spec.codec.decoder(np.dtype(np.float32 if spec.fits('float32') else np.float64))
