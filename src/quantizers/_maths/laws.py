"""How the formulas are put together, once for all array libraries: a law a kind; fixed point is in `fixed_law.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from . import exact as exact_numbers
from . import lowbit, minifloat, surrogate
from .exact import ExactMinifloat
from .fixed_law import FixedLaw as FixedLaw
from .fixed_law import RoundingLaw as RoundingLaw
from .floats import Exact, FloatFormat
from .law import Cautions, Constants, Gradients, Law, Reach, Through, as_it_is
from .namespace import Differentiable, Integers, Namespace, Number


@dataclass(frozen=True)
class MinifloatLaw(Law):
    """Minifloats of `m` mantissa and `e` exponent bits, and the offset `e0` of the exponent.

    Source: OCP Microscaling Formats (MX) Specification 1.0, section 5.3.
    """

    widths: ClassVar[tuple[str, ...]] = ('m', 'e', 'e0')
    powers: ClassVar[Mapping[str, tuple[str, int]]] = {'growth': ('e', 1)}

    def whole(self, xp: Integers, *widths: Number) -> tuple[Number, ...]:
        """`e` above 15 counts as 15, whose range is beyond every dtype's."""
        m, e, e0 = widths
        return m, xp.minimum(e, 15), e0

    def step_exponent(self, xp: Integers, *widths: Number) -> Number:
        """That of the subnormals."""
        m, e, e0 = widths
        return minifloat.exponent_range(xp, e, e0)[0] - xp.maximum(m, 0)

    def cautions(self, xp: Integers, compute: FloatFormat, target: FloatFormat, *widths: Number) -> Cautions:
        """See `Law`."""
        normal = compute.smallest + compute.precision - 1
        _, emax = minifloat.exponent_range(xp, *widths[1:])
        return Cautions(
            subnormal=bool(xp.any(self.step_exponent(xp, *widths) < normal)),
            vanishing=bool(xp.any(emax < target.smallest)),
        )

    def may_underflow(self, cautions: Cautions) -> bool:
        """See `Law`."""
        return True

    def constants(self, xp: Namespace, cautions: Cautions, *widths: Number) -> minifloat.Binades:
        """See `Law`."""
        m, e, e0 = widths
        ends = minifloat.exponent_range(xp, e, e0)
        growth = xp.maximum(e - 1, 0)
        *_, subnormal, vanishing = cautions
        return minifloat.Binades(xp, m, *ends, growth, lifted=subnormal, vanishing=vanishing)

    def forward(
        self, xp: Namespace, x: Number, constants: Constants, uniform: Number = None, reach: Reach = Reach.ANYWHERE
    ) -> Number:
        """See `Law`; a zero keeps its sign."""
        return minifloat.quantize(xp, x, constants)

    def gradients(
        self,
        xp: Differentiable,
        x: Number,
        q: Number,
        constants: Constants,
        uniform: Number = None,
        through: Through = as_it_is,
    ) -> Gradients:
        """See `Law`."""
        return {
            'x': lambda g: g,
            'm': lambda g: surrogate.mantissa(xp, g, x, q, constants),
            'e': lambda g: surrogate.exponent(xp, g, x, q, constants),
            'e0': lambda g: surrogate.exponent_zero(xp, g, x, q, constants),
        }

    def exact(self, *widths: int) -> Callable[[Exact], Exact]:
        """See `Law`."""
        m, e, e0 = self.whole(exact_numbers, *widths)
        return ExactMinifloat(m, *minifloat.exponent_range(exact_numbers.NAMESPACE, e, e0))


class BinaryLaw(Law):
    """1 for `x > 0`, -1 for the rest, NaN for NaN."""

    needs_all_bits = False

    def constants(self, xp: Namespace, cautions: Cautions, *widths: Number) -> None:
        """None are needed."""

    def forward(
        self, xp: Namespace, x: Number, constants: Constants, uniform: Number = None, reach: Reach = Reach.ANYWHERE
    ) -> Number:
        """See `Law`."""
        return lowbit.binary(xp, x)

    def gradients(
        self,
        xp: Differentiable,
        x: Number,
        q: Number,
        constants: Constants,
        uniform: Number = None,
        through: Through = as_it_is,
    ) -> Gradients:
        """The slope of `tanh`."""
        return {'x': lambda g: surrogate.tanh(xp, g, x)}

    def exact(self, *widths: int) -> Callable[[Exact], Exact]:
        """See `Law`."""
        return partial(lowbit.binary, exact_numbers.NAMESPACE)


class TernaryLaw(FixedLaw):
    """Fixed point with `k = 1, i = 1, f = 0`, RND_CONV, SAT_SYM, and the gradient of `tanh`."""

    def __init__(self) -> None:
        super().__init__('RND_CONV', 'SAT_SYM')

    gradients = BinaryLaw.gradients


BINARY, TERNARY, MINIFLOAT = BinaryLaw(), TernaryLaw(), MinifloatLaw()
