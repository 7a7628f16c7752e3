"""Whether two formats give the same value for every float, by their laws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bitwuzla import Kind

from ..._maths.floats import FLOATS
from ._cases import cases_of
from ._concrete import expected, float_of
from ._floats import Part, exponent_bits
from ._outcome import Cases, Outcome
from ._proof import Counterexample
from ._question import any_input
from ._terms import Terms, Truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...formats import Spec
    from ._solver import Answer, Solver, Verdict


def compare(spec: Spec, other: Spec, name: str, solver: Solver) -> tuple[Verdict, Counterexample | None, int, int]:
    """The verdict, the smallest input that they give different values, and for how many of how many inputs it holds."""
    dtype = FLOATS[name]
    cases = tuple(cases_of(each.law, each.law_widths, dtype) for each in (spec, other))
    proved = total = 0
    for parts in _common(*(list(each.parts()) for each in cases)):
        count = parts[0].count(dtype)
        total += count
        comparison = _Comparison(cases, parts, name)
        answer = comparison.ask(solver)
        if answer.verdict == 'refuted':
            bits = comparison.smallest(answer.bits[0], solver)
            values = [expected(each, bits, name, part) for each, part in zip(cases, parts, strict=True)]
            return 'refuted', Counterexample(float_of(bits, name), values[0], values[1]), 0, 1 << _size(name)
        proved += count if answer.verdict == 'proved' else 0
    return 'proved' if proved == total else 'undecided', None, proved, total


def _size(name: str) -> int:
    return FLOATS[name].precision + exponent_bits(FLOATS[name])


def _common(a: list[Part], b: list[Part]) -> Iterator[tuple[Part, Part]]:
    """The parts that both have, each as the one and as the other says it."""
    while a and b:
        last = min(a[0].last, b[0].last)
        first = max(a[0].first, b[0].first)
        yield a[0]._replace(first=first, last=last), b[0]._replace(first=first, last=last)
        a, b = a[a[0].last == last :], b[b[0].last == last :]


class _Comparison:
    """The terms of both laws on the inputs of a part."""

    def __init__(self, cases: tuple[Cases, ...], parts: tuple[Part, ...], name: str) -> None:
        self._terms, self._size = Terms(), _size(name)
        terms, part, dtype = self._terms, parts[0], FLOATS[name]
        fields, self._bits, self._given = any_input(terms, dtype, part)
        self._magnitude = terms.unsigned(terms.term(Kind.BV_EXTRACT, self._bits, indices=(self._size - 2, 0)))
        a, b = (each.outcome(terms.where, fields._replace(part=own)) for each, own in zip(cases, parts, strict=True))
        self._claim = self._equal(a, b)

    def ask(self, solver: Solver, below: int | None = None) -> Answer:
        """Whether both are the same, of all magnitudes or of those below one."""
        given = self._given if below is None else [*self._given, self._magnitude < below]
        return solver.ask(self._terms, given, self._claim, [self._bits])

    def smallest(self, bits: int, solver: Solver) -> int:
        """The smallest magnitude for which they differ, from an example on, as far as there is time."""
        mask = (1 << self._size - 1) - 1
        low, high = 0, bits & mask
        while low < high:
            middle = (low + high) // 2
            answer = self.ask(solver, middle + 1)
            if answer.verdict == 'refuted':
                bits, high = answer.bits[0], answer.bits[0] & mask
            elif answer.verdict == 'proved':
                low = middle + 1
            else:
                break
        return bits

    def _equal(self, a: Outcome, b: Outcome) -> Truth:
        terms, lowest = self._terms, min(a.exponent, b.exponent)
        numbers = [
            terms.where(of.negative, -magnitude, magnitude) << of.exponent - lowest
            for of in (a, b)
            for magnitude in [terms.integer(of.magnitude)]
        ]
        nan = terms.truth(a.nan), terms.truth(b.nan)
        infinite = terms.truth(a.infinite), terms.truth(b.infinite)
        sides = terms.truth(a.negative) == terms.truth(b.negative)
        same: Truth = terms.where(infinite[0], sides, numbers[0] == numbers[1]) & (infinite[0] == infinite[1])
        return (nan[0] & nan[1]) | (nan[0] == nan[1]) & same
