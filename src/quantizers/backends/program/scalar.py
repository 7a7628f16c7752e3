"""Kernels of one number: programs printed as Python functions of floats.

An operation on an array of one element takes NumPy twenty times as long as the same on a float takes Python.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from ..._maths.view import View
from ..numpy import kernels as numpy_kernels
from ..plan import Bound
from .operations import BOOL, OPERATORS, Operand, Operation
from .program import Program
from .variable import Number

Kernel = Callable[[float], float]

# for numbers that are not NaN; a constant is a number of Python, so that there are no integers
_TEXTS = {
    **OPERATORS,
    'floor': '{} // 1.0',
    'ceil': '-(-{} // 1.0)',
    'trunc': 'copysign(int({0}), {0})',
    'rint': 'copysign(round({0}), {0})',
    'abs': 'abs({})',
    'select': '{1} if {0} else {2}',
    'leading_power': 'ldexp(0.5, frexp({0})[1]) if {0} else 0.0',
    'exponent_field': 'frexp({})[1] + 1022',
    'shift_right': '{} >> {}',
}


def kernel(of: Bound) -> Kernel:
    """The kernel of a law bound to float64."""
    assert of.target == 'float64', of
    if of.cautions.extreme:  # Python's powers of two end where those of float64 do
        of_array = numpy_kernels.kernel(of)
        return lambda x: of_array(np.array([x])).item()
    program, constants = Program(of.target, extreme=False), []

    def constant(item: Number) -> Number:
        number = np.asarray(item).item()
        if isinstance(number, bool):
            return number
        constants.append(number)
        return program.input(f'c{len(constants) - 1}', element=False)

    x = program.input('x', element=True)
    result = program.operand(of.law.forward(program, x, View(of.constants, constant)), x.kind)
    lines = (*map(_text, program.operations), f'return {_operand(result)}')
    return _maker(lines, len(constants))(*constants)


def _text(operation: Operation) -> str:
    return f'{operation.result} = {_TEXTS[operation.name].format(*map(_operand, operation.operands))}'


def _operand(operand: Operand) -> str:
    if not operand.is_number or operand.kind is BOOL:
        return str(operand.value)
    return f'({operand.value!r})'


@lru_cache(maxsize=256)
def _maker(lines: tuple[str, ...], constants: int) -> Callable[..., Kernel]:
    """The kernel of a program, of its constants: formats of the same modes share what is compiled."""
    text = '\n'.join(
        [
            f'def make({", ".join(f"c{n}" for n in range(constants))}):',
            '    def kernel(x):',
            '        if x != x: return x',  # the one float that is no number of the formulas here
            *(f'        {line}' for line in lines),
            '    return kernel',
        ]
    )
    scope: dict[str, Any] = dict(_PRIMITIVES)
    exec(compile(text, __file__, 'exec'), scope)
    return scope['make']  # type: ignore[no-any-return]


_PRIMITIVES = {
    'inf': math.inf,
    'nan': math.nan,
    'copysign': math.copysign,
    'ldexp': math.ldexp,
    'frexp': math.frexp,
}
