"""The laws of all kinds but `affine.py`, for all array libraries: also those of `fixed_law.py` and `float_law.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from . import exact as exact_numbers
from . import lowbit, surrogate
from .fixed_law import FixedLaw as FixedLaw
from .fixed_law import RoundingLaw as RoundingLaw
from .float_law import FloatLaw as FloatLaw
from .floats import Exact
from .law import Cautions, Constants, Gradients, Law, Reach, Through, as_it_is
from .namespace import Differentiable, Namespace, Number


@dataclass(frozen=True)
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


BINARY, TERNARY, MINIFLOAT = BinaryLaw(), TernaryLaw(), FloatLaw()
