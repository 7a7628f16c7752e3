"""What a comparison of two sides found."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf

from ..._checks.numbers import number


@dataclass(frozen=True)
class Mismatch:
    """An input, at `index` of the array, of which the two sides make different values.

    The bits are those of the value's code, written in binary; None where the value has no code in the format (NaN, or
    in an array that was computed elsewhere a number that is no value of it).
    """

    index: tuple[int, ...]
    x: int | float
    a: int | float | Fraction
    b: int | float | Fraction
    a_bits: str | None
    b_bits: str | None

    def __str__(self) -> str:
        at = f'[{", ".join(map(str, self.index))}]' if self.index else ''
        sides = ', '.join(
            f'{name} = {_number(value)} ({bits or "no code"})'
            for name, value, bits in (('a', self.a, self.a_bits), ('b', self.b, self.b_bits))
        )
        return f'x{at} = {_number(self.x)}: {sides}'


@dataclass(frozen=True, repr=False)
class DiffReport:
    """How many elements were compared, how many differ, the first and the worst of these, and why they do.

    It is true where something differs, as a whole: `if quantizers.diff(a, b, x): ...`. `first` is the first in C order;
    `worst` the first of those whose values lie farthest apart, NaN and Inf farthest of all; both are None where nothing
    differs. `causes` are sentences: first what explains every element, if something does, then where the differing
    inputs lie in `a`. `not_shown` are sentences on what no input could have shown. `edge_inputs` says that no inputs
    were given, and two formats were compared on the edge inputs of both; an index in these is ().
    """

    a: str
    b: str
    compared: int
    differences: int
    first: Mismatch | None
    worst: Mismatch | None
    causes: tuple[str, ...]
    not_shown: tuple[str, ...] = ()
    edge_inputs: bool = False

    def __bool__(self) -> bool:
        return self.differences > 0

    def __str__(self) -> str:
        compared = f'{self.compared:,} {"edge inputs " if self.edge_inputs else ""}compared'
        lines = [f'a: {self.a}', f'b: {self.b}', f'{compared}, {self.differences:,} differences']
        if self:
            lines += [
                f'first: {self.first}',
                f'worst: {self.worst}',
                'causes:',
                *(f'  {cause}' for cause in self.causes),
            ]
        if self.not_shown:
            lines += ['not shown by these inputs:', *(f'  {sentence}' for sentence in self.not_shown)]
        return '\n'.join(lines)

    __repr__ = __str__


def _number(value: int | float | Fraction) -> str:
    return number(value) if -inf < value < inf else str(value)
