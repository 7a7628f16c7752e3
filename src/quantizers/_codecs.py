"""The layouts of raw bits: from a value to its code and back, one number at a time, and as functions of blocks.

A kind of format has a codec. That of fixed point is two's complement; of a minifloat sign, exponent, mantissa; of
binary one bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ._float_codes import Convert, FloatLayout, from_bit, from_float_bits, is_positive, scaling, to_float_bits
from ._maths.exact import leading_power
from ._maths.floats import Exact, times_power

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Codec:
    """A layout of `bits` raw bits, whose codes run from `low` to `high`, ascending with their values.

    A code is an integer; the raw bits are its lowest ones, so that codes below 0 are in two's complement.
    """

    takes_numbers: ClassVar[bool] = False
    """Whether `encoder` is for numbers as they are, before they are quantized."""

    if TYPE_CHECKING:

        @property
        def bits(self) -> int: ...
        @property
        def low(self) -> int: ...
        @property
        def high(self) -> int: ...

    def code(self, value: Fraction, negative: bool) -> int:
        """The code of a value; `negative` is the sign of what became 0."""
        raise NotImplementedError

    def value(self, code: int) -> Exact:
        """The value of a code."""
        raise NotImplementedError

    def encoder(self, dtype: np.dtype[Any]) -> Convert:
        """What makes codes of values in a floating dtype that holds all of them."""
        raise NotImplementedError

    def decoder(self, dtype: np.dtype[Any]) -> tuple[np.dtype[Any], Convert]:
        """The dtype in which codes are wanted, and what makes float64 of them by way of such a floating dtype."""
        raise NotImplementedError

    @property
    def count(self) -> int:
        """How many values there are; 0 is one, whatever its sign."""
        return self.high - self.low + 1

    def code_at(self, rank: int) -> int:
        """The code of the value of a rank, 0 for the smallest."""
        return self.low + rank

    def rank_of(self, code: int) -> int:
        """The rank of the value of a code."""
        return code - self.low

    def codes(self) -> NDArray[np.int64]:
        """Those of all values, by rank."""
        return np.arange(self.low, self.high + 1)

    def fields(self) -> dict[str, int]:
        """The fields of the raw bits, the highest first, and how many bits each has."""
        return {'bits': self.bits}

    def text(self, code: int) -> str:
        """A code as it is shown."""
        return str(code)


@dataclass(frozen=True)
class Integers(Codec):
    """Multiples of 2^-f, the code is the multiple."""

    bits: int
    f: int
    low: int
    high: int

    def code(self, value: Fraction, negative: bool) -> int:
        """The multiple."""
        return int(value * times_power(1, self.f))

    def value(self, code: int) -> Exact:
        """The multiple of the step."""
        return times_power(code, -self.f)

    def encoder(self, dtype: np.dtype[Any]) -> Convert:
        """Multiplication by 2^f."""
        return scaling(self.f, dtype)

    def decoder(self, dtype: np.dtype[Any]) -> tuple[np.dtype[Any], Convert]:
        """Multiplication by the step."""
        wide: np.dtype[Any] = np.dtype(np.float64)
        return wide, scaling(-self.f, wide)

    def fields(self) -> dict[str, int]:
        """Sign, integer and fraction, where the binary point is inside."""
        k = int(self.low < 0)
        i = self.bits - k - self.f
        return super().fields() if i < 0 or self.f < 0 else {'sign': k, 'integer': i, 'fraction': self.f}


@dataclass(frozen=True)
class SignExponentMantissa(FloatLayout, Codec):
    """A small float: the code is its raw bits, so that -0 has one. Codes are in the order of magnitudes."""

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
        return 1 << (self.bits - 1)

    def code(self, value: Fraction, negative: bool) -> int:
        """The sign, and the bits of the magnitude."""
        magnitude = abs(value)
        power = Fraction(max(leading_power(magnitude), times_power(1, self.emin)))
        exponent = power.numerator.bit_length() - power.denominator.bit_length()
        significand = int(magnitude / times_power(1, exponent - self.mantissa_bits))
        # the hidden one of the significand, where there is one, adds to the exponent field
        return (self._sign if negative else 0) | significand + ((exponent - self.emin) << self.mantissa_bits)

    def value(self, code: int) -> Exact:
        """The value, an int 0 for -0."""
        exponent, mantissa = divmod(code & (self._sign - 1), 1 << self.mantissa_bits)
        significand = mantissa + (1 << self.mantissa_bits if exponent else 0)
        sign = -1 if code & self._sign else 1
        return times_power(sign * significand, max(exponent - 1, 0) + self.emin - self.mantissa_bits)

    def encoder(self, dtype: np.dtype[Any]) -> Convert:
        """The bits of the scaled float, without those unused."""
        return to_float_bits(self, dtype)

    def decoder(self, dtype: np.dtype[Any]) -> tuple[np.dtype[Any], Convert]:
        """The bits of the scaled float, from unsigned codes of its size."""
        return np.dtype(f'u{dtype.itemsize}'), from_float_bits(self, dtype)

    @property
    def count(self) -> int:
        """All codes but that of -0."""
        return self.high

    def code_at(self, rank: int) -> int:
        """Negative values have a sign and descending magnitudes."""
        magnitude = rank - (self._sign - 1)
        return magnitude if magnitude >= 0 else self._sign - magnitude

    def rank_of(self, code: int) -> int:
        """That of 0 for -0."""
        return self._sign - 1 + (code if code < self._sign else self._sign - code)

    def codes(self) -> NDArray[np.int64]:
        """Negative ones first; -0 is not among them."""
        magnitudes = np.arange(self._sign)
        return np.concatenate([self._sign + magnitudes[:0:-1], magnitudes])

    def fields(self) -> dict[str, int]:
        """Sign, exponent, mantissa."""
        return {'sign': 1, 'exponent': self.exponent_bits, 'mantissa': self.mantissa_bits}

    def text(self, code: int) -> str:
        """Hexadecimal, as codes are bits."""
        return hex(code)


@dataclass(frozen=True)
class OneBit(Codec):
    """1 is 1, and 0 is -1."""

    bits: int = 1
    low: int = 0
    high: int = 1
    takes_numbers: ClassVar[bool] = True

    def code(self, value: Fraction, negative: bool) -> int:
        """Whether the value is positive."""
        return int(value > 0)

    def value(self, code: int) -> Exact:
        """-1 or 1."""
        return 2 * code - 1

    def encoder(self, dtype: np.dtype[Any]) -> Convert:
        """Whether the number is positive."""
        return is_positive

    def decoder(self, dtype: np.dtype[Any]) -> tuple[np.dtype[Any], Convert]:
        """-1 or 1."""
        return np.dtype(np.float64), from_bit
