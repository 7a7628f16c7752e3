"""What may be quantized: arrays of real numbers, those of small dtypes widened, and numbers of Python as they are."""

from __future__ import annotations

import sys
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import isfinite
from typing import Any

import numpy as np

from ..._checks.shown import shown
from ..._maths.floats import FLOATS, Exact
from .run import WHOLE
from .spec import FEW
from .xp import Array

# the dtypes that others have all numbers of
_FLOAT8 = 'float8_e4m3fn', 'float8_e5m2', 'float8_e4m3b11fnuz', 'float8_e4m3fnuz', 'float8_e5m2fnuz'
_WIDER = dict.fromkeys(_FLOAT8, 'float32') | {'int2': 'int8', 'int4': 'int8', 'uint2': 'uint8', 'uint4': 'uint8'}


def as_array(x: Any) -> Array:
    """`x` as a NumPy array: of objects, where it has numbers of Python that no dtype of NumPy's holds.

    A tensor of PyTorch comes from its graph and its device; float dtypes that NumPy has not are float32, exactly.
    """
    if isinstance(x, np.ndarray):
        return x
    torch: Any = sys.modules.get('torch')  # without it there is no tensor of it
    tensor: Any = getattr(torch, 'Tensor', ())
    if isinstance(x, tensor):
        narrow = x.dtype.is_floating_point and x.dtype not in (torch.float16, torch.float32, torch.float64)
        of_torch: Array = (x.float() if narrow else x).numpy(force=True)
        return of_torch
    array = np.asarray(x)
    if array.dtype.kind == 'f' and not hasattr(x, 'dtype') and _may_have_large(array):
        items = np.asarray(x, object)
        if any(isinstance(item, int) and abs(item) > WHOLE for item in items.flat):
            return items
    return array


def as_real_array(x: Any) -> Array:
    """`x` as a NumPy array of real numbers. TypeError, with the dtype, for any other."""
    array = as_array(x)
    if _is_real(array.dtype):
        return array
    wider = _WIDER.get(array.dtype.name)
    if wider is not None:
        return array.astype(wider)
    if array.dtype.char == 'g':
        return _as_float64(array)
    if array.dtype == object and any(isinstance(item, int) for item in array.flat):
        raise TypeError(f"'x' must be an array of int64 or uint64 for Python ints beyond 2^53: dtype {array.dtype}")
    hint = '; quantize x.real and x.imag' if array.dtype.kind == 'c' else ''
    raise TypeError(f"'x' must be an array of real numbers of at most 64 bits: dtype {array.dtype}{hint}")


def exact_number(item: Any) -> Exact | float:
    """A number of Python as an int or a Fraction, and as a float where it is Inf or NaN. TypeError for no number."""
    if isinstance(item, Fraction):
        return item
    if isinstance(item, int | np.integer | np.bool_):
        return int(item)
    if isinstance(item, Decimal):
        item = Fraction(item) if item.is_finite() else float('nan') if item.is_nan() else float(item)
    elif isinstance(item, float | np.floating) or (isinstance(item, np.generic) and _is_real(item.dtype)):
        item = Fraction(float(item)) if isfinite(item) else float(item)
    if isinstance(item, Fraction | float):
        return item
    raise TypeError(f"'x' must have real numbers alone: {shown(item)}")


def _as_float64(x: Array) -> Array:
    """Numbers of long doubles, which are refused where they have more bits."""
    with np.errstate(all='ignore'):
        narrow: Array = x.astype(np.float64)
    if not np.array_equal(narrow, x, equal_nan=True):
        raise TypeError(f"'x' must have numbers that float64 holds: dtype {x.dtype}; x.astype('float64') rounds them")
    return narrow


def _may_have_large(array: Array) -> bool:
    """Whether one of the numbers that became an array may have been an integer beyond 2^53."""
    if not array.size:
        return False
    numbers = array.reshape(-1).tolist() if array.size <= FEW else (array.min(), array.max())
    return not (min(numbers) > -WHOLE and max(numbers) < WHOLE)


@cache
def _is_real(dtype: np.dtype[Any]) -> bool:
    return dtype.kind in 'iub' or dtype.name in FLOATS


def float_name(x: Array) -> str:
    """The dtype of the result: that of `x`, float64 for integers and bools."""
    return _float_name(x.dtype)


@cache
def _float_name(dtype: np.dtype[Any]) -> str:
    return dtype.name if dtype.name in FLOATS else 'float64'
