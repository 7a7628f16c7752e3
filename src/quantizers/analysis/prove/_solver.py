"""Questions to the solver, and what is known of them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from bitwuzla import Bitwuzla, Option, Options, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._terms import Term, Terms, Truth

Verdict = Literal['proved', 'refuted', 'undecided']


class Answer(NamedTuple):
    """Whether a claim holds for all bits; if not, those of the terms asked for, in an example."""

    verdict: Verdict
    bits: tuple[int, ...] = ()


PROVED, UNDECIDED = Answer('proved'), Answer('undecided')


class Solver:
    """Decides claims, for so many seconds in all.

    Args:
        seconds: the limit.
        known: what was proved before, by the text of the question, with the seconds that it took; it is added to.

    Attributes:
        spent: the seconds that all answers took, those known among them.
    """

    def __init__(self, seconds: float, known: MutableMapping[str, float] | None = None) -> None:
        self._end = time.monotonic() + seconds
        self._known = {} if known is None else known
        self.spent = 0.0

    @property
    def left(self) -> float:
        """The seconds left."""
        return self._end - time.monotonic()

    def ask(self, terms: Terms, given: Sequence[Truth], claim: Truth, asked: Sequence[Term] = ()) -> Answer:
        """Whether the claim holds wherever all that is given does; if not, the bits of terms that are asked for."""
        if self.left <= 0:
            return UNDECIDED
        options = Options()
        options.set(Option.PRODUCE_MODELS, True)
        options.set(Option.TIME_LIMIT_PER, max(int(self.left * 1000), 1))
        solver = Bitwuzla(terms.manager, options)
        for truth in (*given, claim ^ True):
            solver.assert_formula(truth.term)
        key = hashlib.sha256(solver.print_formula().encode()).hexdigest()[:32]
        if key in self._known:
            self.spent += self._known[key]
            return PROVED
        start = time.process_time()
        result = solver.check_sat()
        took = time.process_time() - start
        self.spent += took
        if result == Result.UNSAT:
            self._known[key] = took
            return PROVED
        if result == Result.SAT:
            return Answer('refuted', tuple(int(solver.get_value(term).value(2, False), 2) for term in asked))
        return UNDECIDED
