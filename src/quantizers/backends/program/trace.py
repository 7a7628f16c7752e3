"""Laws as programs: what one does to a number, and its gradients, with the widths as inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..._maths.law import Cautions, Constants, Law
from ..._maths.view import made_once
from .operations import INT, WORD
from .program import Program
from .variable import Number

X, RESULT, GRADIENT, UNIFORM, SEED, ELEMENT = 'x', 'q', 'g', 'uniform', 'seed', 'element'
# where random numbers come from
Uniform = Callable[[Program], Number]


def given(program: Program) -> Number:
    """One for each element, in an array."""
    return program.input(UNIFORM, element=True)


def drawn(program: Program) -> Number:
    """One for each element, drawn by its number in the array and a seed: the same however the work is parted."""
    seed, element = program.input(SEED, WORD, element=False), program.input(ELEMENT, WORD, element=True)
    return program.uniform(seed, element)


def forward(
    law: Law, target: str, cautions: Cautions, selected: Mapping[str, int], uniform: Uniform | None = None
) -> Program:
    """The program of `x` and of the widths, whose result is `q`.

    Args:
        target: the name of the dtype of the result.
        cautions: what may happen with the widths that it will be given.
        selected: the widths that are known, by which a law chooses among formulas; no inputs.
        uniform: where random numbers come from, by which to round; None where rounding is not at random.
    """
    program = Program(target, cautions.extreme, normal=law.normal_powers(cautions))
    x = program.input(X, element=True)
    numbers = None if uniform is None else uniform(program)
    program.result(RESULT, law.forward(program, x, _constants(program, law, cautions, selected), numbers))
    return program


def gradients(
    law: Law,
    target: str,
    cautions: Cautions,
    selected: Mapping[str, int],
    wanted: tuple[str, ...],
    uniform: Uniform | None = None,
) -> Program:
    """The program of `x`, its result `q`, the gradient `g` of that, and of the widths, whose results are gradients.

    Args:
        wanted: of what: `x`, which has one for each element, and widths, for which they are summed. A name that has
            no gradient under the law has no result.
    """
    program = Program(target, cautions.extreme, normal=law.normal_powers(cautions))
    x, q, g = (program.input(name, element=True) for name in (X, RESULT, GRADIENT))
    numbers = uniform(program) if uniform is not None and law.redraws else None
    constants = _constants(program, law, cautions, selected)
    for name, gradient in law.gradients(program, x, q, constants, numbers).items():
        if name in wanted:
            program.result(name, gradient(g), None if name == X else name)
    return program


def _constants(program: Program, law: Law, cautions: Cautions, selected: Mapping[str, int]) -> Constants:
    widths: list[Number] = [
        selected[name] if name in selected else program.input(name, INT, element=False) for name in law.widths
    ]
    return made_once(law.constants(program, cautions, *law.whole(program, *widths)))
