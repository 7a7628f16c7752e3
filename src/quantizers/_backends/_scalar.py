"""Kernels of one number: the formulas, traced to a scalar program, as a Python function of floats.

An operation on an array of one element takes NumPy twenty times as long as the same on a float takes Python.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from .._maths import lowbit, minifloat
from . import _numpy_kernels
from ._plan import FixedPlan
from ._trace import Program, Variable, trace_fixed

Kernel = Callable[[float], float]


class ScalarProgram(Program):
    """The program in Python's floats, for numbers that are not NaN."""

    def __init__(self) -> None:
        super().__init__('float64', 'float64', extreme=False)

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


def fixed_kernel(plan: FixedPlan, rounding: str, overflow: str, saturation_bits: int, target: str) -> Kernel:
    """The kernel of a fixed-point format for float64, which is `target`."""
    assert target == 'float64', target
    if plan.extreme:  # Python's powers of two end where those of float64 do
        of_array = _numpy_kernels.fixed_kernel(plan, rounding, overflow, saturation_bits, target)
        return lambda x: of_array(np.array([x])).item()
    program = ScalarProgram()
    return _kernel(program, trace_fixed(program, plan, rounding, overflow, saturation_bits))


def minifloat_kernel(binades: minifloat.Binades, target: str) -> Kernel:
    """The kernel of a minifloat for float64, which is `target`."""
    assert target == 'float64', target
    program = ScalarProgram()
    return _kernel(program, minifloat.quantize(program, program.x, program.named(binades)))


def binary_kernel(target: str) -> Kernel:
    """The kernel of binary for float64, which is `target`."""
    assert target == 'float64', target
    program = ScalarProgram()
    return _kernel(program, lowbit.binary(program, program.x))


def _kernel(program: ScalarProgram, result: Any) -> Kernel:
    lines = (*program.lines, f'return {program.text(result)}')
    used = sorted({int(number) for number in re.findall(r'\bc(\d+)\b', ' '.join(lines))})
    return _maker(lines, tuple(used))(*(np.asarray(program.constants[n]).item() for n in used))


@lru_cache(maxsize=256)
def _maker(lines: tuple[str, ...], constants: tuple[int, ...]) -> Callable[..., Kernel]:
    """The kernel of a program, of its constants: formats of the same modes share what is compiled."""
    text = '\n'.join(
        [
            f'def make({", ".join(f"c{n}" for n in constants)}):',
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
