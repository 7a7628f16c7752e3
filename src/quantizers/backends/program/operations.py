"""What a program is made of: typed operations on inputs, numbers and the results of operations before them."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """The type of a value; each printer says what it is in its language."""

    REAL = 'real'  # of the dtype that is computed in
    INT = 'int'  # of 32 bits
    BOOL = 'bool'
    WORD = 'word'  # of 64 bits, without a sign


REAL, INT, BOOL, WORD = Kind


class Signature(NamedTuple):
    """The kinds of the operands and of the result; None is the one that the operands share."""

    operands: tuple[Kind | None, ...]
    result: Kind | None


_SAME = Signature((None, None), None)
_COMPARED = Signature((None, None), BOOL)
_JOINED = Signature((BOOL, BOOL), BOOL)
_OF_REAL = Signature((REAL,), REAL)

# A printer has an entry for each.
OPERATIONS: dict[str, Signature] = {
    'add': _SAME,
    'subtract': _SAME,
    'multiply': _SAME,
    'divide': Signature((REAL, REAL), REAL),
    'negate': Signature((None,), None),
    'and': _JOINED,
    'or': _JOINED,
    'less': _COMPARED,
    'less_equal': _COMPARED,
    'equal': _COMPARED,
    'not_equal': _COMPARED,
    'floor': _OF_REAL,
    'ceil': _OF_REAL,
    'trunc': _OF_REAL,
    'rint': _OF_REAL,
    'abs': _OF_REAL,
    'exp': _OF_REAL,
    'select': Signature((BOOL, None, None), None),  # the second operand where the first one holds, else the third
    'real': Signature((INT,), REAL),
    'shift_left': Signature((INT, INT), INT),
    'shift_right': Signature((INT, INT), INT),  # towards minus infinity
    'ldexp': Signature((REAL, INT), REAL),  # the first operand times 2 to the power of the second
    'normal_power2': Signature((INT,), REAL),  # 2 to the power of an integer, where this is a normal number
    'leading_power': _OF_REAL,  # 2^floor(log2 |x|), 0 for 0 and for subnormal numbers
    'exponent_field': Signature((REAL,), INT),  # the exponent as it stands in the bits, with its bias
    'uniform': Signature((WORD, WORD), REAL),  # from [0, 1), by a seed and the number of the element: see `philox.py`
}

# those that are an operator of Python
OPERATORS = {
    'add': '{} + {}',
    'subtract': '{} - {}',
    'multiply': '{} * {}',
    'divide': '{} / {}',
    'negate': '-{}',
    'and': '{} & {}',
    'or': '{} | {}',
    'less': '{} < {}',
    'less_equal': '{} <= {}',
    'equal': '{} == {}',
    'not_equal': '{} != {}',
}

Literal = bool | int | float


class Operand(NamedTuple):
    """A value of a program: an input or a result by its name, or a number that stands in the program."""

    kind: Kind
    value: str | Literal

    @property
    def is_number(self) -> bool:
        """Whether it stands in the program."""
        return not isinstance(self.value, str)


class Operation(NamedTuple):
    """One step: `name` of the operands is the value `result`."""

    result: str
    name: str
    kind: Kind
    operands: tuple[Operand, ...]


class Input(NamedTuple):
    """What a program is given: a number for each element, or one for all that share a width."""

    name: str
    kind: Kind
    element: bool


class Result(NamedTuple):
    """What a program gives for each element; summed over those that share the width `summed_to`, if there is one.

    In place of a sum that may be the largest of them, of numbers that are not below 0.
    """

    name: str
    value: Operand
    summed_to: str | None = None
    largest: bool = False
