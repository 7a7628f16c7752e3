"""What kernels of Triton call: operations that Triton has inexact, flushing subnormal numbers, or not at all.

They are made of bits and of sums that are exact, so that Triton's interpreter, which is NumPy, tries what GPUs do.
Each branch has its `else`, since Triton compiles what stands after a `return`.
"""

from __future__ import annotations

import triton
import triton.language as tl

from ..._maths.floats import FLOATS, UNBOUNDED

_UNBOUNDED = tl.constexpr(float(UNBOUNDED))
_MANTISSA, _BIAS = (tl.constexpr(value) for value in (FLOATS['float32'].precision - 1, FLOATS['float32'].largest))
_MANTISSA_64, _BIAS_64 = (tl.constexpr(value) for value in (FLOATS['float64'].precision - 1, FLOATS['float64'].largest))
_SIGN, _SIGN_64 = tl.constexpr(-(1 << 31)), tl.constexpr(-(1 << 63))
# from here on numbers are whole, and the last bit of each up to twice as much is 1
_WHOLE, _WHOLE_64 = tl.constexpr(2.0**23), tl.constexpr(2.0**52)
_LAST, _UP, _NAN = tl.constexpr(16), tl.constexpr((1 << 15) - 1), tl.constexpr(0x7FC00000)


@triton.jit
def signed_like(magnitude: tl.tensor, x: tl.tensor) -> tl.tensor:
    """A number that is not of the other sign, with the sign of `x`."""
    if x.dtype == tl.float64:
        sign = x.to(tl.int64, bitcast=True) & _SIGN_64
        return (magnitude.to(tl.int64, bitcast=True) | sign).to(tl.float64, bitcast=True)
    else:
        sign = x.to(tl.int32, bitcast=True) & _SIGN
        return (magnitude.to(tl.int32, bitcast=True) | sign).to(tl.float32, bitcast=True)


@triton.jit
def nearest(magnitude: tl.tensor) -> tl.tensor:
    """The nearest whole number to one below `_WHOLE` that is not negative, ties to even."""
    if magnitude.dtype == tl.float64:
        return (magnitude + _WHOLE_64) - _WHOLE_64
    else:
        return (magnitude + _WHOLE) - _WHOLE


@triton.jit
def is_near(magnitude: tl.tensor) -> tl.tensor:
    """Whether a number may have a fraction."""
    if magnitude.dtype == tl.float64:
        return magnitude < _WHOLE_64
    else:
        return magnitude < _WHOLE


@triton.jit
def rint(x: tl.tensor) -> tl.tensor:
    """The nearest whole number, ties to even; all of these keep the sign of a zero."""
    magnitude = tl.abs(x)
    return tl.where(is_near(magnitude), signed_like(nearest(magnitude), x), x)


@triton.jit
def trunc(x: tl.tensor) -> tl.tensor:
    """The whole number towards 0."""
    magnitude = tl.abs(x)
    whole = nearest(magnitude)
    whole = tl.where(whole > magnitude, whole - 1.0, whole)
    return tl.where(is_near(magnitude), signed_like(whole, x), x)


@triton.jit
def floor(x: tl.tensor) -> tl.tensor:
    """The whole number below."""
    whole = rint(x)
    return tl.where(whole > x, whole - 1.0, whole)


@triton.jit
def ceil(x: tl.tensor) -> tl.tensor:
    """The whole number above."""
    whole = rint(x)
    return tl.where(whole < x, signed_like(whole + 1.0, x), whole)


@triton.jit
def divide(x: tl.tensor, y: tl.tensor) -> tl.tensor:
    """The quotient; Triton's own is inexact for float32."""
    if x.dtype == tl.float64:
        return x / y
    else:
        return tl.div_rn(x, y)


@triton.jit
def exp(x: tl.tensor) -> tl.tensor:
    """In float64, as loops on CPUs have it; Triton's own for float32 is inexact."""
    return tl.exp(x.to(tl.float64)).to(x.dtype)


@triton.jit
def exponent_field(x: tl.tensor) -> tl.tensor:
    """The exponent as it stands in the bits."""
    if x.dtype == tl.float64:
        return ((x.to(tl.int64, bitcast=True) >> _MANTISSA_64) & (2 * _BIAS_64 + 1)).to(tl.int32)
    else:
        return (x.to(tl.int32, bitcast=True) >> _MANTISSA) & (2 * _BIAS + 1)


@triton.jit
def leading_power(x: tl.tensor) -> tl.tensor:
    """2^floor(log2 |x|), 0 for 0 and for subnormal numbers."""
    return of_exponent(exponent_field(x), x.dtype)


@triton.jit
def of_exponent(field: tl.tensor, dtype: tl.constexpr) -> tl.tensor:
    """The number of an exponent as it stands in the bits, and no others."""
    if dtype == tl.float64:
        return (field.to(tl.int64) << _MANTISSA_64).to(tl.float64, bitcast=True)
    else:
        return (field << _MANTISSA).to(tl.float32, bitcast=True)


@triton.jit
def normal_power2(n: tl.tensor, dtype: tl.constexpr) -> tl.tensor:
    """2^n, where this is a normal number."""
    if dtype == tl.float64:
        return of_exponent(n + _BIAS_64, dtype)
    else:
        return of_exponent(n + _BIAS, dtype)


@triton.jit
def ldexp(x: tl.tensor, n: tl.tensor) -> tl.tensor:
    """`x * 2^n`, rounded once; beyond two factors' reach no law looks at more than its sign."""
    if x.dtype == tl.float64:
        n = tl.minimum(tl.maximum(n, 2 - 2 * _BIAS_64), 2 * _BIAS_64)
        last = tl.minimum(tl.maximum(n, 1 - _BIAS_64), _BIAS_64)
    else:
        n = tl.minimum(tl.maximum(n, 2 - 2 * _BIAS), 2 * _BIAS)
        last = tl.minimum(tl.maximum(n, 1 - _BIAS), _BIAS)
    return x * normal_power2(n - last, x.dtype) * normal_power2(last, x.dtype)


@triton.jit
def whole_width(x: tl.tensor) -> tl.tensor:
    """A width as an integer, rounded half to even; 0 for NaN."""
    known = tl.where(x == x, x, 0.0)  # noqa: PLR0124
    return rint(tl.minimum(tl.maximum(known, -_UNBOUNDED), _UNBOUNDED)).to(tl.int32)


@triton.jit
def widened(x: tl.tensor, dtype: tl.constexpr) -> tl.tensor:
    """A number as it is computed with."""
    if x.dtype == tl.bfloat16:
        return (x.to(tl.int16, bitcast=True).to(tl.int32) << _LAST).to(tl.float32, bitcast=True)
    else:
        return x.to(dtype)


@triton.jit
def narrowed(x: tl.tensor, dtype: tl.constexpr) -> tl.tensor:
    """A number as it is stored, rounded half to even."""
    if dtype == tl.bfloat16:
        bits = x.to(tl.int32, bitcast=True)
        rounded = tl.where(x == x, bits + _UP + ((bits >> _LAST) & 1), _NAN)  # noqa: PLR0124
        return (rounded >> _LAST).to(tl.int16).to(tl.bfloat16, bitcast=True)
    else:
        return x.to(dtype)
