"""Terms of a solver as numbers of Python: integers of any size, and truth values.

Each is a thin wrapper that gives a term Python's operators; numbers of Python may stand beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bitwuzla
from bitwuzla import Kind

if TYPE_CHECKING:
    from ..._maths.namespace import Number

Term = Any  # of the solver, which has no types of Python


class Terms:
    """What makes the terms of one question: all of them belong to one manager."""

    def __init__(self) -> None:
        self.manager = bitwuzla.TermManager()
        self._names = 0

    def term(self, kind: Kind, *operands: Term, indices: tuple[int, ...] = ()) -> Term:
        """A term of the theory."""
        return self.manager.mk_term(kind, list(operands), list(indices))

    def bits(self, width: int, name: str | None = None) -> Term:
        """Any bits."""
        self._names += 1
        return self.manager.mk_const(self.manager.mk_bv_sort(width), name or f'bits{self._names}')

    def bits_of(self, width: int, number: int) -> Term:
        """The low bits of a number."""
        return self.manager.mk_bv_value(self.manager.mk_bv_sort(width), number % (1 << width))

    def truth(self, value: bool | Truth) -> Truth:
        """A truth value."""
        if isinstance(value, Truth):
            return value
        return Truth(self, self.manager.mk_true() if value else self.manager.mk_false())

    def integer(self, value: int | Integer) -> Integer:
        """An integer."""
        if isinstance(value, Integer):
            return value
        width = value.bit_length() + 1
        return Integer(self, self.bits_of(width, value), width)

    def unsigned(self, bits: Term) -> Integer:
        """The number that bits are."""
        width = bits.sort().bv_size() + 1
        return Integer(self, self.term(Kind.BV_ZERO_EXTEND, bits, indices=(1,)), width)

    def where(self, condition: bool | Truth, yes: Number, no: Number) -> Number:
        """`yes` where the condition holds, else `no`: both truth values, or both integers."""
        if isinstance(condition, bool):
            return yes if condition else no
        if isinstance(yes, bool | Truth):
            return Truth(self, self.term(Kind.ITE, condition.term, self.truth(yes).term, self.truth(no).term))
        width = max(self.integer(yes).width, self.integer(no).width)
        first, second = (self.integer(number).extended(width) for number in (yes, no))
        return Integer(self, self.term(Kind.ITE, condition.term, first, second), width)


class Truth:
    """A truth value."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, terms: Terms, term: Term) -> None:
        self.terms, self.term = terms, term

    def _with(self, kind: Kind, other: object) -> Truth:
        assert isinstance(other, bool | Truth), other
        return Truth(self.terms, self.terms.term(kind, self.term, self.terms.truth(other).term))

    def __and__(self, other: bool | Truth) -> Truth:
        return self._with(Kind.AND, other)

    def __or__(self, other: bool | Truth) -> Truth:
        return self._with(Kind.OR, other)

    def __xor__(self, other: bool | Truth) -> Truth:
        return self._with(Kind.XOR, other)

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        return self._with(Kind.EQUAL, other)

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]
        return self._with(Kind.XOR, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__


class Integer:
    """An integer of as many bits as it needs, in two's complement: nothing ever overflows."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, terms: Terms, term: Term, width: int) -> None:
        self.terms, self.term, self.width = terms, term, width

    def extended(self, width: int) -> Term:
        """Its bits, with more of its sign."""
        more = width - self.width
        assert more >= 0, (width, self.width)
        return self.terms.term(Kind.BV_SIGN_EXTEND, self.term, indices=(more,)) if more else self.term

    def low_bits(self, width: int) -> Term:
        """Its low bits."""
        if width >= self.width:
            return self.extended(width)
        return self.terms.term(Kind.BV_EXTRACT, self.term, indices=(width - 1, 0))

    def _both(self, other: int | Integer, more: int) -> tuple[int, Term, Term]:
        other = self.terms.integer(other)
        width = max(self.width, other.width) + more
        return width, self.extended(width), other.extended(width)

    def _with(self, kind: Kind, other: int | Integer, more: int = 0) -> Integer:
        width, *both = self._both(other, more)
        return Integer(self.terms, self.terms.term(kind, *both), width)

    def _compared(self, kind: Kind, other: int | Integer) -> Truth:
        _, *both = self._both(other, 0)
        return Truth(self.terms, self.terms.term(kind, *both))

    def __add__(self, other: int | Integer) -> Integer:
        return self._with(Kind.BV_ADD, other, 1)

    def __sub__(self, other: int | Integer) -> Integer:
        return self._with(Kind.BV_SUB, other, 1)

    def __rsub__(self, other: int) -> Integer:
        return self.terms.integer(other) - self

    def __neg__(self) -> Integer:
        return 0 - self

    def __and__(self, other: int | Integer) -> Integer:
        both = self._with(Kind.BV_AND, other)
        if isinstance(other, int) and other >= 0:  # no more bits than the mask
            width = other.bit_length() + 1
            return Integer(self.terms, both.low_bits(width), width)
        return both

    def __or__(self, other: int | Integer) -> Integer:
        return self._with(Kind.BV_OR, other)

    def __xor__(self, other: int | Integer) -> Integer:
        return self._with(Kind.BV_XOR, other)

    def __lshift__(self, n: int) -> Integer:
        if not n:
            return self
        zeros = self.terms.bits_of(n, 0)
        return Integer(self.terms, self.terms.term(Kind.BV_CONCAT, self.term, zeros), self.width + n)

    def __rshift__(self, n: int) -> Integer:
        n = min(n, self.width - 1)  # of which the sign is left
        kept = self.terms.term(Kind.BV_EXTRACT, self.term, indices=(self.width - 1, n))
        return Integer(self.terms, kept, self.width - n)

    def __lt__(self, other: int | Integer) -> Truth:
        return self._compared(Kind.BV_SLT, other)

    def __gt__(self, other: int | Integer) -> Truth:
        return self._compared(Kind.BV_SGT, other)

    def __le__(self, other: int | Integer) -> Truth:
        return self._compared(Kind.BV_SLE, other)

    def __ge__(self, other: int | Integer) -> Truth:
        return self._compared(Kind.BV_SGE, other)

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        assert isinstance(other, int | Integer), other
        return self._compared(Kind.EQUAL, other)

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]
        return (self == other) ^ True

    __radd__, __rand__, __ror__, __rxor__ = __add__, __and__, __or__, __xor__
