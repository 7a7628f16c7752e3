"""What both languages write alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

PER_LINE = 8


def comment(text: str) -> str:
    """A text as a comment may have it, in ASCII and in one line."""
    return text.encode('unicode_escape').decode('ascii')


def lines_of(texts: Iterable[str], indent: str, row: int) -> Iterator[str]:
    """Texts between commas, in lines of `PER_LINE`, each `row` of them in lines of its own."""
    items = list(texts)
    for start in range(0, len(items), row):
        end = min(start + row, len(items))
        for at in range(start, end, PER_LINE):
            stop = min(at + PER_LINE, end)
            yield f'{indent}{", ".join(items[at:stop])}{"," * (stop < len(items))}'
