"""Operations as expressions of Triton, each one line of a kernel. What they call is in `torch/primitives.py`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partialmethod

from ..._maths.floats import FLOATS
from . import philox
from .operations import BOOL, INT, OPERATORS, REAL, WORD, Kind, Literal, Operand, Operation
from .program import Program

Value = str  # an expression: a name, or a number of a type
_EXPRESSIONS = {
    **OPERATORS,
    **{name: f'{name}({{}})' for name in ('floor', 'ceil', 'trunc', 'rint', 'exp', 'leading_power', 'exponent_field')},
    **{name: f'{name}({{}}, {{}})' for name in ('divide', 'ldexp')},
    'abs': 'tl.abs({})',
    'select': 'tl.where({}, {}, {})',
    'shift_left': '{} << {}',
    'shift_right': '{} >> {}',
}


class Code:
    """Operations as lines of a kernel, the same one once.

    Args:
        dtype: the name of the one that real numbers have.

    Attributes:
        real: the type of real numbers.
        before: what depends on widths alone.
        lines: what depends on elements.
    """

    def __init__(self, dtype: str) -> None:
        self.before: list[str] = []
        self.lines: list[str] = []
        self._known: dict[str, Value] = {}
        self._compute = FLOATS[dtype]
        self.real = f'tl.{dtype}'
        self._types = {REAL: self.real, INT: 'tl.int32', BOOL: 'tl.int1', WORD: 'tl.uint64'}

    def new(self, expression: str, *, varies: bool = True) -> Value:
        """The value of an expression."""
        if expression not in self._known:
            self._known[expression] = name = f'v{len(self._known)}'
            (self.lines if varies else self.before).append(f'{name} = {expression}')
        return self._known[expression]

    def number(self, kind: Kind, value: Literal) -> Value:
        """A number that stands in the program."""
        if kind is BOOL:
            return f'tl.full((), {bool(value)}, tl.int1)'
        assert value or math.copysign(1, value) > 0  # Triton takes -0.0 for 0.0
        text = repr(value) if math.isfinite(value) else f"float('{value}')"
        return f'tl.full((), {text}, {self._types[kind]})'

    def operation(self, operation: Operation, operands: list[Value], *, varies: bool) -> Value:
        """The value of an operation of the program."""
        match operation.name:
            case 'real':
                expression = f'({operands[0]}).to({self.real})'
            case 'normal_power2':
                expression = f'normal_power2({operands[0]}, {self.real})'
            case 'uniform':
                return self._uniform(*operands)
            case name:
                expression = _EXPRESSIONS[name].format(*operands)
        return self.new(expression, varies=varies)

    def program(self, program: Program, known: Mapping[str, Value]) -> dict[str, Value]:
        """Do what a program does to what is known; gives its results by their names."""
        values, varying = dict(known), program.varying()

        def value(operand: Operand) -> Value:
            if operand.is_number:
                return self.number(operand.kind, operand.value)  # type: ignore[arg-type]
            return values[str(operand.value)]

        for operation in program.used():
            operands = [value(operand) for operand in operation.operands]
            values[operation.result] = self.operation(operation, operands, varies=operation.result in varying)
        return {result.name: value(result.value) for result in program.results}

    def _uniform(self, seed: Value, element: Value) -> Value:
        # as many bits as the significand has
        word = philox.fraction(_Word(self, seed), _Word(self, element), self._compute.precision)
        scale = self.number(REAL, 2.0**-self._compute.precision)
        return self.new(f'{word.value}.to(tl.int64).to({self.real}) * {scale}')


class _Word:
    """A word of 64 bits, for formulas of whole words."""

    def __init__(self, code: Code, value: Value) -> None:
        self._code, self.value = code, value

    def _with(self, operator: str, other: _Word | int) -> _Word:
        operand = other.value if isinstance(other, _Word) else self._code.number(WORD, other)
        return _Word(self._code, self._code.new(f'{self.value} {operator} {operand}'))

    __add__, __mul__ = partialmethod(_with, '+'), partialmethod(_with, '*')
    __and__, __or__, __xor__ = partialmethod(_with, '&'), partialmethod(_with, '|'), partialmethod(_with, '^')
    __lshift__, __rshift__ = partialmethod(_with, '<<'), partialmethod(_with, '>>')
