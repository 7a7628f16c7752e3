"""Small floats: the layout of their bits, and how their values lie."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf, isnan, nan
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._maths.exact import leading_exponent
from .._maths.floats import Exact, times_power
from ..codes.codecs import Codec
from ..codes.floats import Convert, FloatLayout, from_float_bits, to_float_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ANY_EXPONENT = 16  # room for every float64 above every smallest exponent


@dataclass(frozen=True)
class SignExponentMantissa(FloatLayout, Codec):
    """A small float: the code is its raw bits, those of magnitudes in their order, and what is above `top` special.

    Attributes:
        top: the magnitude of the largest value.
        infinite: whether the magnitude after it is Inf.
        nan: the code that NaN gets, of those of all others above, and of -0 where there is none; None for no NaN.
        zero: whether the code 0 is 0, not half of what code 1 is.
    """

    top: int
    signed: bool = True
    infinite: bool = False
    nan: int | None = None
    signed_zero: bool = True
    zero: bool = True
    takes_infinity: ClassVar[bool] = True

    @property
    def bits(self) -> int:
        """Total width in bits."""
        return self.signed + self.magnitude_bits

    @property
    def low(self) -> int:
        """That of 0."""
        return 0

    @property
    def high(self) -> int:
        """All ones."""
        return (1 << self.bits) - 1

    @property
    def _sign(self) -> int:
        return 1 << self.magnitude_bits

    @property
    def _has_specials(self) -> bool:
        return self.nan is not None or self.infinite or not self.zero

    def code(self, value: Fraction, negative: bool) -> int:
        """The sign, and the bits of the magnitude."""
        magnitude = abs(value)
        exponent = max(leading_exponent(magnitude), self.emin) if magnitude else self.emin
        significand = int(magnitude / times_power(1, exponent - self.mantissa_bits))
        # the hidden one of the significand, where there is one, adds to the exponent field
        code = significand + ((exponent - self.emin) << self.mantissa_bits)
        below = value < 0 or (not value and negative and self.signed_zero)
        return code | (self._sign if below and self.signed else 0)

    def special(self, value: float) -> int:
        """Those of Inf and NaN."""
        if isnan(value):
            assert self.nan is not None, value
            return self.nan
        return self.top + 1 | (self._sign if value < 0 else 0)

    def value(self, code: int) -> Exact | float:
        """The value, an int 0 for -0; Inf and NaN are floats."""
        magnitude, negative = code & (self._sign - 1), bool(code & self._sign)
        if magnitude > self.top or (negative and not magnitude and self.zero and not self.signed_zero):
            return (-inf if negative else inf) if self.infinite and magnitude == self.top + 1 else nan
        if not (magnitude or self.zero):
            return times_power(-1 if negative else 1, self.emin - 1)
        exponent, mantissa = divmod(magnitude, 1 << self.mantissa_bits)
        significand = mantissa + (1 << self.mantissa_bits if exponent else 0)
        return times_power(
            -significand if negative else significand, max(exponent - 1, 0) + self.emin - self.mantissa_bits
        )

    def encoder(self, dtype: np.dtype[Any]) -> Convert:
        """The bits of the scaled float, without those unused."""
        convert = to_float_bits(self, dtype)

        def with_specials(values: NDArray[Any], codes: NDArray[Any]) -> None:
            convert(values, codes)
            finite = np.isfinite(values)
            if not finite.all():
                special = values[~finite]
                infinite = self.top + 1 | np.where(special < 0, self._sign, 0)
                codes[~finite] = np.where(np.isnan(special), self.nan or 0, infinite)

        return with_specials if self._has_specials else convert

    def decoder(self, dtype: np.dtype[Any]) -> tuple[np.dtype[Any], Convert]:
        """The bits of the scaled float, from unsigned codes of its size."""
        convert, unsigned = from_float_bits(self, dtype), np.dtype(f'u{dtype.itemsize}')

        def with_specials(codes: NDArray[Any], values: NDArray[Any]) -> None:
            convert(codes, values)
            magnitudes = codes & (self._sign - 1)
            special = magnitudes > self.top
            if special.any():
                values[special] = nan
                if self.infinite:
                    at = magnitudes == self.top + 1
                    values[at] = np.where(codes[at] > self._sign, -inf, inf)
            if not self.zero:
                values[magnitudes == 0] = np.where(
                    codes[magnitudes == 0], float(self.value(self._sign)), float(self.value(0))
                )
            elif self.signed and not self.signed_zero:
                values[codes == self._sign] = nan

        return unsigned, with_specials if self._has_specials else convert

    @property
    def count(self) -> int:
        """All finite codes but that of -0."""
        return self.top + 1 + self._negative

    @property
    def _negative(self) -> int:
        """How many values are below 0."""
        return self.top + (not self.zero) if self.signed else 0

    def code_at(self, rank: int) -> int:
        """Negative values have a sign and descending magnitudes."""
        magnitude = rank - self._negative
        return magnitude if magnitude >= 0 else self._sign - magnitude - (not self.zero)

    def rank_of(self, code: int) -> int:
        """That of 0 for -0, and of the end for Inf."""
        magnitude = min(code & (self._sign - 1), self.top)
        return self._negative + (-magnitude - (not self.zero) if code & self._sign else magnitude)

    def codes(self) -> NDArray[np.int64]:
        """Negative ones first; -0 is not among them."""
        magnitudes = np.arange(self.top + 1)
        below = magnitudes[::-1][: self._negative]
        return np.concatenate([self._sign + below, magnitudes]) if self.signed else magnitudes

    def fields(self) -> dict[str, int]:
        """Sign, exponent, mantissa."""
        return {'sign': int(self.signed), 'exponent': self.exponent_bits, 'mantissa': self.mantissa_bits}

    def text(self, code: int) -> str:
        """Hexadecimal, as codes are bits."""
        return hex(code)
