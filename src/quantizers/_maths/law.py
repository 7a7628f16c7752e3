"""What a law is: what one kind of format does to a number, whatever its widths and the array library."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, ClassVar, NamedTuple

from .floats import Exact, FloatFormat
from .namespace import Differentiable, Integers, Namespace, Number

# the constants of a format, each made when it is asked for; every law reads its own
Constants = Any
# from the gradient of the result to those of `x` and of the widths that have one, by their names
Gradients = dict[str, Callable[[Number], Number]]
# gives a rounded number the derivatives of rounding
Through = Callable[[Number], Number]


def as_it_is(rounded: Number) -> Number:
    """For libraries without derivatives."""
    return rounded


class Cautions(NamedTuple):
    """What may happen with the widths at hand in a dtype: where it cannot, the formulas are shorter."""

    extreme: bool = False  # powers of two are beyond the dtype's normal numbers
    coarse: bool = False  # some f is negative, or some smallest step of a small float above 1
    inexact: bool = False  # some value of a format is no number of the dtype of the result
    subnormal: bool = False  # some step of a minifloat is below the normal numbers of the dtype that is computed in
    vanishing: bool = False  # some minifloat has no value but 0 in the dtype of the result
    endless: bool = False  # some small float goes on where the dtype that is computed in ends


# for widths that nobody can look at
ALL_CAUTIONS = Cautions(*(True for _ in Cautions._fields))


class Reach(Enum):
    """What is known of where all inputs are."""

    ANYWHERE = 0
    BOUNDED = 1  # below the limit: from there on WRAP keeps no bit, and floats are not finite
    INSIDE = 2  # in the range of each one's format


class Law(ABC):
    """What one kind of format does; all functions take widths as whole numbers, in the order of `widths`.

    Attributes:
        widths: the names of the widths.
        powers: the constants that are powers of two of a width, with the sign of its exponent: their derivatives go on.
        selectors: the names of the widths that choose among formulas, where they are ints.
        needs_all_bits: whether integers that float64 cannot hold may become another value than their nearest floats.
    """

    widths: ClassVar[tuple[str, ...]] = ()
    powers: ClassVar[Mapping[str, tuple[str, int]]] = {}
    selectors: ClassVar[tuple[str, ...]] = ()
    needs_all_bits: ClassVar[bool] = True

    @property
    def in_training(self) -> Law:
        """The law in training; its widths are among those of this one."""
        return self

    @property
    def redraws(self) -> bool:
        """Whether the gradients need the random numbers, too."""
        return False

    def whole(self, xp: Integers, *widths: Number) -> tuple[Number, ...]:
        """The widths that count, by `xp.minimum` and `xp.maximum`."""
        return widths

    def scaled(self, n: Number, *widths: Number) -> tuple[Number, ...]:
        """The widths whose values are `2^n` times those of these; of a kind that elements of blocks may be."""
        raise NotImplementedError(
            f'{type(self).__name__}, a law of elements of blocks, must say what scales its widths'
        )

    @property
    def bits_set_aside(self) -> int:
        """Bits of a format that its modes use for themselves."""
        return 0

    def check(self, xp: Integers, *widths: Number) -> None:
        """Refuse known widths that have no other bits than those set aside; `xp` has `any` besides. ValueError."""
        if self.bits_set_aside and xp.any(sum(self.whole(xp, *widths)) <= self.bits_set_aside):
            raise ValueError(f"'saturation_bits' must be less than k + i + f: {self.bits_set_aside}")

    def step_exponent(self, xp: Integers, *widths: Number) -> Number:
        """The exponent of the smallest step, of widths that count."""
        return 0

    def cautions(self, xp: Integers, compute: FloatFormat, target: FloatFormat, *widths: Number) -> Cautions:
        """The cautions that known widths ask for; `xp` has `any` besides."""
        return Cautions()

    def normal_powers(self, cautions: Cautions) -> bool:
        """Whether all powers of two that constants ask for are normal numbers of the dtype that is computed in."""
        return False

    def may_underflow(self, cautions: Cautions) -> bool:
        """Whether a small input may underflow on the way, which some users have NumPy raise for."""
        return False

    @property
    def asks_reach(self) -> bool:
        """Whether `forward` is shorter for inputs of which the reach is known."""
        return False

    @abstractmethod
    def constants(self, xp: Namespace, cautions: Cautions, *widths: Number) -> Constants:
        """The constants of widths that count; what a mode does not need is never made."""

    @abstractmethod
    def forward(
        self, xp: Namespace, x: Number, constants: Constants, uniform: Number = None, reach: Reach = Reach.ANYWHERE
    ) -> Number:
        """`x` quantized; `uniform` are numbers drawn evenly from `[0, 1)` where rounding is at random."""

    @abstractmethod
    def gradients(
        self,
        xp: Differentiable,
        x: Number,
        q: Number,
        constants: Constants,
        uniform: Number = None,
        through: Through = as_it_is,
    ) -> Gradients:
        """The surrogate gradients where `x` became `q`; `through` gives a rounded `x` the derivatives of rounding.

        Source: arXiv 2405.00645.
        """

    @abstractmethod
    def exact(self, *widths: int) -> Callable[[Exact], Exact | float]:
        """The quantizer of exact numbers; a float is Inf or NaN, and the sign of a zero the caller's."""
