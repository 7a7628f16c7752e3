"""The namespace `xp` of `_maths` in NumPy ufuncs, for one dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._maths.floats import FLOATS, compute_dtype

Array = np.ndarray[Any, Any]

# below this size np.where is faster than selecting by bits
_SMALL = 512
_BITS = {size: np.dtype(f'i{size}') for size in (1, 2, 4, 8)}


def where(condition: Any, yes: Any, no: Any) -> Any:
    """`np.where`, by bit masks where that is faster: it has no branch to mispredict."""
    if np.size(condition) < _SMALL:
        return np.where(condition, yes, no)
    dtype = np.result_type(yes, no)
    bits = _BITS[dtype.itemsize]
    no_bits = np.asarray(no, dtype).view(bits)
    mask = np.negative(condition.view(np.int8)).astype(bits)
    other = np.asarray(yes, dtype).view(bits) ^ no_bits
    # where one of them has the shape of the result, it has its place, too
    mask = np.bitwise_and(mask, other, out=mask if mask.shape == other.shape else None)
    mask ^= no_bits
    return mask.view(dtype)


class Namespace:
    """NumPy's primitives for arrays of float32 or float64.

    Args:
        target: the name of the dtype of the result; float16 and bfloat16 are computed in float32.
        extreme: scale by ldexp, for exponents that the dtype's own powers of two cannot hold.
    """

    floor, ceil, trunc, rint, abs = np.floor, np.ceil, np.trunc, np.rint, np.abs
    isnan = np.isnan
    minimum, maximum = np.minimum, np.maximum
    where = staticmethod(where)

    def __init__(self, target: str, extreme: bool) -> None:
        dtype = compute_dtype(target)
        self.dtype = np.dtype(dtype)
        self.compute, self.target = FLOATS[dtype], FLOATS[target]
        self.extreme = extreme
        # an array, as NumPy takes longer to convert a Python number
        self.half = np.array(0.5, dtype)
        self._exponent_bits = np.array(np.inf, self.dtype).view(f'u{self.dtype.itemsize}')

    def power2(self, n: Any) -> Array:
        return np.asarray(np.ldexp(self.dtype.type(1), np.asarray(n, np.int32)))

    def power(self, n: Any) -> Array:
        return np.asarray(n, np.int32) if self.extreme else self.power2(n)

    def scale(self, x: Array, power: Array) -> Array:
        if not self.extreme:
            return np.multiply(x, power)
        return np.ldexp(x, power)

    def signed_scale(self, x: Array, power: Array) -> Array:
        return self.scale(x, power)

    def sticky_scale(self, x: Array, power: Array) -> Array:
        y = self.scale(x, power)
        lost = (y == 0) & (x != 0)
        return np.where(lost, np.copysign(np.finfo(self.dtype).smallest_subnormal, x), y)

    def quotient(self, x: Array, divisor: Any) -> Array:
        result: Array = x / divisor
        return result

    def large(self, x: Array) -> Array:
        return np.abs(x) >= 2.0**self.compute.precision

    def kept(self, x: Array) -> Array:
        return x

    def zero_above(self, result: Array) -> Array:
        result += 0.0
        return result

    def signed_like(self, result: Array, x: Array) -> Array:
        return np.copysign(result, x)

    def held(self, x: Array) -> Array:
        return x

    def clip(self, x: Array, low: Any, high: Any) -> Array:
        if np.ndim(low) or np.ndim(high):
            between: Array = np.minimum(np.maximum(x, low), high)
            return between
        clipped: Array = x.clip(low, high)  # one pass, but of arrays slower than both
        return clipped

    def sigmoid(self, x: Array) -> Array:
        result: Array = 1 / (1 + np.exp(-x))
        return result

    def leading_power(self, x: Array) -> Array:
        bits: Array = x.view(self._exponent_bits.dtype) & self._exponent_bits
        return bits.view(self.dtype)

    def odd_exponent(self, x: Array) -> Array:
        last = x.view(self._exponent_bits.dtype) >> (self.compute.precision - 1)
        return np.asarray(last & 1 == 0)  # as the bias is odd

    def leading_exponent(self, x: Array) -> Array:
        return np.asarray(np.frexp(x)[1] - 1)
