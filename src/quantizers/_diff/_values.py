"""The values of both sides, exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from .._backends._numpy import as_real_array
from ..formats import Spec

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EXACT = 2**53


def inputs(x: Any) -> NDArray[Any]:
    """`x` as float64, or as it is where it is of integers. TypeError where it is no real number."""
    array = np.asarray(as_real_array(x))
    return array if array.dtype.kind in 'iu' else array.astype(np.float64)


def given(b: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """An array computed elsewhere, as float64, or of Python numbers where float64 cannot hold them.

    Raises TypeError where it is no real number, ValueError for another shape.
    """
    array = np.asarray(b)
    if array.dtype == object:
        wrong = [item for item in array.flat if isinstance(item, bool) or not isinstance(item, int | float | Fraction)]
        if wrong:
            raise TypeError(f"'b' must be a format, its type string, or an array of real numbers: {wrong[0]!r}")
    else:
        try:
            array = inputs(array)
        except TypeError:
            raise TypeError(
                f"'b' must be a format, its type string, or an array of real numbers of at most 64 bits: "
                f'dtype {array.dtype}'
            ) from None
    if array.shape != shape:
        raise ValueError(f"'b' must have the shape of 'x', {shape}: {array.shape}")
    if array.dtype.kind in 'iu':
        inside = array.size == 0 or (int(array.min()) >= -_EXACT and int(array.max()) <= _EXACT)
        array = array.astype(np.float64 if inside else object)
    return array


def quantized(spec: Spec, x: NDArray[Any]) -> NDArray[Any]:
    """`spec(x)`: float64, or ints and Fractions where float64 cannot hold the format; NaN where there is no code."""
    if spec.fits('float64'):
        return np.asarray(spec(x))
    values = np.full(x.shape, np.nan, object)
    has_code = ~np.isnan(x)
    if getattr(spec, 'overflow', '').startswith('WRAP'):
        has_code = np.isfinite(x)
    values[has_code] = spec.decode(spec.encode(x[has_code]), exact=True)
    return values


def differ(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    """Where the values differ: 0 is -0, and NaN is NaN."""
    either = (a == a) | (b == b)  # noqa: PLR0124  (only NaN is not itself, in object arrays too)
    return np.asarray((a != b) & either, bool)


def distances(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """How far apart the values are: inf where one of them is NaN or Inf."""
    if object not in (a.dtype, b.dtype):
        with np.errstate(all='ignore'):
            apart = np.abs(a - b)
        return np.where(np.isnan(apart), np.inf, apart)
    finite = [abs(p) < np.inf and abs(q) < np.inf for p, q in zip(a.tolist(), b.tolist(), strict=True)]
    pairs = zip(a.tolist(), b.tolist(), finite, strict=True)
    return np.array([abs(Fraction(p) - Fraction(q)) if both else np.inf for p, q, both in pairs], object)
