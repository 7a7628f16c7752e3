"""How changes of a format, and places in it, are said."""

from __future__ import annotations

from ..._checks.numbers import number
from ...formats import Format
from ._properties import properties

_MOST_NAMED = 3


def joined(shown: list[str]) -> str:
    """Changes that equal each other, the first of them by name."""
    named = shown[:_MOST_NAMED]
    more = len(shown) - len(named)
    return '; or '.join([*named, *([f'one of {more} other changes, all equal on these inputs'] if more else [])])


def in_words(a: Format, changed: Format) -> str:
    """What is another in `changed`, a format of the kind of `a`, or that it is of another kind."""
    if a.kind != changed.kind:
        return f'another kind of format: {changed.kind}, not {a.kind}'
    return properties(a).words(changed)


def place(a: Format, name: str) -> str:
    """A region of `a` by its name, and with its end."""
    end = {'rounded above the largest value': a.max, 'rounded below the smallest value': a.min}.get(name)
    return f'{name}, {number(end)}' if end is not None else name
