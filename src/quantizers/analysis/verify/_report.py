"""What a comparison with C++ found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...formats import Spec


@dataclass(frozen=True)
class Difference:
    """An input that Python and C++ give different bits."""

    x: float
    python: str  # raw bits, written in binary
    cpp: str


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


@dataclass(frozen=True)
class Report:
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
