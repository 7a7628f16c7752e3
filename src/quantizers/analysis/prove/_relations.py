"""Relations that users rely on, of the formulas themselves: two or three numbers at once, of the whole range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ..._maths.floats import FLOATS
from ._floats import Part
from ._question import Question, Theorem

if TYPE_CHECKING:
    from ._reals import Real
    from ._solver import Answer, Solver


class Relation(NamedTuple):
    """A relation of a law in a dtype.

    - idempotent: `q(q(x))` is `q(x)`, with the sign of a zero.
    - monotone: where `x <= y`, `q(x) <= q(y)`.
    - odd: `q(-x)` equals `-q(x)`.
    """

    theorem: Theorem
    what: Literal['idempotent', 'monotone', 'odd']

    def ask(self, solver: Solver) -> Answer:
        """Whether it holds for all finite inputs; if not, the bits of one."""
        finite = Part(0, 2 * FLOATS[self.theorem.target].largest, 'finite')
        question = Question(self.theorem, finite)
        x, xp = question.x, question.xp

        def q(number: Real) -> Real:
            return xp.floats.real(self.theorem.law.forward(xp, number, question.constants))

        given = question.given
        if self.what == 'idempotent':
            claim = q(q(x)).identical(q(x))
        elif self.what == 'odd':
            claim = q(-x) == -q(x)
        else:
            y, more = question.another('y')
            given, claim = [*given, *more, x <= y], q(x) <= q(y)
        return solver.ask(question.terms, [*given, *xp.given], claim, [question.bits])
