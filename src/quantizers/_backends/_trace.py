"""The formulas written down as a scalar program: a namespace `xp` whose numbers are names of variables.

A formula runs once, on `Variable`s. What it asks of them becomes the lines of a loop's body, of which a compiler makes
one pass over memory. No formula stands here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._maths.floats import FLOATS, compute_dtype
from .._maths.view import View
from ._plan import Bound

# a variable of the program, a number or a truth value
Operand = Any


class Variable:
    """A number of the program, or a truth value."""

    __slots__ = ('_program', 'name')

    def __init__(self, program: Program, name: str) -> None:
        self._program, self.name = program, name

    def _infix(self, left: Operand, symbol: str, right: Operand) -> Variable:
        return self._program.line(f'{self._program.text(left)} {symbol} {self._program.text(right)}')

    def __add__(self, other: Operand) -> Variable:
        return self._infix(self, '+', other)

    def __sub__(self, other: Operand) -> Variable:
        return self._infix(self, '-', other)

    def __rsub__(self, other: Operand) -> Variable:
        return self._infix(other, '-', self)

    def __mul__(self, other: Operand) -> Variable:
        return self._infix(self, '*', other)

    def __truediv__(self, other: Operand) -> Variable:
        return self._infix(self, '/', other)

    def __neg__(self) -> Variable:
        return self._program.line(f'-{self.name}')

    def __and__(self, other: Operand) -> Variable:
        return self._infix(self, '&', other)

    def __or__(self, other: Operand) -> Variable:
        return self._infix(self, '|', other)

    def __lt__(self, other: Operand) -> Variable:
        return self._infix(self, '<', other)

    def __gt__(self, other: Operand) -> Variable:
        return self._infix(self, '>', other)

    def __ge__(self, other: Operand) -> Variable:
        return self._infix(self, '>=', other)

    def __eq__(self, other: object) -> Variable:  # type: ignore[override]
        return self._infix(self, '==', other)

    def __ne__(self, other: object) -> Variable:  # type: ignore[override]
        return self._infix(self, '!=', other)

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise TypeError(f'a formula cannot branch on {self.name}, which another element may answer: use xp.where')


class Program:
    """The namespace `xp` of one program, see `_numpy_xp.Namespace` for the arguments.

    Attributes:
        lines: assignments, one a variable.
        constants: what `c0`, `c1` and so on are: numbers, or arrays of them that broadcast with `x`.
    """

    half = 0.5

    def __init__(self, target: str, extreme: bool) -> None:
        dtype = compute_dtype(target)
        self.compute, self.target = FLOATS[dtype], FLOATS[target]
        self._dtype, self._extreme = np.dtype(dtype), extreme
        self.lines: list[str] = []
        self.constants: list[Any] = []
        self._known: dict[str, str] = {}  # no variables, which would be cycles

    @property
    def x(self) -> Variable:
        """The number that is quantized."""
        return Variable(self, 'x')

    def line(self, expression: str) -> Variable:
        """The variable that has the value of `expression`; the same for the same expression."""
        if expression not in self._known:
            name = f'v{len(self.lines)}'
            self.lines.append(f'{name} = {expression}')
            self._known[expression] = name
        return Variable(self, self._known[expression])

    def text(self, value: Operand) -> str:
        """A variable's name, or a number of the program's dtype, or a truth value."""
        if isinstance(value, Variable):
            return value.name
        return repr(value) if isinstance(value, bool) else f'real({float(value)!r})'

    def constant(self, item: Operand) -> Operand:
        """An array, or a number of NumPy's, as a variable; None, bools and Python's numbers stay what they are."""
        if not isinstance(item, np.ndarray | np.generic):
            return item
        self.constants.append(item)
        number = Variable(self, f'c{len(self.constants) - 1}')
        return number != 0 if item.dtype == bool else number

    def floor(self, x: Operand) -> Variable:
        return self.line(f'floor({self.text(x)})')

    def ceil(self, x: Operand) -> Variable:
        return self.line(f'ceil({self.text(x)})')

    def trunc(self, x: Operand) -> Variable:
        return self.line(f'trunc({self.text(x)})')

    def rint(self, x: Operand) -> Variable:
        return self.line(f'rint({self.text(x)})')

    def abs(self, x: Operand) -> Variable:
        return self.line(f'abs({self.text(x)})')

    def isnan(self, x: Operand) -> Operand:
        return x != x  # noqa: PLR0124

    def where(self, condition: Operand, yes: Operand, no: Operand) -> Operand:
        if isinstance(condition, bool):
            return yes if condition else no
        return self.line(f'select({condition.name}, {self.text(yes)}, {self.text(no)})')

    def maximum(self, a: Operand, b: Operand) -> Operand:
        return self.where(a < b, b, a)

    def minimum(self, a: Operand, b: Operand) -> Operand:
        return self.where(b < a, b, a)

    def clip(self, x: Operand, low: Operand, high: Operand) -> Operand:
        return self.where(x > high, high, self.where(x < low, low, x))

    def scale(self, x: Operand, power: Operand) -> Variable:
        if not self._extreme:
            return x * power  # type: ignore[no-any-return]
        return self.line(f'ldexp({self.text(x)}, int({power.name}))')

    def sticky_scale(self, x: Operand, power: Operand) -> Operand:
        y = self.scale(x, power)
        tiny = float(np.finfo(self._dtype).smallest_subnormal)
        return self.where((y == 0) & (x != 0), self.where(x < 0, -tiny, tiny), y)

    def kept(self, x: Operand) -> Operand:
        return x

    def zero_above(self, result: Operand) -> Operand:
        return result + 0.0

    def signed_like(self, result: Operand, x: Operand) -> Operand:
        return result

    def held(self, x: Operand) -> Operand:
        return x

    def power2(self, n: Operand) -> Variable:
        raise NotImplementedError('the constants of a program are made before it')

    power = leading_exponent = power2

    def leading_power(self, x: Operand) -> Variable:
        return self.line(f'leading_power({self.text(x)})')


def traced(program: Program, of: Bound) -> Variable:
    """The result of a bound law, as a variable of `program`."""
    result: Variable = of.law.forward(program, program.x, View(of.constants, program.constant))
    return result
