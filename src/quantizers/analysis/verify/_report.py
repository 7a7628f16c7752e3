"""What a comparison with C++ found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from typing_extensions import TypedDict

from ..._checks.numbers import Number
from ..._tables import Column, Table, Tabular
from ...formats import Spec


class DifferenceData(TypedDict):
    """An input, as a number and in hexadecimal, and the bits that each made of it."""

    x: Number
    hex: str
    python: str
    cpp: str


class TypeData(TypedDict):
    """What was found for a type; `first` is null where nothing differs."""

    type: str
    names: list[str]
    conversions: int
    differences: int
    first: DifferenceData | None


class ReportData(TypedDict):
    """What a comparison with C++ found."""

    compiler: str
    headers: str
    conversions: int
    differences: int
    types: list[TypeData]


@dataclass(frozen=True)
class Difference:
    """An input that Python and C++ give different bits."""

    x: float
    python: str  # raw bits, written in binary
    cpp: str

    def __str__(self) -> str:
        return f'{self.x!r} ({self.x.hex()}): Python {self.python}, C++ {self.cpp}'


@dataclass(frozen=True)
class TypeReport:
    """What was found for one type: how many inputs were converted, and how many differ.

    `names` are those of the configuration that have this type; `first` is None where there is no difference.
    """

    spec: Spec
    cpp_type: str
    names: tuple[str, ...]
    conversions: int
    differences: int
    first: Difference | None

    @property
    def others(self) -> tuple[str, ...]:
        """The names beside that of the type."""
        return tuple(name for name in self.names if name != self.cpp_type)

    def to_dict(self) -> TypeData:
        """Plain data."""
        x = self.first
        return {
            'type': self.cpp_type,
            'names': [*self.others],
            'conversions': self.conversions,
            'differences': self.differences,
            'first': None if x is None else {'x': x.x, 'hex': x.x.hex(), 'python': x.python, 'cpp': x.cpp},
        }


COLUMNS = (
    Column('type', 'type'),
    Column('differences', 'differences', '{:,}'.format, right=True),
    Column('conversions', 'conversions', '{:,}'.format, right=True),
    Column('names', 'names', ', '.join),
    Column('first', 'first difference'),
)


@dataclass(frozen=True, repr=False)
class Report(Tabular):
    """The types in the order in which they were given, and what C++ they were compared with."""

    types: tuple[TypeReport, ...]
    compiler: str  # its path and its version
    headers: Path  # the folder of the vendor's headers

    @property
    def conversions(self) -> int:
        """How many inputs were converted, of all types."""
        return sum(report.conversions for report in self.types)

    @property
    def differences(self) -> int:
        """How many of them differ."""
        return sum(report.differences for report in self.types)

    def to_dict(self) -> ReportData:
        """Plain data, as `quantizers verify --json` writes it."""
        return {
            'compiler': self.compiler,
            'headers': str(self.headers),
            'conversions': self.conversions,
            'differences': self.differences,
            'types': [report.to_dict() for report in self.types],
        }

    def table(self) -> Table:
        """A row a type.

        :meta private:
        """
        rows = [(of.cpp_type, of.differences, of.conversions, of.others, of.first) for of in self.types]
        summary = f'{self.conversions:,} conversions, {self.differences:,} differences'
        return Table(COLUMNS, rows, f'{self.headers}\n{self.compiler}', summary)
