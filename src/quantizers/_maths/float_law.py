"""The law of small floats: rounding by the binade, and what becomes of numbers out of range."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from . import exact as exact_numbers
from . import minifloat, surrogate
from .exact import ExactFloat
from .float_overflow import OF_MINIFLOATS, Traits
from .floats import Exact, FloatFormat
from .law import Cautions, Constants, Gradients, Law, Reach, Through, as_it_is
from .namespace import Differentiable, Integers, Namespace, Number


@dataclass(frozen=True)
class FloatLaw(Law):
    """Small floats of `m` mantissa and `e` exponent bits, of the bias `2^(e-1) - e0`, by a deterministic rounding mode.

    By default a minifloat. Source: OCP Microscaling Formats (MX) Specification 1.0, section 5.3; IEEE 754, section 7.4;
    IEEE P3109.
    """

    rounding: str = 'RND_CONV'
    overflow: str = 'SAT'
    traits: Traits = OF_MINIFLOATS
    widths: ClassVar[tuple[str, ...]] = ('m', 'e', 'e0')
    powers: ClassVar[Mapping[str, tuple[str, int]]] = {'growth': ('e', 1)}

    def whole(self, xp: Integers, *widths: Number) -> tuple[Number, ...]:
        """`e` above 16 counts as 16, whose range is beyond every dtype's."""
        m, e, e0 = widths
        return m, xp.minimum(e, 16), e0

    def scaled(self, n: Number, *widths: Number) -> tuple[Number, ...]:
        """The exponents move."""
        m, e, e0 = widths
        return m, e, e0 + n

    def step_exponent(self, xp: Integers, *widths: Number) -> Number:
        """That of the subnormals."""
        m, e, e0 = widths
        return self._exponents(xp, e, e0)[0] - xp.maximum(m, 0)

    def cautions(self, xp: Integers, compute: FloatFormat, target: FloatFormat, *widths: Number) -> Cautions:
        """See `Law`."""
        normal = compute.smallest + compute.precision - 1
        step, (_, emax) = self.step_exponent(xp, *widths), self._exponents(xp, *widths[1:])
        return Cautions(
            coarse=bool(xp.any(step > 0)),
            subnormal=bool(xp.any(step < normal)),
            vanishing=bool(xp.any(emax < target.smallest)),
            endless=bool(xp.any(emax >= compute.largest)),
        )

    @property
    def asks_reach(self) -> bool:
        """See `Law`; to saturate is one step."""
        return self.overflow != 'SAT'

    def may_underflow(self, cautions: Cautions) -> bool:
        """See `Law`."""
        return True

    def constants(self, xp: Namespace, cautions: Cautions, *widths: Number) -> minifloat.Binades:
        """See `Law`."""
        m, e, e0 = widths
        return minifloat.Binades(
            xp,
            m,
            *self._exponents(xp, e, e0),
            xp.maximum(e - 1, 0),
            self.traits,
            lifted=cautions.subnormal,
            vanishing=cautions.vanishing,
            coarse=cautions.coarse,
            endless=cautions.endless,
        )

    def forward(
        self, xp: Namespace, x: Number, constants: Constants, uniform: Number = None, reach: Reach = Reach.ANYWHERE
    ) -> Number:
        """See `Law`; a zero keeps its sign where the format has -0."""
        modes = self.rounding, self.overflow, self.traits
        inside, finite = reach is Reach.INSIDE, reach is Reach.BOUNDED
        return minifloat.quantize(xp, x, constants, *modes, uniform, inside=inside, finite=finite)

    def gradients(
        self,
        xp: Differentiable,
        x: Number,
        q: Number,
        constants: Constants,
        uniform: Number = None,
        through: Through = as_it_is,
    ) -> Gradients:
        """See `Law`; a width sees no error where the result is Inf or NaN."""
        if self.overflow != 'SAT':
            q = xp.where(xp.abs(q) < float('inf'), q, x)
        return {
            'x': lambda g: g,
            'm': lambda g: surrogate.mantissa(xp, g, x, q, constants),
            'e': lambda g: surrogate.exponent(xp, g, x, q, constants),
            'e0': lambda g: surrogate.exponent_zero(xp, g, x, q, constants),
        }

    def exact(self, *widths: int) -> Callable[[Exact], Exact | float]:
        """See `Law`."""
        m, e, e0 = self.whole(exact_numbers, *widths)
        ends = self._exponents(exact_numbers, e, e0)
        return ExactFloat(m, *ends, self.rounding, self.overflow, self.traits)

    def _exponents(self, xp: Integers, e: Number, e0: Number) -> tuple[Number, Number]:
        """Those of the smallest step times `2^m`, and of the largest value."""
        emin, emax = minifloat.exponent_range(xp, e, e0)
        return emin - int(not self.traits.zero), emax - self.traits.dropped
