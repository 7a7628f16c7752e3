"""How the values of small floats lie: a step a binade."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._maths.exact import ExactFloat, leading_power
from .._maths.floats import Exact, times_power
from .._maths.laws import MINIFLOAT, FloatLaw
from .spacing import ANY_INTEGER, Part, Spacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ANY_EXPONENT = 16  # room for every float64 above every smallest exponent


@dataclass(frozen=True)
class Binades(Spacing):
    """2^m steps a binade, from 2^emin to 2^emax, and the lowest step down to 0."""

    mantissa_bits: int
    emin: int
    emax: int
    law: FloatLaw = MINIFLOAT  # by which numbers are rounded between them
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
        """With the same smallest exponent, and all larger ones."""
        return self._quantized(x, self.mantissa_bits, self.law)

    def rounded_exact(self, x: Exact) -> Exact:
        """With one binade more."""
        widened = ExactFloat(self.mantissa_bits, self.emin, self.emax + 1, self.law.rounding, 'SAT', self.law.traits)
        return widened(x)  # type: ignore[return-value]  # which has no Inf

    def holds(self, x: NDArray[Any], extra: int) -> NDArray[np.bool_]:
        """Those without bits below the step of their binade, halved `extra` times."""
        mantissa = self.mantissa_bits + extra
        if x.dtype == object:
            quantize = ExactFloat(mantissa, self.emin, ANY_INTEGER)
            return np.array([quantize(v) == v for v in x.tolist()])
        return np.asarray(x == 0 if self.emin - mantissa > 1023 else self._quantized(x, mantissa, MINIFLOAT) == x)

    def _quantized(self, x: NDArray[np.float64], mantissa: int, law: FloatLaw) -> NDArray[np.float64]:
        from ..backends.numpy.kernels import bind, kernel
        from ..backends.subnormals import keeps_subnormals

        widths = mantissa, _ANY_EXPONENT, self.emin - 1 + (1 << _ANY_EXPONENT - 1)
        quantize = keeps_subnormals(kernel(bind(law, widths, 'float64')))
        return np.asarray(quantize(np.asarray(x, np.float64).reshape(-1))).reshape(x.shape)

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
