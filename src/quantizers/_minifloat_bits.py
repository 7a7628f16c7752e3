"""The raw bits of minifloats: sign, exponent field, mantissa; exact, and in NumPy where float64 holds the values."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ._maths.exact import leading_power
from ._maths.floats import Exact, times_power

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .formats import MinifloatQ


def exact_minifloat_bits(spec: MinifloatQ, magnitude: Fraction) -> int:
    """The bits, less the sign, of a non-negative value of the format."""
    power = Fraction(max(leading_power(magnitude), times_power(1, spec.emin)))
    exponent = power.numerator.bit_length() - power.denominator.bit_length()
    significand = int(magnitude / times_power(1, exponent - spec.mantissa_bits))
    # the hidden one of the significand, where there is one, adds to the exponent field
    return significand + ((exponent - spec.emin) << spec.mantissa_bits)


def exact_minifloat_value(spec: MinifloatQ, bits: int) -> Exact:
    """The value of raw bits."""
    sign = -1 if bits >> (spec.bits - 1) else 1
    exponent, mantissa = divmod(bits & ((1 << (spec.bits - 1)) - 1), 1 << spec.mantissa_bits)
    significand = mantissa + (1 << spec.mantissa_bits if exponent else 0)
    return times_power(sign * significand, max(exponent - 1, 0) + spec.emin - spec.mantissa_bits)


def minifloat_bits(spec: MinifloatQ, quantized: NDArray[Any]) -> NDArray[np.uint64]:
    """The raw bits of values of the format."""
    exponent = np.where(quantized == 0, spec.emin, np.maximum(np.frexp(quantized)[1] - 1, spec.emin))
    # in two steps, as 2^(m - exponent) may be beyond float64
    significand = np.ldexp(np.ldexp(np.abs(quantized), -exponent), spec.mantissa_bits).astype(np.uint64)
    bits = significand + ((exponent - spec.emin).astype(np.uint64) << np.uint64(spec.mantissa_bits))
    return np.asarray(bits | (np.signbit(quantized).astype(np.uint64) << np.uint64(spec.bits - 1)))


def minifloat_values(spec: MinifloatQ, bits: NDArray[np.int64]) -> NDArray[np.float64]:
    """The values of raw bits."""
    m = spec.mantissa_bits
    exponent, mantissa = np.divmod(bits & ((1 << (spec.bits - 1)) - 1), 1 << m)
    significand = mantissa + ((exponent > 0).astype(np.int64) << m)
    magnitude = np.ldexp(
        significand.astype(np.float64), (np.maximum(exponent - 1, 0) + (spec.emin - m)).astype(np.int32)
    )
    return np.asarray(np.where(bits >> (spec.bits - 1) & 1, -magnitude, magnitude))
