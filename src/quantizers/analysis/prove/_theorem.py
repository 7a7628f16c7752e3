"""Theorems: what is proved of a law, part by part of all inputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ..._maths.floats import FLOATS
from ._question import Question, Theorem, ask_at_once
from ._solver import Answer
from ._steps import ask_in_steps

if TYPE_CHECKING:
    from ._floats import Part
    from ._solver import Solver


class Decision(NamedTuple):
    """What is known of a theorem.

    Attributes:
        answer: refuted where one part is, with the bits of an example (see `ask_at_once`); undecided where one is.
        open: the parts that were not decided.
        refuted: the first part that is refuted.
    """

    answer: Answer
    open: tuple[Part, ...]
    refuted: Part | None = None

    def proved(self, theorem: Theorem) -> int:
        """For how many inputs it is proved."""
        dtype = FLOATS[theorem.target]
        total = sum(part.count(dtype) for part in theorem.cases.parts())
        return total - sum(part.count(dtype) for part in self.open)


def decide(theorem: Theorem, solver: Solver) -> Decision:
    """Prove a theorem, or find an input that refutes it: the first part of the inputs, by magnitude, that has one."""
    undecided = []
    for part, answer in answers(theorem, solver):
        if answer.verdict == 'refuted':
            return Decision(answer, (), part)
        if answer.verdict == 'undecided':
            undecided.append(part)
    return Decision(Answer('undecided' if undecided else 'proved'), tuple(undecided))


def answers(theorem: Theorem, solver: Solver) -> Iterator[tuple[Part, Answer]]:
    """The answer for each part."""
    for part in theorem.cases.parts():
        answer = ask_in_steps(Question(theorem, part), solver)
        yield part, ask_at_once(Question(theorem, part), solver) if answer is None else answer
