"""The layouts of raw bits: from a value to its code and back, one number at a time, and as functions of blocks.

A kind of format has a codec. That of fixed point is two's complement; of a minifloat sign, exponent, mantissa; of
binary one bit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._maths.floats import Exact, times_power
from .floats import Convert, from_bit, is_positive, scaling, to_integers

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Codec(ABC):
    """A layout of `bits` raw bits, whose codes run from `low` to `high`, ascending with their values.

    A code is an integer; the raw bits are its lowest ones, so that codes below 0 are in two's complement.
    """

    takes_numbers: ClassVar[bool] = False
    """Whether `encoder` is for numbers as they are, before they are quantized."""

    if TYPE_CHECKING:

        @property
        def bits(self) -> int:
            """Total width in bits."""

        @property
        def low(self) -> int:
            """The smallest code."""

        @property
        def high(self) -> int:
            """The largest code."""

    nan: int | None = None
    """The code of NaN; None where it has none."""
    takes_infinity: ClassVar[bool] = False
    """Whether the law says of Inf more than of a number beyond all."""

    @abstractmethod
    def code(self, value: Fraction, negative: bool) -> int:
        """The code of a value; `negative` is the sign of what became 0."""

    def special(self, value: float) -> int:
        """The code of Inf or NaN, of a format that gives them."""
        raise AssertionError(value)

    @abstractmethod
    def value(self, code: int) -> Exact | float:
        """The value of a code; Inf and NaN are floats."""

    @abstractmethod
    def encoder(self, dtype: np.dtype[Any]) -> Convert:
        """What makes codes of values in a floating dtype that holds all of them."""

    @abstractmethod
    def decoder(self, dtype: np.dtype[Any]) -> tuple[np.dtype[Any], Convert]:
        """The dtype in which codes are wanted, and what makes float64 of them by way of such a floating dtype."""

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
        return scaling(self.f, dtype) if self.bits <= 64 else to_integers(self.f, dtype)

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
