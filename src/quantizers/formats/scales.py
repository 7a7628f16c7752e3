"""How the multiples of any scale lie on the line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._maths.affine import AffineLaw
from .._maths.exact import leading_exponent
from .._maths.floats import Exact
from .spacing import Part, Spacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FAR = 1 << 40  # multiples, far beyond every range


@dataclass(frozen=True)
class MultiplesOfScale(Spacing):
    """Multiples of the scale of a law."""

    law: AffineLaw
    in_steps: ClassVar[bool] = True
    period: ClassVar[None] = None

    @property
    def _scale(self) -> Fraction:
        return Fraction(self.law.scale)

    @property
    def _far(self) -> AffineLaw:
        return replace(self.law, low=-_FAR, high=_FAR)

    @property
    def weights(self) -> tuple[int, int]:
        """Those of the last bit of the scale, and of the largest multiple's leading one."""
        return 1 - self._scale.denominator.bit_length(), self.exponents[1] - 1

    @property
    def exponents(self) -> tuple[int, int]:
        """Those of the scale and of the end of the range."""
        most = max(-self.law.low, self.law.high, 1) * self._scale
        return leading_exponent(self._scale), leading_exponent(most) + 1

    def step_at(self, x: Exact) -> tuple[Exact, Exact]:
        """The multiple at or below `x`, and the scale."""
        return x // self._scale * self._scale, self._scale

    def rounded(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """As the law does it, without a range."""
        from ..backends.numpy.kernels import bind, kernel

        return np.asarray(kernel(bind(self._far, (), 'float64'))(np.asarray(x, np.float64)))

    def rounded_exact(self, x: Exact) -> Exact:
        """Likewise."""
        return self._far.exact()(x)

    def holds(self, x: NDArray[Any], extra: int) -> NDArray[np.bool_]:
        """The multiples of the scale, halved `extra` times."""
        scale = self._scale / (1 << extra)
        return np.array([Fraction(v) % scale == 0 for v in x.tolist()], bool)

    def edges(self) -> NDArray[np.float64]:
        """Multiples, midpoints and quarters near 0 and around the end."""
        high = max(-self.law.low, self.law.high)
        return np.arange(0, 16, 0.25) * self.law.scale + np.array([[0], [high - 8]]).ravel()[:, None] * self.law.scale

    def binades(self) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
        """About as many in each as it has steps."""
        exponents = np.arange(*self.exponents)
        return exponents, exponents - exponents[0]

    def parts(self) -> list[Part]:
        """One, which has no weights of its own."""
        return [Part('multiple of the scale', *self.exponents, True, False)]
