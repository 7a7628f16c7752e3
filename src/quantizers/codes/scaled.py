"""Codes with a scale and a zero point."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from .codecs import Codec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .floats import Convert


@dataclass(frozen=True)
class ScaledIntegers(Codec):
    """A code is a multiple of the scale, plus the zero point."""

    bits: int
    scale: float
    zero_point: int
    low: int
    high: int

    def code(self, value: Fraction, negative: bool) -> int:
        """The multiple, and the zero point."""
        return int(value / Fraction(self.scale)) + self.zero_point

    def value(self, code: int) -> Fraction:
        """The multiple, exactly."""
        return (code - self.zero_point) * Fraction(self.scale)

    def encoder(self, dtype: np.dtype[Any]) -> Convert:
        """The nearest multiple, as values are rounded products: far fewer steps than a significand counts."""
        scale = dtype.type(self.scale)

        def convert(values: NDArray[Any], codes: NDArray[Any]) -> None:
            np.add(np.rint(values / scale), self.zero_point, out=codes, casting='unsafe')

        return convert

    def decoder(self, dtype: np.dtype[Any]) -> tuple[np.dtype[Any], Convert]:
        """The product of float64."""
        wide: np.dtype[Any] = np.dtype(np.float64)
        return wide, lambda codes, values: np.multiply(codes - self.zero_point, self.scale, out=values)
