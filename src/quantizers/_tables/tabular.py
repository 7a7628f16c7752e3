"""What shows itself as a table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from .._checks.errors import ExtraError
from .._checks.numbers import nearest_float

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.text import Text

    from .table import Table

_LIBRARIES = 'pandas', 'polars'
_WORD = 64  # bits of the integers that a data frame has


class Tabular(ABC):
    """Shows itself in Python, in notebooks and by rich, its first 20 rows, and gives all its numbers as data."""

    __slots__ = ()

    @abstractmethod
    def table(self) -> Table:
        """What is shown.

        :meta private:
        """

    def __repr__(self) -> str:
        return '\n'.join(self.table().plain())

    def _repr_html_(self) -> str:
        return self.table().html()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        from rich.text import Text

        lines, _ = self.table().boxed(options.max_width, ascii_only=options.ascii_only)
        yield Text('\n'.join(lines), no_wrap=True, overflow='ignore')

    def to_markdown(self) -> str:
        """All rows as a table in Markdown, for a README or a pull request."""
        return self.table().markdown()

    def to_dataframe(self) -> Any:
        """The rows as a DataFrame of pandas, or else of polars, whichever is installed; numbers are numbers.

        Raises ExtraError, an ImportError, where neither is.
        """
        table = self.table()
        rows = [[_plain(value) for value in row] for row in table.rows]
        columns = {column.key: [row[i] for row in rows] for i, column in enumerate(table.columns)}
        library = next(filter(find_spec, _LIBRARIES), None)
        if library is None:
            raise ExtraError('a data frame needs pandas or polars: pip install pandas')
        return import_module(library).DataFrame(columns)


def _plain(value: object) -> object:
    """Numbers as what float64 has of them, None as it is, all else as text."""
    if isinstance(value, Fraction) or (isinstance(value, int) and value.bit_length() >= _WORD):
        return nearest_float(value)
    return value if value is None or isinstance(value, bool | int | float) else str(value)
