"""The values of both sides, exactly."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._checks.shown import shown
from ...backends.numpy.inputs import as_array, as_real_array
from ...backends.numpy.run import to_float
from ...formats import Format

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_EXACT = 2**53


def inputs(x: ArrayLike) -> NDArray[Any]:
    """`x` as float64, or as it is where it is of integers. TypeError where it is no real number."""
    array = np.asarray(as_real_array(x))
    return array if array.dtype.kind in 'iu' else array.astype(np.float64)


def given(b: object, shape: tuple[int, ...]) -> NDArray[Any]:
    """An array computed elsewhere, as float64, or of Python numbers where float64 cannot hold them.

    Raises TypeError where it is no real number, ValueError for another shape.
    """
    array = as_array(b)
    if array.dtype == object:
        wrong = [item for item in array.flat if isinstance(item, bool) or not isinstance(item, int | float | Fraction)]
        if wrong:
            raise TypeError(f"'b' must be a format, its type string, or an array of real numbers: {shown(wrong[0])}")
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
    return comparable(array)


def comparable(array: NDArray[Any]) -> NDArray[Any]:
    """Integers as float64, or as Python ints beyond 2^53: NumPy compares int64 with float64 after rounding."""
    if array.dtype.kind not in 'iu':
        return array
    inside = array.size == 0 or (int(array.min()) >= -_EXACT and int(array.max()) <= _EXACT)
    return array.astype(np.float64 if inside else object)


def quantized(spec: Format, x: NDArray[Any]) -> NDArray[Any]:
    """`spec(x)`: float64, or ints and Fractions where float64 cannot hold the format; NaN where there is no code."""
    if spec.fits('float64'):
        return np.asarray(spec(x))
    values = np.full(x.shape, np.nan, object)
    has_code = ~np.isnan(x)
    if spec.wraps:
        has_code = np.isfinite(x)
    values[has_code] = spec.decode(spec.encode(x[has_code]), exact=True)
    return values


def differ(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.bool_]:
    """Where the values differ: 0 is -0, and NaN is NaN."""
    a, b = comparable(a), comparable(b)
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


def rounded_to(dtype: np.dtype[Any], values: NDArray[Any]) -> NDArray[Any]:
    """The values in a float dtype, each rounded once to the nearest, ties to even, as float64; inf beyond it."""
    with np.errstate(all='ignore'):
        if values.dtype != object:
            return np.asarray(values.astype(dtype).astype(np.float64))
        if dtype == np.float64:
            return np.array([_nearest(value) for value in values.flat]).reshape(values.shape)
        # to float64 with an odd last bit where inexact: the second rounding then is as from the exact value
        odd = np.array([_to_odd(value) for value in values.flat]).reshape(values.shape)
        return np.asarray(odd.astype(dtype).astype(np.float64))


def _nearest(value: int | float | Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _to_odd(value: int | float | Fraction) -> float:
    if isinstance(value, float):
        return value
    number = to_float(value)
    if number == value:
        return number
    magnitude = np.array(abs(number)).view(np.uint64) | np.uint64(1)
    return math.copysign(float(magnitude.view(np.float64)), 1 if value > 0 else -1)
