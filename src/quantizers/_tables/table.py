"""A table: its columns and rows as data, and how it is written."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Any, NamedTuple

from .._checks.shown import one_line
from .cells import ASCII, BOX, ruled, widest

MOST = 20  # rows of what shows itself unasked


class Column(NamedTuple):
    """A column: its key in data, its heading in text with the unit, and how a value is written."""

    key: str
    heading: str
    text: Callable[[Any], str] = str
    right: bool = False


class Table(NamedTuple):
    """Rows of values under columns; those on the left are kept longest where there is little room."""

    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Any]]
    title: str = ''
    summary: str = ''
    fewest: int = 2  # columns, however narrow it is: what a row is of, and what is said of it

    def texts(self, most: int | None = None) -> list[list[str]]:
        """Each value as a line of text; None is a dash."""
        rows = [*islice(self.rows, most)]
        columns = map(_written, self.columns, zip(*rows, strict=True))
        return [[*row] for row in zip(*columns, strict=True)]

    def records(self) -> list[dict[str, Any]]:
        """A dictionary a row."""
        keys = [column.key for column in self.columns]
        return [dict(zip(keys, row, strict=True)) for row in self.rows]

    def boxed(self, room: int | None = None, *, ascii_only: bool = False) -> tuple[list[str], list[str]]:
        """The lines of a table in a box, and the headings left out to make it as narrow as `room`."""
        box = ASCII if ascii_only else BOX
        cells, headings = self.texts(), self._headings()
        lengths = self._fitting(cells, 3, None if room is None else room - 1)
        to_left, to_sides = [False] * len(lengths), [column.right for column in self.columns]

        def rule(left: str, across: str, divider: str, end: str) -> str:
            return f'{left}{divider.join(across * (length + 2) for length in lengths)}{end}'

        head = ruled([headings], lengths, to_left, *box.head)
        body = ruled(cells, lengths, to_sides, *box.row)
        lines = [rule(*box.top), *head, rule(*box.middle), *body, rule(*box.bottom)]
        return [*_lines(self.title), *lines, *_lines(self.summary)], headings[len(lengths) :]

    def plain(self, room: int = 100, most: int = MOST) -> list[str]:
        """Aligned lines without a box, of the first rows: one each."""
        cells = self.texts(most)
        lengths = self._fitting(cells, 2, room)
        rows = ruled([self._headings(), *cells], lengths, [column.right for column in self.columns], ' ', '', '')
        return [*_lines(self.title), *(row.rstrip() for row in rows), *self._more(most, '  '), *_lines(self.summary)]

    def html(self, most: int = MOST) -> str:
        """The table in HTML, of the first rows, in the colour of the text around it."""
        align = [f' style="text-align:{"right" if column.right else "left"}"' for column in self.columns]

        def row(tag: str, cells: Sequence[str]) -> str:
            inner = (f'<{tag}{a}>{html.escape(cell)}</{tag}>' for a, cell in zip(align, cells, strict=True))
            return f'<tr>{"".join(inner)}</tr>'

        above = ''.join(f'<p>{html.escape(line)}</p>' for line in _lines(self.title))
        below = ''.join(f'<p>{html.escape(line)}</p>' for line in [*self._more(most, ''), *_lines(self.summary)])
        head = row('th', self._headings())
        body = ''.join(row('td', cells) for cells in self.texts(most))
        return f'<div>{above}<table><thead>{head}</thead><tbody>{body}</tbody></table>{below}</div>'

    def markdown(self) -> str:
        """The table in Markdown, as GitHub has it; what is above and below it are paragraphs."""
        cells = [[_in_markdown(cell) for cell in row] for row in [self._headings(), *self.texts()]]
        sides = ['---:' if column.right else '---' for column in self.columns]
        lines = [f'| {" | ".join(row)} |' for row in [cells[0], sides, *cells[1:]]]
        parts = [*map(_in_markdown, _lines(self.title)), '\n'.join(lines), *map(_in_markdown, _lines(self.summary))]
        return '\n\n'.join(parts) + '\n'

    def _more(self, most: int, indent: str) -> Iterator[str]:
        if len(self.rows) > most:
            yield f'{indent}and {len(self.rows) - most:,} more'

    def _headings(self) -> list[str]:
        return [column.heading for column in self.columns]

    def _fitting(self, cells: Sequence[Sequence[str]], around: int, room: int | None) -> list[int]:
        """How wide the columns are for which there is room, from the left, each with what is around it."""
        lengths = [widest(column) for column in zip(self._headings(), *cells, strict=True)]
        if room is None:
            return lengths
        return lengths[: max(self.fewest, sum(end <= room for end in accumulate(n + around for n in lengths)))]


def _written(column: Column, values: Sequence[Any]) -> list[str]:
    """The values of a column as text, each object once: long tables repeat a few."""
    known: dict[int, str] = {}
    for value in values:
        if id(value) not in known:
            known[id(value)] = '-' if value is None else one_line(column.text(value))
    return [known[id(value)] for value in values]


def _in_markdown(text: str) -> str:
    """A text that means itself."""
    return re.sub(r'([\\`*_{}\[\]<>|#~])', r'\\\1', text)


def _lines(text: str) -> list[str]:
    return [*map(one_line, text.split('\n'))] if text else []
