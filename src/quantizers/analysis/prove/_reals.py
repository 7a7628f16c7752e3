"""Terms of a solver as floats: the operations of IEEE 754, as the theory has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from bitwuzla import Kind, RoundingMode

from ._terms import Term, Terms, Truth

if TYPE_CHECKING:
    from ..._maths.floats import FloatFormat
    from ..._maths.namespace import Number


class Real:
    """A number of a floating dtype, by IEEE 754: to nearest, ties to even."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, floats: Floats, term: Term) -> None:
        self.floats, self.term = floats, term

    def _with(self, kind: Kind, one: Number, other: Number) -> Real:
        floats = self.floats
        return Real(floats, floats.terms.term(kind, floats.to_nearest, floats.real(one).term, floats.real(other).term))

    def _compared(self, kind: Kind, other: Number) -> Truth:
        terms = self.floats.terms
        return Truth(terms, terms.term(kind, self.term, self.floats.real(other).term))

    def __add__(self, other: Number) -> Real:
        return self._with(Kind.FP_ADD, self, other)

    def __radd__(self, other: Number) -> Real:
        return self._with(Kind.FP_ADD, other, self)

    def __sub__(self, other: Number) -> Real:
        return self._with(Kind.FP_SUB, self, other)

    def __rsub__(self, other: Number) -> Real:
        return self._with(Kind.FP_SUB, other, self)

    def __mul__(self, other: Number) -> Real:
        return self._with(Kind.FP_MUL, self, other)

    def __rmul__(self, other: Number) -> Real:
        return self._with(Kind.FP_MUL, other, self)

    def __truediv__(self, other: Number) -> Real:
        return self._with(Kind.FP_DIV, self, other)

    def __neg__(self) -> Real:
        return Real(self.floats, self.floats.terms.term(Kind.FP_NEG, self.term))

    def __lt__(self, other: Number) -> Truth:
        return self._compared(Kind.FP_LT, other)

    def __gt__(self, other: Number) -> Truth:
        return self._compared(Kind.FP_GT, other)

    def __le__(self, other: Number) -> Truth:
        return self._compared(Kind.FP_LEQ, other)

    def __ge__(self, other: Number) -> Truth:
        return self._compared(Kind.FP_GEQ, other)

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        return self._compared(Kind.FP_EQUAL, other)

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]
        return (self == other) ^ True

    def identical(self, other: Real) -> Truth:
        """Whether both are the same number, with the sign of a zero; all NaN are the same."""
        return self._compared(Kind.EQUAL, other)


class Floats:
    """The floats of a dtype that the solver knows, float32 or float64, and float16 as an input."""

    def __init__(self, terms: Terms, format_: FloatFormat) -> None:
        self.terms, self.format = terms, format_
        self.dtype = np.dtype(format_.name)
        self.size = 8 * self.dtype.itemsize
        self.shape = self.size - format_.precision, format_.precision  # as the theory has it: of the exponent, of all
        self.to_nearest = terms.manager.mk_rm_value(RoundingMode.RNE)
        self._numbers: dict[bytes, Real] = {}

    def real(self, value: Number) -> Real:
        """A number of Python, rounded to the dtype as NumPy does it."""
        if isinstance(value, Real):
            return value
        with np.errstate(all='ignore'):
            key = self.dtype.type(value).tobytes()
        if key not in self._numbers:
            bits = self.terms.bits_of(self.size, int.from_bytes(key, 'little'))
            self._numbers[key] = self.of_bits(bits)
        return self._numbers[key]

    def of_bits(self, bits: Term) -> Real:
        """The number of these bits."""
        return Real(self, self.terms.term(Kind.FP_TO_FP_FROM_BV, bits, indices=self.shape))

    def fraction(self, bits: Term) -> Real:
        """The number of bits below the binary point, as many as the significand has."""
        whole = Real(self, self.terms.term(Kind.FP_TO_FP_FROM_UBV, self.to_nearest, bits, indices=self.shape))
        return whole * 2.0**-self.format.precision

    def of_narrower(self, x: Real) -> Real:
        """The same number in this dtype."""
        return Real(self, self.terms.term(Kind.FP_TO_FP_FROM_FP, self.to_nearest, x.term, indices=self.shape))

    def rounded(self, x: Real, mode: RoundingMode) -> Real:
        """To an integer."""
        way = self.terms.manager.mk_rm_value(mode)
        return Real(self, self.terms.term(Kind.FP_RTI, way, self.real(x).term))

    def where(self, condition: Truth, yes: Number, no: Number) -> Real:
        """`yes` where the condition holds, else `no`."""
        return Real(self, self.terms.term(Kind.ITE, condition.term, self.real(yes).term, self.real(no).term))
