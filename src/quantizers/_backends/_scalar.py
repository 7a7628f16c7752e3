"""Kernels of one number: the formulas, traced to a scalar program, as a Python function of floats.

An operation on an array of one element takes NumPy twenty times as long as the same on a float takes Python.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from . import _numpy_kernels
from ._plan import Bound
from ._trace import Program, Variable, traced

Kernel = Callable[[float], float]


class ScalarProgram(Program):
    """The program in Python's floats, for numbers that are not NaN."""

    def __init__(self) -> None:
        super().__init__('float64', extreme=False)

    def text(self, value: Any) -> str:
        if isinstance(value, Variable):
            return value.name
        return repr(value if isinstance(value, bool) else float(value))

    def floor(self, x: Any) -> Variable:
        return self.line(f'{self.text(x)} // 1.0')

    def ceil(self, x: Any) -> Variable:
        return self.line(f'-(-{self.text(x)} // 1.0)')

    def trunc(self, x: Any) -> Variable:
        return self.line(f'copysign(int({self.text(x)}), {self.text(x)})')

    def rint(self, x: Any) -> Variable:
        return self.line(f'copysign(round({self.text(x)}), {self.text(x)})')

    def where(self, condition: Any, yes: Any, no: Any) -> Any:
        if isinstance(condition, bool):
            return yes if condition else no
        return self.line(f'{self.text(yes)} if {condition.name} else {self.text(no)}')

    def leading_power(self, x: Any) -> Variable:
        return self.line(f'ldexp(0.5, frexp({self.text(x)})[1]) if {self.text(x)} else 0.0')


def kernel(of: Bound) -> Kernel:
    """The kernel of a law bound to float64."""
    assert of.target == 'float64', of
    if of.cautions.extreme:  # Python's powers of two end where those of float64 do
        of_array = _numpy_kernels.kernel(of)
        return lambda x: of_array(np.array([x])).item()
    program = ScalarProgram()
    result = traced(program, of)
    lines = (*program.lines, f'return {program.text(result)}')
    constants = [np.asarray(constant).item() for constant in program.constants]
    return _maker(lines, len(constants))(*constants)


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
