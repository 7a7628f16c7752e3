"""The laws of fixed point: rounding, and what becomes of numbers out of range."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from . import exact as exact_numbers
from . import fixed, surrogate
from .exact import ExactFixed
from .floats import Exact, FloatFormat
from .law import Cautions, Constants, Gradients, Law, Reach, Through, as_it_is
from .namespace import Differentiable, Integers, Namespace, Number
from .overflow import inverted
from .view import made_once


@dataclass(frozen=True)
class RoundingLaw(Law):
    """Rounding to `f` fraction bits by a deterministic mode, and no range."""

    rounding: str
    widths: ClassVar[tuple[str, ...]] = ('f',)

    def cautions(self, xp: Integers, compute: FloatFormat, target: FloatFormat, *widths: Number) -> Cautions:
        """See `Law`."""
        (f,) = widths
        return Cautions(extreme=bool(xp.any(abs(f) >= compute.largest - 1)), coarse=bool(xp.any(f < 0)))

    def may_underflow(self, cautions: Cautions) -> bool:
        """See `Law`."""
        return cautions.extreme or cautions.coarse

    def constants(self, xp: Namespace, cautions: Cautions, *widths: Number) -> fixed.Step:
        """See `Law`; as nothing bounds `x`, scaling may always overflow."""
        return fixed.Step(xp, *widths, coarse=cautions.coarse, guarded=True)

    def forward(
        self, xp: Namespace, x: Number, constants: Constants, uniform: Number = None, reach: Reach = Reach.ANYWHERE
    ) -> Number:
        """See `Law`; no result is -0."""
        return xp.zero_above(fixed.round_to_step(xp, x, constants, self.rounding, uniform))

    def gradients(
        self,
        xp: Differentiable,
        x: Number,
        q: Number,
        constants: Constants,
        uniform: Number = None,
        through: Through = as_it_is,
    ) -> Gradients:
        """Straight-through."""
        return {'x': lambda g: g, 'f': lambda g: surrogate.rounding(xp, g, x, q)}

    def exact(self, *widths: int) -> Callable[[Exact], Exact]:
        """See `Law`."""
        step: Any = made_once(fixed.Step(exact_numbers.NAMESPACE, *widths, coarse=widths[-1] < 0, guarded=False))
        return lambda x: fixed.round_to_step(exact_numbers.NAMESPACE, x, step, self.rounding)


@dataclass(frozen=True)
class FixedLaw(Law):
    """Fixed point of `k` sign, `i` integer and `f` fraction bits, by a deterministic rounding mode.

    Source: UG1399, "Arbitrary Precision Fixed-Point Data Types".
    """

    rounding: str
    overflow: str
    saturation_bits: int = 0
    widths: ClassVar[tuple[str, ...]] = ('k', 'i', 'f')
    powers: ClassVar[Mapping[str, tuple[str, int]]] = {'eps': ('f', -1), 'top': ('i', 1)}
    selectors: ClassVar[tuple[str, ...]] = ('k',)

    @property
    def clips(self) -> bool:
        """Whether a number out of range becomes an end of it."""
        return self.overflow in fixed.CLIPPING

    @property
    def wraps(self) -> bool:
        """Whether bits of a number out of range are kept."""
        return self.overflow.startswith('WRAP')

    def whole(self, xp: Integers, *widths: Number) -> tuple[Number, ...]:
        """`i` below `-f` counts as `-f`."""
        k, i, f = widths
        return k, xp.maximum(i, -f), f

    def scaled(self, n: Number, *widths: Number) -> tuple[Number, ...]:
        """The point moves."""
        k, i, f = widths
        return k, i + n, f - n

    @property
    def bits_set_aside(self) -> int:
        """The saturation bits."""
        return self.saturation_bits

    def step_exponent(self, xp: Integers, *widths: Number) -> Number:
        """`-f`."""
        return -widths[-1]

    def cautions(self, xp: Integers, compute: FloatFormat, target: FloatFormat, *widths: Number) -> Cautions:
        """See `Law`."""
        k, i, f = widths
        # what the constants of the modes reach beyond the range
        most = compute.largest - (compute.precision + self.saturation_bits + 2)
        extreme = (abs(f) >= compute.largest - 1) | (abs(k + i) >= most) | (k + i + f >= most)
        inexact = (i + f > target.precision) | (-f < target.smallest) | (i > target.largest)
        return Cautions(bool(xp.any(extreme)), coarse=bool(xp.any(f < 0)), inexact=bool(xp.any(inexact)))

    @property
    def in_training(self) -> Law:
        """WRAP does not wrap in training."""
        return RoundingLaw(self.rounding) if self.overflow == 'WRAP' else self

    @property
    def redraws(self) -> bool:
        """See `Law`."""
        return self.wraps

    def normal_powers(self, cautions: Cautions) -> bool:
        """See `Law`."""
        return not cautions.extreme

    def may_underflow(self, cautions: Cautions) -> bool:
        """See `Law`."""
        return cautions.extreme or cautions.coarse or self.overflow == 'WRAP_SM'

    @property
    def asks_reach(self) -> bool:
        """See `Law`."""
        return not self.clips

    def constants(self, xp: Namespace, cautions: Cautions, *widths: Number) -> fixed.Grid:
        """See `Law`."""
        k, i, f = widths
        extreme, coarse, inexact, *_ = cautions
        modes = self.overflow, self.saturation_bits
        return fixed.Grid(xp, k, i, f, *modes, coarse=coarse, guarded=extreme, inexact=inexact)

    def forward(
        self, xp: Namespace, x: Number, constants: Constants, uniform: Number = None, reach: Reach = Reach.ANYWHERE
    ) -> Number:
        """See `Law`; no result is -0."""
        if reach is Reach.INSIDE and not self.clips:
            return xp.zero_above(fixed.round_to_step(xp, x, constants, self.rounding, uniform))
        modes, bounded = (self.rounding, self.overflow, self.saturation_bits), reach is Reach.BOUNDED
        result = fixed.quantize(xp, x, constants, *modes, bounded=bounded, uniform=uniform)
        if constants.inexact and not self.clips:
            result = xp.clip(result, constants.min, constants.max)
        return xp.zero_above(result)

    def gradients(
        self,
        xp: Differentiable,
        x: Number,
        q: Number,
        constants: Constants,
        uniform: Number = None,
        through: Through = as_it_is,
    ) -> Gradients:
        """See `Law`; under WRAP and WRAP_SM there is none to `i`."""
        if self.wraps:
            return self._of_wrapping(xp, x, constants, uniform, through)
        above, below = x > constants.max, x < constants.min
        return {
            'x': lambda g: surrogate.inside(xp, g, above, below),
            'f': lambda g: surrogate.fraction(xp, g, x, q, above, below, constants, self.overflow),
            'i': lambda g: surrogate.integer(xp, g, x, above, below, constants),
        }

    def _of_wrapping(
        self, xp: Differentiable, x: Number, grid: fixed.Grid, uniform: Number, through: Through
    ) -> Gradients:
        held = xp.held(x)
        near = xp.clip(held, -grid.limit, grid.limit)

        def turned(g: Number) -> Number:
            if self.overflow == 'WRAP':
                return g
            value = fixed.round_to_step(xp, near, grid, self.rounding, uniform)
            return xp.where(inverted(xp, value, near, grid, self.saturation_bits), -g, g)

        def fraction(g: Number) -> Number:
            rounded = fixed.round_to_step(xp, near, grid, self.rounding, uniform)
            # from the limit on each number is a multiple of the step, and scaling it could overflow
            rounded = through(xp.where(xp.abs(held) >= grid.limit, held, rounded))
            return surrogate.rounding(xp, turned(g), x, rounded)

        return {'x': turned, 'f': fraction}

    def exact(self, *widths: int) -> Callable[[Exact], Exact]:
        """See `Law`."""
        k, i, f = self.whole(exact_numbers, *widths)
        return ExactFixed(k, i, f, self.rounding, self.overflow, self.saturation_bits)
