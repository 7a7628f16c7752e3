"""How the values of formats lie on the line: the step at a number, what is out of range, the bits by their weights.

A kind of format has a spacing. The values of fixed point are the multiples of a step; those of a minifloat have a step
a binade; binary has two values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from .._maths.exact import ExactFixed
from .._maths.floats import Exact, times_power
from ..modes import RoundingMode, deterministic

if TYPE_CHECKING:
    from numpy.typing import NDArray

ANY_INTEGER = 1100  # room for every float64
_QUARTERS = (0, 0.25, 0.5, 0.75)


class Part(NamedTuple):
    """Bits that lie together: the lowest and the highest weight, and whether the part is the coarser one."""

    name: str
    lowest: int
    highest: int
    coarse: bool
    apart: bool  # whether each bit has one weight


class Spacing(ABC):
    """Where the values of a format lie, its range aside; weights are the exponents of powers of two."""

    uniform: ClassVar[bool] = True
    """Whether all steps are of one height."""
    in_steps: ClassVar[bool] = False
    """Whether an error is told in steps."""
    everywhere: ClassVar[bool] = False
    """Whether every number counts as in range."""

    if TYPE_CHECKING:

        @property
        def period(self) -> Exact | None:
            """The height of the range, where it repeats under WRAP."""

        @property
        def weights(self) -> tuple[int, int]:
            """Those of the lowest bit, of which all values are multiples, and of the largest value's leading one."""

        @property
        def exponents(self) -> tuple[int, int]:
            """Those of the step and of the end of the range."""

    @abstractmethod
    def step_at(self, x: Exact) -> tuple[Exact, Exact]:
        """The step that `x` is on: the value at its lower end, which may be `x` itself, and its height."""

    @abstractmethod
    def rounded(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The rounded numbers, as far as they decide what is out of range."""

    @abstractmethod
    def rounded_exact(self, x: Exact) -> Exact:
        """Likewise, of one exact number."""

    @abstractmethod
    def holds(self, x: NDArray[Any], extra: int) -> NDArray[np.bool_]:
        """Which numbers, of float64 or exact ones, are values with `extra` bits more below, and room above."""

    @abstractmethod
    def edges(self) -> NDArray[np.float64]:
        """Numbers not below 0 where formulas go wrong: values, midpoints and quarters near 0 and around the end."""

    @abstractmethod
    def binades(self) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
        """The exponents n of the binades that have positive values, and, as its power of two, how many each has."""

    @abstractmethod
    def parts(self) -> list[Part]:
        """The parts of the format by weight."""


@dataclass(frozen=True)
class Multiples(Spacing):
    """Multiples of 2^-f, of `k` sign bits and `i` integer bits."""

    k: int
    i: int
    f: int
    rounding: RoundingMode
    in_steps: ClassVar[bool] = True

    @property
    def period(self) -> Exact:
        """2^(k + i)."""
        return times_power(1, self.k + self.i)

    @property
    def weights(self) -> tuple[int, int]:
        """Those of the step and of the highest integer bit."""
        return -self.f, max(self.i - 1, -self.f)

    @property
    def exponents(self) -> tuple[int, int]:
        """Those of the step and of the range."""
        return -self.f, self.k + self.i

    def step_at(self, x: Exact) -> tuple[Exact, Exact]:
        """The multiple at or below `x`, and the step."""
        step = times_power(1, -self.f)
        return x // step * step, step

    def rounded(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """In the format with a sign and two integer bits more."""
        from ..functional import get_fixed_quantizer_np

        rounded: NDArray[np.float64] = get_fixed_quantizer_np(self.rounding, 'SAT')(x, 1, self.i + 2, self.f)
        return rounded

    def rounded_exact(self, x: Exact) -> Exact:
        """In the format with a sign and two integer bits more."""
        return ExactFixed(1, self.i + 2, self.f, deterministic(self.rounding), 'SAT', 0)(x)

    def holds(self, x: NDArray[Any], extra: int) -> NDArray[np.bool_]:
        """Those without bits below 2^-(f + extra)."""
        f = self.f + extra
        if x.dtype == object:
            return np.array([f >= 0 or v % (1 << -f) == 0 for v in x.tolist()])
        from ..functional import get_fixed_quantizer_np

        # a step that float64 has no number for has no multiple there but 0
        return np.asarray(x == 0 if f < -1023 else get_fixed_quantizer_np('TRN', 'SAT')(x, 1, ANY_INTEGER, f) == x)

    def edges(self) -> NDArray[np.float64]:
        """Codes and quarters of them."""
        width = self.k + self.i + self.f
        codes = [0, 1, 2, 3, 4, 5, 7, *np.ldexp(1.0, np.unique(np.linspace(3, width + 40, 24).astype(int)))]
        ends = [np.ldexp(n, width - 2) + step for n in range(1, 17) for step in (-2, -1, 0, 1, 2)]
        return np.asarray(np.ldexp(np.add.outer([*codes, *ends], _QUARTERS).ravel(), -self.f))

    def binades(self) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
        """Twice as many in each as in the one below."""
        exponents = np.arange(-self.f, self.i)
        return exponents, exponents + self.f

    def parts(self) -> list[Part]:
        """Integer and fraction bits."""
        least, most = self.weights
        return [
            Part('integer', max(0, least), most, True, True),
            Part('fraction', least, min(-1, most), False, True),
        ]


class PlusMinusOne(Spacing):
    """-1 and 1, of which every number becomes one."""

    everywhere: ClassVar[bool] = True
    period: ClassVar[None] = None
    weights: ClassVar[tuple[int, int]] = (0, 0)
    exponents: ClassVar[tuple[int, int]] = (-1, 1)

    def step_at(self, x: Exact) -> tuple[Exact, Exact]:
        """From -1 to 1."""
        return -1, 2

    def rounded(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """In range."""
        return np.zeros(x.shape)

    def rounded_exact(self, x: Exact) -> Exact:
        """In range."""
        return 0

    def holds(self, x: NDArray[Any], extra: int) -> NDArray[np.bool_]:
        """-1 and 1; 0 is midway."""
        return np.asarray(np.isin(x, (0, -1, 1) if extra else (-1, 1)))

    def edges(self) -> NDArray[np.float64]:
        """Where it jumps."""
        return np.zeros(1)

    def binades(self) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
        """One value."""
        return np.array([0]), np.array([0])

    def parts(self) -> list[Part]:
        """The sign."""
        return [Part('sign', 0, 0, True, False)]
