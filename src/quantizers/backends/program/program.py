"""The formulas written down as a typed program: a namespace `xp` whose numbers are inputs and results of operations.

A formula runs once, on `Variable`s. What it asks of them becomes the operations of the program, of which a compiler
makes one pass over memory. No formula stands here.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..._maths.floats import FLOATS, compute_dtype
from ..._maths.minifloat import LIFT
from .operations import BOOL, INT, OPERATIONS, REAL, Input, Kind, Operand, Operation, Result
from .variable import Number, Variable


class Program:
    """The operations of one program, and the namespace `xp` that adds to them.

    Args:
        target: the name of the dtype of the result; float16 and bfloat16 are computed in float32.
        extreme: whether powers of two may be beyond the dtype's normal numbers, so that `scale` takes exponents.
        normal: whether all powers of two that are asked for are normal numbers.

    Attributes:
        inputs, operations, results: what it is given, does and gives, in their order.
    """

    half = 0.5

    def __init__(self, target: str, extreme: bool, *, normal: bool = False) -> None:
        dtype = compute_dtype(target)
        self.compute, self.target = FLOATS[dtype], FLOATS[target]
        self.extreme, self._normal = extreme, normal
        self.inputs: list[Input] = []
        self.operations: list[Operation] = []
        self.results: list[Result] = []
        self._known: dict[tuple[str, str], Operand] = {}  # no variables, which would be cycles
        self._tiny = float(np.finfo(dtype).smallest_subnormal)

    def input(self, name: str, kind: Kind = REAL, *, element: bool) -> Variable:
        """A new input; see `Input`."""
        self.inputs.append(Input(name, kind, element))
        return Variable(self, Operand(kind, name))

    def result(self, name: str, value: Number, summed_to: str | None = None, *, largest: bool = False) -> None:
        """A new result, a real number; see `Result`."""
        self.results.append(Result(name, self.operand(value, REAL), summed_to, largest))

    def operation(self, name: str, *values: Number) -> Variable:
        """The value of an operation; the same for the same operands."""
        signature = OPERATIONS[name]
        asked = list(zip(values, signature.operands, strict=True))
        kinds = {value.kind for value, kind in asked if kind is None and isinstance(value, Variable)}
        shared = next((kind for kind in (REAL, INT, BOOL) if kind in kinds), REAL)
        operands = tuple(self.operand(value, kind or shared) for value, kind in asked)
        key = name, repr(operands)  # in which -0.0 and 0.0 differ, and 1 and True
        if key not in self._known:
            result = Operand(signature.result or shared, f'v{len(self.operations)}')
            self.operations.append(Operation(str(result.value), name, result.kind, operands))
            self._known[key] = result
        return Variable(self, self._known[key])

    def operand(self, value: Number, kind: Kind) -> Operand:
        """A variable, or a number of Python as one of the kind; an integer as a real number where that is asked for."""
        if isinstance(value, Variable):
            return self.operation('real', value).operand if (value.kind, kind) == (INT, REAL) else value.operand
        if isinstance(value, bool | np.bool_):
            return Operand(BOOL, bool(value))
        return Operand(kind, int(value) if kind is INT else float(value))

    def varying(self, of_elements: Iterable[str] = ()) -> set[str]:
        """The names of the results that depend on an element: on inputs of elements, or on widths of these names."""
        names = {given.name for given in self.inputs if given.element} | set(of_elements)
        for operation in self.operations:
            if any(operand.value in names for operand in operation.operands if not operand.is_number):
                names.add(operation.result)
        return names

    def used(self) -> list[Operation]:
        """The operations that results depend on, in their order."""
        names = {result.value.value for result in self.results}
        for operation in reversed(self.operations):
            if operation.result in names:
                names.update(operand.value for operand in operation.operands if not operand.is_number)
        return [operation for operation in self.operations if operation.result in names]

    # The namespace ---------------------------------------------------------------------------------------------------

    def floor(self, x: Number) -> Variable:
        return self.operation('floor', x)

    def ceil(self, x: Number) -> Variable:
        return self.operation('ceil', x)

    def trunc(self, x: Number) -> Variable:
        return self.operation('trunc', x)

    def rint(self, x: Number) -> Variable:
        return self.operation('rint', x)

    def abs(self, x: Number) -> Variable:
        return self.operation('abs', x)

    def isnan(self, x: Number) -> Number:
        return x != x  # noqa: PLR0124

    def quotient(self, x: Number, divisor: Number) -> Number:
        return x / divisor

    def large(self, x: Number) -> Number:
        return self.abs(x) >= 2.0**self.compute.precision

    def where(self, condition: Number, yes: Number, no: Number) -> Number:
        if isinstance(condition, bool):
            return yes if condition else no
        return self.operation('select', condition, yes, no)

    def maximum(self, a: Number, b: Number) -> Number:
        return self.where(a < b, b, a)

    def minimum(self, a: Number, b: Number) -> Number:
        return self.where(b < a, b, a)

    def clip(self, x: Number, low: Number, high: Number) -> Number:
        return self.where(x > high, high, self.where(x < low, low, x))

    def power2(self, n: Number) -> Number:
        if self._normal:
            return self.operation('normal_power2', n)
        # two factors, since the result may be subnormal, 0 or Inf
        largest = 2 * self.compute.largest
        n = self.clip(n, 2 - largest, largest)
        half = self.operation('shift_right', n, 1)
        return self.operation('normal_power2', half) * self.operation('normal_power2', n - half)

    def power(self, n: Number) -> Number:
        return n if self.extreme else self.power2(n)

    def scale(self, x: Number, power: Number) -> Number:
        return x * power if not self.extreme else self.operation('ldexp', x, power)

    def signed_scale(self, x: Number, power: Number) -> Number:
        return self.scale(x, power)

    def sticky_scale(self, x: Number, power: Number) -> Number:
        y = self.scale(x, power)
        return self.where((y == 0) & (x != 0), self.where(x < 0, -self._tiny, self._tiny), y)

    def kept(self, x: Number) -> Number:
        return x

    def zero_above(self, result: Number) -> Number:
        return result + 0.0

    def signed_like(self, result: Number, x: Number) -> Number:
        return result

    def held(self, x: Number) -> Number:
        return x

    def leading_power(self, x: Number) -> Variable:
        return self.operation('leading_power', x)

    def odd_exponent(self, x: Number) -> Variable:
        field = self.operation('exponent_field', x)
        half = self.operation('shift_right', field, 1)
        return field == half + half  # as the bias is odd

    def leading_exponent(self, x: Number) -> Variable:
        # subnormal numbers have no exponent of their own
        small = self.abs(x) < 1
        lifted = self.operation('exponent_field', self.where(small, x * 2.0**LIFT, x))
        lift = self.operation('select', small, lifted - LIFT, lifted)
        return lift - self.compute.largest

    def sigmoid(self, x: Number) -> Variable:
        return 1 / (self.operation('exp', -x) + 1)

    def uniform(self, seed: Number, element: Number) -> Variable:
        """A number drawn evenly from `[0, 1)`, for the element of that number in the array: see `philox.py`."""
        return self.operation('uniform', seed, element)
