"""The values of a program, which Python's operators make operations of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .operations import INT, Kind, Operand

if TYPE_CHECKING:
    from .program import Program

# a variable of the program, or a number of Python
Number = Any


class Variable:
    """A value of a program; with others and with numbers it makes the next one."""

    __slots__ = ('_program', 'operand')

    def __init__(self, program: Program, operand: Operand) -> None:
        self._program, self.operand = program, operand

    @property
    def kind(self) -> Kind:
        """Its type."""
        return self.operand.kind

    def _with(self, name: str, *operands: Number) -> Variable:
        return self._program.operation(name, *operands)

    def __add__(self, other: Number) -> Variable:
        return self._with('add', self, other)

    def __radd__(self, other: Number) -> Variable:
        return self._with('add', other, self)

    def __sub__(self, other: Number) -> Variable:
        return self._with('subtract', self, other)

    def __rsub__(self, other: Number) -> Variable:
        return self._with('subtract', other, self)

    def __mul__(self, other: Number) -> Variable:
        return self._with('multiply', self, other)

    def __rmul__(self, other: Number) -> Variable:
        return self._with('multiply', other, self)

    def __truediv__(self, other: Number) -> Variable:
        return self._with('divide', self, other)

    def __rtruediv__(self, other: Number) -> Variable:
        return self._with('divide', other, self)

    def __rpow__(self, base: Number) -> Variable:
        if base != 2 or self.kind is not INT:
            raise TypeError(f'a program has powers of 2 by integers alone: {base} ** {self.kind.value}')
        return self._with('shift_left', 1, self)

    def __neg__(self) -> Variable:
        return self._with('negate', self)

    def __and__(self, other: Number) -> Variable:
        return self._with('and', self, other)

    def __or__(self, other: Number) -> Variable:
        return self._with('or', self, other)

    def __lt__(self, other: Number) -> Variable:
        return self._with('less', self, other)

    def __gt__(self, other: Number) -> Variable:
        return self._with('less', other, self)

    def __le__(self, other: Number) -> Variable:
        return self._with('less_equal', self, other)

    def __ge__(self, other: Number) -> Variable:
        return self._with('less_equal', other, self)

    def __eq__(self, other: object) -> Variable:  # type: ignore[override]
        return self._with('equal', self, other)

    def __ne__(self, other: object) -> Variable:  # type: ignore[override]
        return self._with('not_equal', self, other)

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise TypeError('a formula cannot branch on what another element may answer otherwise: use xp.where')
