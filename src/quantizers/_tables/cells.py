"""Text in cells, by the columns of a terminal, and the lines between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from unicodedata import combining, east_asian_width


class Box(NamedTuple):
    """The lines of a table, each from left to right."""

    top: tuple[str, str, str, str]
    head: tuple[str, str, str]
    middle: tuple[str, str, str, str]
    row: tuple[str, str, str]
    bottom: tuple[str, str, str, str]


BOX = Box(
    ('┏', '━', '┳', '┓'), ('┃', '┃', '┃'), ('┡', '━', '╇', '┩'), ('│', '│', '│'), ('└', '─', '┴', '┘')
)  # fmt: skip
ASCII = Box(('+', '-', '+', '+'), ('|', '|', '|'), ('+', '-', '+', '+'), ('|', '|', '|'), ('+', '-', '+', '+'))


def width_of(text: str) -> int:
    """How many columns of a terminal a text takes: two for a wide character, none for one that joins another."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 1 + (east_asian_width(c) in 'WF') for c in text)


def widest(texts: Sequence[str]) -> int:
    """The width of the widest."""
    return max(map(len if ''.join(texts).isascii() else width_of, texts))


def ruled(
    rows: Iterable[Sequence[str]], lengths: Sequence[int], right: Sequence[bool], left: str, divider: str, end: str
) -> Iterator[str]:
    """Rows as lines, the first cells of each in columns of these lengths, with a space at both sides."""
    columns = (f' {{:{">" if on_the_right else "<"}{n}}} ' for n, on_the_right in zip(lengths, right, strict=False))
    line = f'{left}{divider.join(columns)}{end}'.format
    for row in rows:
        # what format pads counts characters
        yield line(*row) if ''.join(row).isascii() else f'{left}{divider.join(_padded(row, lengths, right))}{end}'


def _padded(row: Sequence[str], lengths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    for cell, length, on_the_right in zip(row, lengths, right, strict=False):
        space = ' ' * (length - width_of(cell))
        yield f' {space}{cell} ' if on_the_right else f' {cell}{space} '
