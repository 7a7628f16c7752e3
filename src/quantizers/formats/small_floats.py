"""Small floats: the layout of their bits, and how their values lie."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._maths.exact import ExactMinifloat, leading_exponent, leading_power
from .._maths.floats import Exact, times_power
from ..codes.codecs import Codec
from ..codes.floats import Convert, FloatLayout, from_float_bits, to_float_bits
from .spacing import ANY_INTEGER, Part, Spacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ANY_EXPONENT = 15  # room for every float64


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
        exponent = max(leading_exponent(magnitude), self.emin) if magnitude else self.emin
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
class Binades(Spacing):
    """2^m steps a binade, from 2^emin to 2^emax, and the lowest step down to 0."""

    mantissa_bits: int
    exponent_bits: int
    emin: int
    emax: int
    period: ClassVar[None] = None
    uniform: ClassVar[bool] = False

    @property
    def eps(self) -> Exact:
        """The lowest step."""
        return times_power(1, self.emin - self.mantissa_bits)

    @property
    def weights(self) -> tuple[int, int]:
        """Those of the subnormals' step and of the largest value."""
        return self.emin - self.mantissa_bits, self.emax

    @property
    def exponents(self) -> tuple[int, int]:
        """Those of the subnormals' step and of the end of the range."""
        return self.emin - self.mantissa_bits, self.emax + 1

    def step_at(self, x: Exact) -> tuple[Exact, Exact]:
        """The value at or below `x` in its binade, and the step there."""
        power = Fraction(leading_power(x)) or Fraction(self.eps)
        exponent = power.numerator.bit_length() - power.denominator.bit_length()
        if x == -power:  # above -2^n lies the binade below
            exponent -= 1
        step = times_power(1, min(max(exponent, self.emin), self.emax) - self.mantissa_bits)
        return x // step * step, step

    def rounded(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """In the format with an exponent bit more, and the same smallest exponent."""
        from ..functional import float_quantize_np

        e = self.exponent_bits + 1
        return np.asarray(float_quantize_np(x, self.mantissa_bits, e, self.emin - 1 + 2 ** (e - 1)))

    def rounded_exact(self, x: Exact) -> Exact:
        """With one binade more."""
        return ExactMinifloat(self.mantissa_bits, self.emin, self.emax + 1)(x)

    def holds(self, x: NDArray[Any], extra: int) -> NDArray[np.bool_]:
        """Those without bits below the step of their binade, halved `extra` times."""
        mantissa = self.mantissa_bits + extra
        if x.dtype == object:
            quantize = ExactMinifloat(mantissa, self.emin, ANY_INTEGER)
            return np.array([quantize(v) == v for v in x.tolist()])
        from ..functional import float_quantize_np

        if self.emin - mantissa > 1023:
            return np.asarray(x == 0)
        zero = self.emin - 1 + 2 ** (_ANY_EXPONENT - 1)
        return np.asarray(float_quantize_np(x, mantissa, _ANY_EXPONENT, zero) == x)

    def edges(self) -> NDArray[np.float64]:
        """The first, last and middle values of some binades, with the midpoints beside them."""
        exponents = np.unique(np.linspace(self.emin - 1, self.emax + 1, 64).astype(int))
        steps = np.array([0, 0.5, 1, 1.5, 2, 3])
        significands = np.concatenate([steps, 2.0 ** (self.mantissa_bits - 1) + steps]) * 2.0**-self.mantissa_bits
        significands = np.concatenate([1 + significands, 2 - significands, significands])
        return np.asarray(np.ldexp(significands, exponents[:, None]).ravel())

    def binades(self) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
        """2^m in each, but for the subnormals' ones."""
        exponents = np.arange(self.emin - self.mantissa_bits, self.emax + 1)
        return exponents, np.minimum(exponents - exponents[0], self.mantissa_bits)

    def parts(self) -> list[Part]:
        """Normal and subnormal values."""
        least, most = self.weights
        return [
            Part('normal', self.emin, most, True, False),
            Part('subnormal', least, self.emin - 1, False, False),
        ]
