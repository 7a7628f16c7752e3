"""Text of others, fit to be shown."""

from __future__ import annotations

import reprlib
from collections.abc import Collection, Iterable
from itertools import islice

SHOWN = 80
MOST = 10


def one_line(text: str) -> str:
    """`text` with every character that would move the cursor escaped."""
    if text.isprintable():
        return text
    return ''.join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def shown(value: object) -> str:
    """The `repr` of what a user gave, for an error: at most 80 characters of it, whatever it is.

    Integers of more digits are written in hexadecimal, which Python does for any size, with their number of bits.
    """
    if isinstance(value, int) and value.bit_length() > 3 * SHOWN:
        bits = f'... ({value.bit_length()} bits)'
        return hex(value)[: SHOWN - len(bits)] + bits
    try:
        # of a large container only the beginning is written
        text = reprlib.repr(value) if isinstance(value, dict | list | tuple | set) else repr(value)
    except Exception:  # noqa: BLE001  (it is the user's own, and the error that is to be shown is another one)
        return f'a {type(value).__name__} that has no repr'[:SHOWN]
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + '...'


def in_json(value: object) -> str:
    """What a JSON file gave, as `shown`, with `null`, `true` and `false` as it has them."""
    text = shown(value)
    return {'None': 'null', 'True': 'true', 'False': 'false'}.get(text, text)


def as_step(key: object) -> str:
    """A key as a step of a path, on one line whatever it is, and at most 80 characters of it."""
    text = key if isinstance(key, str) and key.isprintable() else shown(key)
    return text if len(text) <= SHOWN else f'{text[: SHOWN - 3]}...'


def listed(names: Collection[object]) -> str:
    """The first names of many, at most ten, and how many more there are."""
    more = f' and {len(names) - MOST} more' if len(names) > MOST else ''
    return ', '.join(map(shown, islice(names, MOST))) + more


def in_bits(width: int) -> str:
    """A width in words: `1 bit`, `8 bits`."""
    return f'{width} bit{"s" if width > 1 else ""}'


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one that was probably meant, if there is one."""
    from difflib import get_close_matches  # which only a mistake needs

    return next(iter(get_close_matches(name[:SHOWN].lower(), known, 1)), None)
