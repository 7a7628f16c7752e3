"""A law and its formula on every float of a part: the claim that both are the same."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from bitwuzla import Kind

from ..._maths.floats import FLOATS, compute_dtype
from ..._maths.law import Law, Reach
from ..._maths.view import made_once
from ._cases import cases_of
from ._floats import Input, Part, exponent_bits, float_bits, held
from ._namespace import Namespace
from ._outcome import Cases, Outcome, draws
from ._reals import Floats, Real
from ._terms import Integer, Term, Terms, Truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..._maths.floats import FloatFormat
    from ..._maths.law import Constants
    from ._laws import Whole
    from ._solver import Answer, Solver


class Theorem(NamedTuple):
    """What is to be proved.

    Attributes:
        law: the one that runs, that of training where rounding is at random.
        target: the name of the dtype of inputs and results.
        nearly: where the dtype has not what the law says, one of the two numbers beside it in the format's range may be
            the result, as laws of wide formats have it.
        random: whether numbers are rounded by others, drawn evenly from `[0, 1)`.
    """

    law: Law
    widths: tuple[int, ...]
    target: str
    nearly: bool = False
    random: bool = False

    @property
    def compute(self) -> str:
        """The name of the dtype that is computed in."""
        return compute_dtype(self.target)

    @property
    def cases(self) -> Cases:
        """The law in integers."""
        return cases_of(self.law, self.widths, FLOATS[self.target], self.random)


class Question:
    """The terms of a theorem for a part of all inputs.

    Attributes:
        x: any number of the part. `bits` are its own, as many as the dtype has.
        given: what holds of it.
        uniform: any random number, or None; `drawn` are its bits.
    """

    def __init__(self, theorem: Theorem, part: Part) -> None:
        self.theorem, self.law = theorem, theorem.law
        dtype = FLOATS[theorem.target]
        self.terms = terms = Terms()
        widths = tuple(int(width) for width in self.law.whole(np, *theorem.widths))
        cautions = self.law.cautions(np, FLOATS[theorem.compute], dtype, *widths)
        self.xp = Namespace(terms, theorem.target, cautions.extreme)
        self.constants: Constants = made_once(self.law.constants(self.xp, cautions, *widths))
        self.input, self.bits, self._range = any_input(terms, dtype, part)
        self.x = self._computed(self.bits)
        self.drawn = terms.bits(draws(dtype), 'uniform') if theorem.random else None
        self.uniform = None if self.drawn is None else self.xp.floats.fraction(self.drawn)

    @property
    def given(self) -> list[Truth]:
        """What holds of the inputs, and of what primitives have named."""
        return [*self._range, *self.xp.given]

    def forms(self) -> Iterator[tuple[Truth, Real]]:
        """What the formula makes, in each form that it has, and where that form is asked."""
        x, law, constants = self.x, self.law, self.constants
        yield self.terms.truth(True), self._form(Reach.ANYWHERE)
        if law.asks_reach:
            yield self.xp.abs(x) < constants.limit, self._form(Reach.BOUNDED)
            yield (x >= constants.min) & (x <= constants.max), self._form(Reach.INSIDE)

    def _form(self, reach: Reach) -> Real:
        return self.xp.floats.real(self.law.forward(self.xp, self.x, self.constants, self.uniform, reach))

    @property
    def uniform_number(self) -> Integer | None:
        """The random number, in units of its last bit."""
        return None if self.drawn is None else self.terms.unsigned(self.drawn)

    def outcome(self) -> Outcome:
        """What the law says."""
        return self.theorem.cases.outcome(self.terms.where, self.input, self.uniform_number)

    def allowed(self, got: Real, outcome: Outcome) -> Truth:
        """Whether a result is what the law says, with the sign of a zero."""
        terms, where = self.terms, self.terms.where
        if outcome.same:
            return got.identical(self.x)
        magnitude = terms.integer(outcome.magnitude)
        kept, step = held(where, magnitude, outcome.size, outcome.exponent, self.xp.target)
        number = self.real(outcome, kept)
        right = got.identical(number)
        if kept is not magnitude:
            known = kept == magnitude
            beside = self.theorem.nearly and self._beside(got, outcome, kept, step, number)
            right = right & known | (known ^ True) & beside
        if outcome.infinite is not False:
            infinity = self.xp.where(outcome.negative, *(self.xp.floats.real(end) for end in (-inf, inf)))
            right = where(outcome.infinite, got.identical(infinity), right)
        allowed: Truth = where(outcome.nan, self.xp.isnan(got), right)
        return allowed

    def _beside(self, got: Real, outcome: Outcome, kept: Whole, step: Whole, number: Real) -> Truth:
        """Whether a result is one of the numbers of the dtype beside what the law says, once it is cast to the dtype.

        A cast is monotone, and keeps what the dtype has: what is between the two becomes one of them.
        """
        where, negative = self.terms.where, outcome.negative
        above = kept + step
        next_one = self.real(outcome, above)
        most, least = outcome.most
        inside: Truth = (step != 0) & (above <= where(negative, least, most))
        between: Truth = where(
            negative, (next_one < got) & (got < number) & (kept != 0), (number < got) & (got < next_one)
        )
        return got.identical(number) | (inside & (got.identical(next_one) | between))

    def real(self, outcome: Outcome, magnitude: Whole, leading: range | None = None) -> Real:
        """The number of a magnitude, which the dtype has, with the sign of the outcome; see `float_bits`."""
        leading = leading or range(outcome.size + 1)  # that of the next one, too
        negative = outcome.negative if outcome.signed_zero else outcome.negative & (magnitude != 0)
        bits = float_bits(self.terms.where, negative, magnitude, leading, outcome.exponent, self.xp.compute)
        return self.xp.floats.of_bits(self.terms.integer(bits).low_bits(self.xp.floats.size))

    def another(self, name: str) -> tuple[Real, list[Truth]]:
        """Another number of the part, and what holds of it."""
        _, bits, given = any_input(self.terms, FLOATS[self.theorem.target], self.input.part, f'{name}_')
        return self._computed(bits), given

    def _computed(self, bits: Term) -> Real:
        """The number in the dtype that is computed in."""
        floats, target = self.xp.floats, self.theorem.target
        if target == 'bfloat16':  # a float32 without its last bits; the solver has no such dtype
            return floats.of_bits(self.terms.term(Kind.BV_CONCAT, bits, self.terms.bits_of(16, 0)))
        if target == floats.format.name:
            return floats.of_bits(bits)
        return floats.of_narrower(Floats(self.terms, FLOATS[target]).of_bits(bits))


def any_input(terms: Terms, dtype: FloatFormat, part: Part, prefix: str = '') -> tuple[Input, Term, list[Truth]]:
    """Any float of a part: its fields, its bits, and what holds of them."""
    sign, fraction = terms.bits(1, f'{prefix}sign'), terms.bits(dtype.precision - 1, f'{prefix}fraction')
    one, size = part.first == part.last, exponent_bits(dtype)
    field = terms.bits_of(size, part.first) if one else terms.bits(size, f'{prefix}field')
    exponent = terms.unsigned(field)
    given = [] if one else [exponent >= part.first, exponent <= part.last]
    fields = Input(terms.unsigned(sign) == 1, exponent, terms.unsigned(fraction), dtype, part)
    return fields, terms.term(Kind.BV_CONCAT, sign, field, fraction), given


def ask_at_once(question: Question, solver: Solver) -> Answer:
    """Whether all forms give what the law says.

    If not, the bits of an input, of what a form makes of it in the dtype that is computed in, and of the random number,
    if there is one.
    """
    outcome, claims = question.outcome(), []
    wrong = None
    for asked, got in question.forms():
        claims.append((asked ^ True) | question.allowed(got, outcome))
        wrong = got if wrong is None else question.xp.floats.where(claims[-1], wrong, got)
    every = claims[0]
    for claim in claims[1:]:
        every &= claim
    assert wrong is not None
    shown = [question.bits, wrong.term, *([] if question.drawn is None else [question.drawn])]
    return solver.ask(question.terms, question.given, every, shown)
