"""Text of others, fit to be shown."""

from __future__ import annotations

import reprlib

SHOWN = 80


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
