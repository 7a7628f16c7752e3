"""Operations as instructions of LLVM, each one line of its text."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partialmethod
from typing import Any

import numpy as np

from ..._maths.floats import FLOATS
from . import philox
from .operations import BOOL, INT, REAL, WORD, Operand, Operation

Value = str  # the name of one, or a number as LLVM writes it

_REALS = {
    'add': 'fadd {type} {0}, {1}',
    'subtract': 'fsub {type} {0}, {1}',
    'multiply': 'fmul {type} {0}, {1}',
    'divide': 'fdiv {type} {0}, {1}',
    'negate': 'fneg {type} {0}',
    'less': 'fcmp olt {type} {0}, {1}',
    'less_equal': 'fcmp ole {type} {0}, {1}',
    'equal': 'fcmp oeq {type} {0}, {1}',
    'not_equal': 'fcmp une {type} {0}, {1}',
}
_INTEGERS = {
    'add': 'add {type} {0}, {1}',
    'subtract': 'sub {type} {0}, {1}',
    'multiply': 'mul {type} {0}, {1}',
    'negate': 'sub {type} 0, {0}',
    'less': 'icmp slt {type} {0}, {1}',
    'less_equal': 'icmp sle {type} {0}, {1}',
    'equal': 'icmp eq {type} {0}, {1}',
    'not_equal': 'icmp ne {type} {0}, {1}',
    'and': 'and {type} {0}, {1}',
    'or': 'or {type} {0}, {1}',
    'shift_left': 'shl {type} {0}, {1}',
    'shift_right': 'ashr {type} {0}, {1}',
    'real': 'sitofp {type} {0} to {real}',
}
_FUNCTIONS = {'floor': 'floor', 'ceil': 'ceil', 'trunc': 'trunc', 'rint': 'rint', 'abs': 'fabs'}
# of the C library, in float64: `machine.py` says where they are
OUTSIDE = {'exp': 'double (double)', 'ldexp': 'double (double, i32)'}


class Code:
    """Instructions in their order, and what they call.

    Args:
        dtype: the name of the one that real numbers have.
    """

    def __init__(self, dtype: str) -> None:
        self.lines: list[str] = []
        self.declarations: set[str] = set()
        self.real = {'float32': 'float', 'float64': 'double'}[dtype]
        self.dtype, self.compute = np.dtype(dtype), FLOATS[dtype]
        self._bits = f'i{8 * self.dtype.itemsize}'
        self._mantissa, self._bias = self.compute.precision - 1, self.compute.largest
        self._types = {REAL: self.real, INT: 'i32', BOOL: 'i1', WORD: 'i64'}
        self._longer: dict[str, Callable[..., Value]] = {
            'normal_power2': self._normal_power2,
            'leading_power': self._leading_power,
            'exponent_field': self._exponent_field,
            'exp': lambda x: self._outside('exp', x),
            'ldexp': lambda x, n: self._outside('ldexp', x, f'i32 {n}'),
            'uniform': self._uniform,
        }

    def type(self, operand: Operand) -> str:
        """The type of a value."""
        return self._types[operand.kind]

    def new(self, instruction: str) -> Value:
        """The value of an instruction."""
        name = f'%v{len(self.lines)}'
        self.lines.append(f'{name} = {instruction}')
        return name

    def number(self, operand: Operand) -> Value:
        """A number that stands in the program."""
        if operand.kind is REAL:  # by the bits of a float64, whatever its type
            return f'0x{struct.pack(">d", self.dtype.type(operand.value)).hex()}'
        return str(int(operand.value))

    def operation(self, operation: Operation, operands: list[Value]) -> Value:
        """The value of an operation of the program."""
        name, first = operation.name, operation.operands[0]
        if name == 'select':
            kind = self.type(operation.operands[1])
            return self.new(f'select i1 {operands[0]}, {kind} {operands[1]}, {kind} {operands[2]}')
        if name in self._longer:
            return self._longer[name](*operands)
        if name in _FUNCTIONS:
            return self.function(_FUNCTIONS[name], self.real, operands[0])
        table = _REALS if first.kind is REAL else _INTEGERS
        return self.new(table[name].format(*operands, type=self.type(first), real=self.real))

    def function(self, name: str, real: str, x: Value) -> Value:
        """A function that LLVM has for reals of each type."""
        name = f'@llvm.{name}.{"f32" if real == "float" else "f64"}'
        self.declarations.add(f'declare {real} {name}({real})')
        return self.new(f'call {real} {name}({real} {x})')

    def _outside(self, name: str, x: Value, *others: str) -> Value:
        result, _, parameters = OUTSIDE[name].partition(' ')
        self.declarations.add(f'declare {result} @{name}{parameters}')
        wide = x if self.real == 'double' else self.new(f'fpext float {x} to double')
        value = self.new(f'call double @{name}({", ".join([f"double {wide}", *others])})')
        # once more rounded, which is exact for ldexp: float64 has all bits of a float32 times a power of two
        return value if self.real == 'double' else self.new(f'fptrunc double {value} to float')

    def _normal_power2(self, n: Value) -> Value:
        wide = n if self._bits == 'i32' else self.new(f'sext i32 {n} to i64')
        field = self.new(f'add {self._bits} {wide}, {self._bias}')
        bits = self.new(f'shl {self._bits} {field}, {self._mantissa}')
        return self.new(f'bitcast {self._bits} {bits} to {self.real}')

    def _leading_power(self, x: Value) -> Value:
        bits = self.new(f'bitcast {self.real} {x} to {self._bits}')
        exponent = self.new(f'and {self._bits} {bits}, {2 * self._bias + 1 << self._mantissa}')
        return self.new(f'bitcast {self._bits} {exponent} to {self.real}')

    def _exponent_field(self, x: Value) -> Value:
        bits = self.new(f'bitcast {self.real} {x} to {self._bits}')
        shifted = self.new(f'lshr {self._bits} {bits}, {self._mantissa}')
        field = self.new(f'and {self._bits} {shifted}, {2 * self._bias + 1}')
        return field if self._bits == 'i32' else self.new(f'trunc i64 {field} to i32')

    def _uniform(self, seed: Value, element: Value) -> Value:
        # as many bits as the significand has
        word = philox.fraction(_Word(self, seed), _Word(self, element), self.compute.precision)
        whole = self.new(f'uitofp i64 {word.value} to {self.real}')
        return self.new(f'fmul {self.real} {whole}, {self.number(Operand(REAL, 2.0**-self.compute.precision))}')


class _Word:
    """A word of 64 bits, for formulas of whole words."""

    def __init__(self, code: Code, value: Value) -> None:
        self._code, self.value = code, value

    def _with(self, instruction: str, other: Any) -> _Word:
        operand = other.value if isinstance(other, _Word) else int(other)
        return _Word(self._code, self._code.new(f'{instruction} i64 {self.value}, {operand}'))

    __add__, __mul__ = partialmethod(_with, 'add'), partialmethod(_with, 'mul')
    __and__, __or__, __xor__ = partialmethod(_with, 'and'), partialmethod(_with, 'or'), partialmethod(_with, 'xor')
    __lshift__, __rshift__ = partialmethod(_with, 'shl'), partialmethod(_with, 'lshr')
