"""The text of a program's loop: one pass over memory, and what depends on widths alone out of it.

A loop is given arrays of three axes: the last one is the longest along which widths may change or not, see `Layout`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from ..._maths.floats import UNBOUNDED
from .arrangement import Layout
from .llvm import Code, Value
from .machine import HEAD
from .operations import BOOL, Input, Operand, Operation, Result
from .program import Program
from .trace import ELEMENT, SEED

NAME = 'loop'
# the arguments before the arrays, of 64 bits
NUMBERS = 'size_a', 'size_b', 'size_c', 'between', 'along', 'first', 'seed'
_TYPES = {'int32': 'i32', 'int64': 'i64', 'float32': 'float', 'float64': 'double'}
# no step of the loop over the last axis needs another's, also where the result is written over the input
_MARK, _PARALLEL = ', !llvm.access.group !0', ', !llvm.loop !1'
_MARKS = '!0 = distinct !{}\n!1 = distinct !{!1, !2}\n!2 = !{!"llvm.loop.parallel_accesses", !0}'


class Printer:
    """The loop of a program by a layout, as the text of a function.

    Attributes:
        arrays: the names of its arrays: the widths, a table, those of elements, and sums of float64.
        count: how many widths there are in the first.
        elements: the dtypes of those of elements.
        told: what the table has for each element of a row.
    """

    def __init__(self, program: Program, layout: Layout) -> None:
        self.layout, self._dtypes = layout, dict(layout.of_elements)
        inputs = [given._replace(element=given.element or given.name in self._dtypes) for given in program.inputs]
        self._inputs = [given for given in inputs if given.element and given.name != ELEMENT]
        self._widths = [given for given in inputs if not given.element and given.name != SEED]
        self._draws = len(inputs) > len(self._inputs) + len(self._widths)
        varying, used = program.varying(self._dtypes), program.used()
        self._inside = [operation for operation in used if operation.result in varying]
        self._hoisted = [operation for operation in used if operation.result not in varying]
        self._results = [r for r in program.results if r.summed_to is None or r.summed_to in self._dtypes]
        self._sums = [result for result in program.results if result not in self._results]
        read = [o for operation in self._inside for o in operation.operands] + [r.value for r in program.results]
        before = {given.name for given in self._widths} | {operation.result for operation in self._hoisted}
        # what the hoisted part tells the rest, in the order of their first use: of rows, by a table
        self.told = list(dict.fromkeys(operand for operand in read if operand.value in before)) if layout.rows else []
        self.arrays = [
            *('widths', 'table'),
            *(given.name for given in self._inputs),
            *(f'{r.name}_result' for r in self._results),
            *(f'{r.name}_sums' for r in self._sums),
        ]
        self._code = Code(program.compute.name)
        self.count = len(self._widths)
        real = self._code.dtype
        self.elements = [np.dtype(self._dtypes.get(given.name, real)) for given in self._inputs] + [real] * len(
            self._results
        )
        self._known: dict[str, Value] = {SEED: '%seed'}

    def text(self) -> str:
        """That of the function, whose arguments are numbers, and arrays by their addresses as objects of Python."""
        code, line = self._code, self._code.lines.append
        for index in 'abc':
            line(f'%{index}.at = alloca i64')
        for r in self._sums:
            line(f'%{r.name}.total = alloca double')
        for array in self.arrays:
            line(f'%{array}.data = getelementptr i8, ptr %{array}.array, i64 {HEAD}')
            line(f'%{array} = load ptr, ptr %{array}.data')
        if self.layout.rows:
            line('%c.at.table = alloca i64')
            with self._over('c.table', '%size_c', 'c.at.table'):
                self._before('%c.table')
                for n, operand in enumerate(self.told):
                    self._tell(n, operand)
        with self._over('a', '%size_a', 'a.at'), self._over('b', '%size_b', 'b.at'):
            if not self.layout.rows:
                self._before(code.new('mul i64 %b, %along'))
            self._row()
        line('ret void')
        arguments = [f'i64 %{number}' for number in NUMBERS] + [f'ptr %{array}.array' for array in self.arrays]
        head = f'define void @{NAME}({", ".join(arguments)}) {{\nentry:'
        return '\n'.join([*sorted(code.declarations), head, *code.lines, '}', _MARKS])

    @contextmanager
    def _over(self, index: str, size: Value, at: str, mark: str = '') -> Iterator[None]:
        """A loop of what is written within, over an index below a size."""
        lines = self._code.lines
        lines += [f'store i64 0, ptr %{at}', f'br label %{index}.head', f'{index}.head:']
        lines += [f'%{index} = load i64, ptr %{at}', f'%{index}.more = icmp slt i64 %{index}, {size}']
        lines += [f'br i1 %{index}.more, label %{index}.body, label %{index}.end', f'{index}.body:']
        yield
        lines += [f'%{index}.next = add nuw nsw i64 %{index}, 1', f'store i64 %{index}.next, ptr %{at}']
        lines += [f'br label %{index}.head{mark}', f'{index}.end:']

    def _before(self, at: Value) -> None:
        """What depends on widths alone, by the place of the widths in their arrays."""
        for n, given in enumerate(self._widths):
            row = self._code.new(f'mul i64 %between, {n}')
            place = self._code.new(f'add i64 {row}, {at}')
            self._known[given.name] = self._load('i32', self._address('widths', 'i32', place))
        self._do(self._hoisted)

    def _row(self) -> None:
        """The loop over the last axis."""
        code = self._code
        rows = code.new('mul i64 %a, %size_b')
        row = code.new(f'mul i64 {code.new(f"add i64 {rows}, %b")}, %size_c')
        for r in self._sums:
            code.lines.append(f'store double 0.0, ptr %{r.name}.total')
        with self._over('c', '%size_c', 'c.at', _PARALLEL):
            place = code.new(f'add nsw i64 {row}, %c')
            at = '%c' if self.layout.again else place
            self._known |= {given.name: self._element(given, at) for given in self._inputs}
            if self._draws:
                self._known[ELEMENT] = code.new(f'add i64 %first, {place}')
            for n, operand in enumerate(self.told):
                self._known[str(operand.value)] = self._told(n, operand)
            self._do(self._inside)
            for r in self._results:
                self._store(code.real, self._value(r.value), self._address(f'{r.name}_result', code.real, place))
            for r in self._sums:
                if self.layout.rows:
                    self._add(self._address(f'{r.name}_sums', 'double', '%c'), r, _MARK)
                else:
                    self._add(f'%{r.name}.total', r)
        if not self.layout.rows:
            for r in self._sums:
                at = self._address(f'{r.name}_sums', 'double', code.new('mul i64 %b, %along'))
                total = code.new(f'load double, ptr %{r.name}.total')
                self._store('double', self._joined(r, self._load('double', at), total), at)

    def _add(self, address: Value, result: Result, mark: str = '') -> None:
        """To a sum, which is of float64; LLVM may add in another order, in lanes."""
        code, value = self._code, self._value(result.value)
        wide = value if code.real == 'double' else code.new(f'fpext float {value} to double')
        before = code.new(f'load double, ptr {address}{mark}')
        code.lines.append(f'store double {self._joined(result, before, wide, "reassoc")}, ptr {address}{mark}')

    def _joined(self, result: Result, before: Value, value: Value, order: str = '') -> Value:
        if not result.largest:
            return self._code.new(f'fadd {order} double {before}, {value}')
        more = self._code.new(f'fcmp nnan nsz ogt double {value}, {before}')
        return self._code.new(f'select nnan nsz i1 {more}, double {value}, double {before}')

    def _element(self, given: Input, place: Value) -> Value:
        """What an array has for an element; a width as an integer, rounded half to even."""
        code, dtype = self._code, self._dtypes.get(given.name)
        kind = code.real if dtype is None else _TYPES[dtype]
        value = self._load(kind, self._address(given.name, kind, place))
        if dtype is None:
            return value
        whole = kind.startswith('i')
        compare, end = ('icmp s', f'{UNBOUNDED}') if whole else ('fcmp o', f'{UNBOUNDED:.1f}')
        for than, beyond in (('lt', f'-{end}'), ('gt', end)):
            is_beyond = code.new(f'{compare}{than} {kind} {value}, {beyond}')
            value = code.new(f'select i1 {is_beyond}, {kind} {beyond}, {kind} {value}')
        if whole:
            return value if kind == 'i32' else code.new(f'trunc i64 {value} to i32')
        return code.new(f'fptosi {kind} {code.function("rint", kind, value)} to i32')

    def _do(self, operations: list[Operation]) -> None:
        for operation in operations:
            operands = [self._value(operand) for operand in operation.operands]
            self._known[operation.result] = self._code.operation(operation, operands)

    def _value(self, operand: Operand) -> Value:
        return self._code.number(operand) if operand.is_number else self._known[str(operand.value)]

    def _tell(self, n: int, operand: Operand) -> None:
        """Write what is known before the rows into the table."""
        value, kind = self._value(operand), self._code.type(operand)
        if operand.kind is BOOL:  # memory has bytes
            value, kind = self._code.new(f'zext i1 {value} to i8'), 'i8'
        self._store(kind, value, self._place_told(n, '%c.table'))

    def _told(self, n: int, operand: Operand) -> Value:
        """Read it."""
        place, kind = self._place_told(n, '%c'), self._code.type(operand)
        if operand.kind is BOOL:
            return self._code.new(f'icmp ne i8 {self._load("i8", place)}, 0')
        return self._load(kind, place)

    def _place_told(self, n: int, at: Value) -> Value:
        """All of it takes as much room as real numbers do."""
        row = self._code.new(f'mul i64 %size_c, {n}')
        return self._address('table', self._code.real, self._code.new(f'add i64 {row}, {at}'))

    def _address(self, array: str, kind: str, place: Value) -> Value:
        return self._code.new(f'getelementptr {kind}, ptr %{array}, i64 {place}')

    def _load(self, kind: str, address: Value) -> Value:
        return self._code.new(f'load {kind}, ptr {address}{_MARK}')

    def _store(self, kind: str, value: Value, address: Value) -> None:
        self._code.lines.append(f'store {kind} {value}, ptr {address}{_MARK}')
