"""A proof in steps: of fixed point that may wrap, the rounding first, and then what becomes of the rounded number.

What is proved to be equal is put in its place. The second step knows no rounding mode: for any `up`, the floor or the
number above it becomes what the law says. It is the same question for all modes, and answered once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitwuzla import Kind

from ..._maths import fixed
from ._cases import FixedCases
from ._outcome import draws
from ._reals import Real
from ._solver import PROVED
from ._terms import Truth

if TYPE_CHECKING:
    from ._question import Question
    from ._solver import Answer, Solver
    from ._terms import Integer


def ask_in_steps(question: Question, solver: Solver) -> Answer | None:
    """The answer; None where there are no such steps, or where one does not hold."""
    cases, part = question.theorem.cases, question.input.part
    if not isinstance(cases, FixedCases) or cases.law.clips or part.what != 'each':
        return None
    terms, xp, constants, x = question.terms, question.xp, question.constants, question.x
    near = xp.clip(x, -constants.limit, constants.limit)
    value = fixed.round_to_step(xp, x, constants, cases.law.rounding, question.uniform)
    number, d = cases.number(terms.where, question.input)
    codes, floor, uniform = cases.codes(terms.where), number >> d, question.uniform_number
    rounded = codes.rounded(number, d, uniform, draws(cases.dtype))
    any_way = terms.where(number - (floor << d) > 0, floor + terms.unsigned(terms.bits(1, 'up')), floor)
    any_side = terms.unsigned(terms.bits(1, 'side')) == 1

    # |x| is from 2^n steps to twice that, and what it is rounded to, too
    n = question.input.unit + cases.dtype.precision - 1 + cases.f if part.first else -1
    leading = range(max(n, 0), max(n, -1) + 2)

    def real(code: Integer, side: Truth) -> Real:
        """The rounded number; a zero is on some side."""
        outcome = cases.of_code(terms.where, code)
        negative = terms.where(code == 0, side, code < 0)
        whole = outcome._replace(negative=negative, signed_zero=True)
        return question.real(whole, terms.integer(outcome.magnitude), leading)

    def with_rounded(got: Real, number: Real) -> Real:
        """What a form makes of the number in place of the one that it rounds."""
        same = terms.manager.substitute_term(got.term, {near.term: x.term})
        return Real(xp.floats, terms.manager.substitute_term(same, {value.term: number.term}))

    def claim(forms: list[tuple[Truth, Real]], code: Integer, number: Real) -> Truth:
        outcome = cases.of_code(terms.where, codes.overflowed(code, floor))
        every = terms.truth(True)
        for where, got in forms:
            every &= (where ^ True) | question.allowed(with_rounded(got, number), outcome)
        return every

    forms = [*question.forms()]
    side = Truth(terms, terms.term(Kind.FP_IS_NEG, value.term))
    claims = [
        near.identical(x) & value.identical(real(rounded, side)),
        claim(forms[:2], any_way, real(any_way, any_side)),
        claim(forms[2:], rounded, real(rounded, any_side)),
    ]
    for each in claims:
        answer = solver.ask(terms, question.given, each)
        if answer.verdict != 'proved':
            return None if answer.verdict == 'refuted' else answer
    return PROVED
