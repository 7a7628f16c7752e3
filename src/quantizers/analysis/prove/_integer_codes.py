"""The formula of codes that no float holds, on integers, and the law."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..._maths import integer_codes
from ._laws import FixedPoint
from ._terms import Integer, Terms, Truth

if TYPE_CHECKING:
    from ._solver import Answer, Solver

# a number has so many bits more than a code: what is beyond them the modes do not look at
MORE = 4


class _Arithmetic:
    """What `integer_codes` asks for, of terms."""

    def __init__(self, terms: Terms) -> None:
        self._terms, self.where = terms, terms.where

    def ones(self, n: int) -> int:
        return self.bit(max(n, 0)) - 1

    def bit(self, n: int) -> int:
        return 1 << n

    def plus(self, number: Integer, flag: bool | Truth) -> Integer:
        return number + self._terms.integer(self.where(flag, 1, 0))

    def negated(self, number: int | Integer, where: bool | Truth) -> Integer:
        negated: Integer = self.where(where, -self._terms.integer(number), number)
        return negated


class Codes(NamedTuple):
    """That `integer_codes.code` is the law, for all numbers of `width + MORE` bits and whatever is below the step."""

    width: int
    signed: bool
    rounding: str
    overflow: str
    saturation_bits: int

    def ask(self, solver: Solver) -> Answer:
        """Whether it is; if not, the bits of the magnitude in quarters of a step, and its sign."""
        terms = Terms()
        magnitude_bits, sign = terms.bits(self.width + MORE + 2, 'magnitude'), terms.bits(1, 'sign')
        magnitude, negative = terms.unsigned(magnitude_bits), terms.unsigned(sign) == 1
        xp = _Arithmetic(terms)
        modes = self.rounding, self.overflow, self.saturation_bits
        constants = integer_codes.make_codes(xp, int(self.signed), self.width, *modes[1:])
        half, rest = magnitude & 2 == 2, magnitude & 1 == 1
        got = integer_codes.code(xp, *modes, constants, negative, magnitude >> 2, half, rest)
        law = FixedPoint(terms.where, self.width, self.signed, *modes)
        number = terms.where(negative, -magnitude, magnitude)
        right = terms.integer(law.code(number, 2)) == terms.integer(got)
        # what is negative is below 0, and there is no other zero
        return solver.ask(terms, [(negative ^ True) | (magnitude != 0)], right, [magnitude_bits, sign])
