"""Codes and values of formats in NumPy, where a float dtype holds every value: functions of one block.

A minifloat is scaled so that its subnormals become the dtype's own. Then the bits of the float are those of the code,
but for unused bits of the exponent, between it and the sign, and of the mantissa. Where the exponent has none unused,
the largest numbers are beyond the dtype by then; their own bits differ from the code's by the bias of the exponent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .._maths.floats import FLOATS

if TYPE_CHECKING:
    from numpy.typing import NDArray


# fills a block of the result, its second argument, of any dtype
Convert = Callable[['NDArray[Any]', 'NDArray[Any]'], object]


@dataclass(frozen=True)
class FloatLayout:
    """The bits of a small float below its sign, and the exponent of its smallest normal value."""

    exponent_bits: int
    mantissa_bits: int
    emin: int

    @property
    def bits(self) -> int:
        """Total width in bits."""
        return 1 + self.magnitude_bits

    @property
    def magnitude_bits(self) -> int:
        """All but the sign."""
        return self.exponent_bits + self.mantissa_bits


def is_positive(values: NDArray[Any], codes: NDArray[Any]) -> None:
    """The codes of one bit."""
    np.greater(values, 0, out=codes, casting='unsafe')


def from_bit(codes: NDArray[Any], values: NDArray[Any]) -> None:
    """Its values, -1 and 1."""
    np.subtract(2 * codes, 1, out=values)


def to_float_bits(layout: FloatLayout, dtype: np.dtype[Any]) -> Convert:
    """What makes codes of values in a dtype that holds all of them."""
    scale, unused_exponent, unused_mantissa = _unused(layout, dtype)
    to_scaled = scaling(scale, dtype)
    unsigned = np.dtype(f'u{dtype.itemsize}')
    sign = 1 << layout.magnitude_bits
    too_high = (sign << unused_exponent) - sign

    def convert(values: NDArray[Any], codes: NDArray[Any]) -> None:
        scaled = to_scaled(values, None)
        beyond = None if unused_exponent else np.isinf(scaled)
        bits = scaled.view(unsigned)
        bits >>= unused_mantissa
        if beyond is None:
            # brings the sign down; a positive number less this would be below 0, and wraps to a large one
            np.minimum(bits, bits - too_high, out=codes, casting='unsafe')
            return
        if beyond.any():
            bits[beyond] = (values[beyond].view(unsigned) >> unused_mantissa) + (scale << layout.mantissa_bits)
        codes[...] = bits

    return convert


def from_float_bits(layout: FloatLayout, dtype: np.dtype[Any]) -> Convert:
    """What makes values of codes, which are unsigned integers of the size of the dtype."""
    scale, unused_exponent, unused_mantissa = _unused(layout, dtype)
    of_scaled = scaling(-scale, dtype)
    size = 8 * dtype.itemsize
    signed = np.dtype(f'i{dtype.itemsize}')
    used = (1 << size) - (1 << (size - 1)) + (1 << (size - 1 - unused_exponent)) - 1

    def convert(codes: NDArray[Any], values: NDArray[Any]) -> None:
        bits = codes << (unused_exponent + unused_mantissa)
        if unused_exponent:
            # a signed shift leaves the sign where it is, and copies of it in the unused bits
            bits.view(signed)[...] >>= unused_exponent
            bits &= used
        scaled = bits.view(dtype)
        of_scaled(scaled, values)
        if not unused_exponent:
            beyond = ~np.isfinite(scaled)
            values[beyond] = (bits[beyond] - (scale << (layout.mantissa_bits + unused_mantissa))).view(dtype)

    return convert


def _unused(layout: FloatLayout, dtype: np.dtype[Any]) -> tuple[int, int, int]:
    """The power of two to scale by, and the numbers of unused exponent and mantissa bits."""
    _, precision, smallest, _ = FLOATS[dtype.name]
    exponent_bits = 8 * dtype.itemsize - precision
    return (
        smallest + precision - 1 - layout.emin,
        exponent_bits - layout.exponent_bits,
        precision - 1 - layout.mantissa_bits,
    )


def to_integers(n: int, dtype: np.dtype[Any]) -> Convert:
    """Multiplication by 2^n, with whole products, to Python's integers."""
    scaled = scaling(n, dtype)

    def convert(values: NDArray[Any], codes: NDArray[Any]) -> None:
        codes[...] = list(map(int, scaled(values, None).tolist()))

    return convert


def scaling(n: int, dtype: np.dtype[Any]) -> Callable[..., NDArray[Any]]:
    """Multiplication by 2^n, for numbers of the dtype whose product is one as well."""
    _, _, smallest, largest = FLOATS[dtype.name]
    within = min(max(n, smallest), largest)
    power = np.ldexp(dtype.type(1), within)
    if within == n:
        return lambda x, out: np.multiply(x, power, out=out, casting='unsafe')
    rest = scaling(n - within, dtype)
    return lambda x, out: rest(x * power, out)
