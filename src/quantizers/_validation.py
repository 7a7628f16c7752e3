"""Checks of the fields of a spec; every refusal is a ValueError that names the field, the rule and the value."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from ._printable import shown


def integer_between(field: str, value: Any, low: int, high: int) -> int:
    """`value` as a Python int from `low` to `high`; anything with `__index__` is an integer, except a bool."""
    rule = f'{field!r} must be an integer from {low} to {high}: {shown(value)}'
    if isinstance(value, bool | np.bool_):
        raise ValueError(f'{rule} (a bool is none)')
    try:
        number = index(value)
    except TypeError:
        raise ValueError(rule) from None
    if not low <= number <= high:
        raise ValueError(rule)
    return number


def boolean(field: str, value: Any) -> bool:
    """`value` as a bool; 0 and 1 are taken too."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    try:
        number = index(value)
    except TypeError:
        number = -1
    if number not in (0, 1):
        raise ValueError(f'{field!r} must be True, False, 0 or 1: {shown(value)}')
    return bool(number)
