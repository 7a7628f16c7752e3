"""What a comparison of two sides found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from math import inf
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from ..._checks.numbers import Number, nearest_float, number
from ..._tables import Column, Table, Tabular

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.text import Text


class MismatchData(TypedDict):
    """An input, and the two values that became of it, with their bits; see `Mismatch`."""

    index: list[int]
    x: Number
    a: Number
    b: Number
    a_bits: str | None
    b_bits: str | None


class DiffData(TypedDict):
    """What a comparison found; see `DiffReport`."""

    a: str
    b: str
    compared: int
    differences: int
    first: MismatchData | None
    worst: MismatchData | None
    causes: list[str]
    not_shown: list[str]
    edge_inputs: bool


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

    def to_dict(self) -> MismatchData:
        """Plain data; a value that float64 does not hold is rounded to it."""
        return {
            'index': [*self.index],
            'x': self.x,
            'a': nearest_float(self.a),
            'b': nearest_float(self.b),
            'a_bits': self.a_bits,
            'b_bits': self.b_bits,
        }

    def __str__(self) -> str:
        at = f'[{", ".join(map(str, self.index))}]' if self.index else ''
        sides = ', '.join(
            f'{name} = {_number(value)} ({bits or "no code"})'
            for name, value, bits in (('a', self.a, self.a_bits), ('b', self.b, self.b_bits))
        )
        return f'x{at} = {_number(self.x)}: {sides}'


@dataclass(frozen=True, repr=False)
class DiffReport(Tabular):
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

    def _repr_html_(self) -> str:
        return f'<pre>{escape(str(self))}</pre>'

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        from rich.text import Text

        yield Text(str(self))

    def table(self) -> Table:
        """The first and the worst input.

        :meta private:
        """
        found = [(name, at) for name, at in (('first', self.first), ('worst', self.worst)) if at is not None]
        return Table(COLUMNS, [(name, at.index, at.x, at.a, at.b, at.a_bits, at.b_bits) for name, at in found])

    def to_dict(self) -> DiffData:
        """Plain data, as `quantizers diff --json` writes it."""
        return {
            'a': self.a,
            'b': self.b,
            'compared': self.compared,
            'differences': self.differences,
            'first': None if self.first is None else self.first.to_dict(),
            'worst': None if self.worst is None else self.worst.to_dict(),
            'causes': [*self.causes],
            'not_shown': [*self.not_shown],
            'edge_inputs': self.edge_inputs,
        }


COLUMNS = tuple(Column(key, key) for key in ('which', 'index', 'x', 'a', 'b', 'a_bits', 'b_bits'))


def _number(value: int | float | Fraction) -> str:
    return number(value) if -inf < value < inf else str(value)
