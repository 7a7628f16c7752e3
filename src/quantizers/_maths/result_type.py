"""The types of results: width, integer bits and sign, from those of the operands or from a range of codes."""

from __future__ import annotations

from typing import Protocol


class Operand(Protocol):
    """What the vendor's rules need of a fixed-point format."""

    @property
    def width(self) -> int: ...
    @property
    def integer(self) -> int: ...
    @property
    def signed(self) -> bool: ...


Shape = tuple[int, int, bool]  # width, integer, signed


def plus(a: Operand, b: Operand) -> Shape:
    """`RType::plus` of `ap_fixed_base.h`."""
    # an unsigned operand beside a signed one needs a bit more to be read as signed
    integer = 1 + max(a.integer + (b.signed and not a.signed), b.integer + (a.signed and not b.signed))
    return integer + max(a.width - a.integer, b.width - b.integer), integer, a.signed or b.signed


def minus(a: Operand, b: Operand) -> Shape:
    """`RType::minus`: signed, whatever the operands are."""
    return *plus(a, b)[:2], True


def times(a: Operand, b: Operand) -> Shape:
    """`RType::mult`."""
    return a.width + b.width, a.integer + b.integer, a.signed or b.signed


def over(a: Operand, b: Operand) -> Shape:
    """`RType::div`: the step of `a`, divided by that of `b` where that is above 1."""
    f = b.width - b.integer
    return b.signed + a.width + max(f, 0), b.signed + a.integer + f, a.signed or b.signed


def either(a: Operand, b: Operand) -> Shape:
    """`RType::logic`: what holds the values of both, of an unsigned one beside a signed one with a bit more."""
    width, integer, signed = plus(a, b)
    return width - 1, integer - 1, signed


def negative(a: Operand) -> Shape:
    """The type of `ap_fixed_base::operator-()`."""
    return a.width + 1, a.integer + 1, True


def smallest(low: int, high: int, f: int) -> Shape:
    """The least shape that holds the codes `low` to `high`, not 0 alone, of `f` fraction bits.

    It is unsigned where no code is negative.
    """
    signed = low < 0
    # as many bits as -1 - low has are those that low has beside its sign
    width = max(high, ~low).bit_length() + signed
    return width, width - f, signed
