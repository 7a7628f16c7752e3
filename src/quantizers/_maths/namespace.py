"""The contract between the formulas and an array library: the namespace `xp` of plain primitives."""

from __future__ import annotations

from typing import Any, Protocol

from .floats import FloatFormat

# whatever a namespace computes with: arrays, tensors, variables of a program, exact numbers, and truth values of these
Number = Any
# what has `minimum` and `maximum` for whole numbers: a namespace, or NumPy itself
Integers = Any
# what `power` gives, for `scale` alone
Power = Any


class Namespace(Protocol):
    """What the formulas ask of an array library; every binding is checked against it.

    Numbers are of the dtype `compute`; exponents `n` are whole numbers, of the binding's integers.
    """

    @property
    def compute(self) -> FloatFormat:
        """The dtype that is computed in, which inputs have."""

    @property
    def target(self) -> FloatFormat:
        """The dtype that results must belong to, which may be narrower."""

    @property
    def half(self) -> Number:
        """The number 1/2."""

    def floor(self, x: Number, /) -> Number:
        """The whole number below."""

    def ceil(self, x: Number, /) -> Number:
        """The whole number above."""

    def trunc(self, x: Number, /) -> Number:
        """The whole number towards 0."""

    def rint(self, x: Number, /) -> Number:
        """The nearest whole number, ties to even."""

    def abs(self, x: Number, /) -> Number:
        """The magnitude."""

    def isnan(self, x: Number, /) -> Number:
        """Whether it is no number."""

    def quotient(self, x: Number, divisor: Number, /) -> Number:
        """`x / divisor`, rounded once, by a number that is the same for all: no compiler may make a product of it."""

    def large(self, x: Number, /) -> Number:
        """Whether `2 x` is beyond the dtype; it may hold for any number from `2^precision` on, which is whole."""

    def minimum(self, a: Number, b: Number, /) -> Number:
        """The smaller one, of exponents too."""

    def maximum(self, a: Number, b: Number, /) -> Number:
        """The larger one, of exponents too."""

    def clip(self, x: Number, low: Number, high: Number, /) -> Number:
        """The nearest number in `[low, high]`."""

    def where(self, condition: Number, yes: Number, no: Number, /) -> Number:
        """`yes` where the condition holds, else `no`; the condition may be a plain bool."""

    def power2(self, n: Number, /) -> Number:
        """The number `2^n`; Inf above the dtype's range, 0 below it."""

    def power(self, n: Number, /) -> Power:
        """What `scale` takes for `2^n`."""

    def scale(self, x: Number, power: Power, /) -> Number:
        """`x * 2^n`, exact where the result is a number of the dtype; a zero may lose its sign."""

    def signed_scale(self, x: Number, power: Power, /) -> Number:
        """`scale`, by which a zero keeps its sign."""

    def sticky_scale(self, x: Number, power: Power, /) -> Number:
        """`x * 2^n`; where that is too small for the dtype it is a number near 0, on the same side."""

    def leading_power(self, x: Number, /) -> Number:
        """`2^floor(log2 |x|)`, 0 for 0."""

    def odd_exponent(self, x: Number, /) -> Number:
        """Whether `floor(log2 |x|)` is odd; anything for 0, NaN and numbers below the dtype's normal ones."""

    def kept(self, x: Number, /) -> Number:
        """`x`, as a number that no compiler may merge with what is added to it."""

    def zero_above(self, result: Number, /) -> Number:
        """`result`, in which -0 is 0; an array that is the caller's own may be changed."""

    def signed_like(self, result: Number, x: Number, /) -> Number:
        """`result` with the sign of `x`, which it has already but where `clip` loses that of a zero."""

    def held(self, x: Number, /) -> Number:
        """`x`, as a number without derivatives."""

    def leading_exponent(self, x: Number, /) -> Number:
        """`floor(log2 |x|)` as a whole number; anything for 0 and NaN."""


class Differentiable(Namespace, Protocol):
    """What the surrogate gradients ask for besides."""

    def sigmoid(self, x: Number, /) -> Number:
        """`1 / (1 + exp(-x))`."""
