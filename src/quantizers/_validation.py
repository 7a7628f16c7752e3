"""Checks of the fields of a spec; every refusal names the field, the rule and the value."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from ._printable import shown

_BOOLS = (bool, np.bool_)


class FieldError(ValueError):
    """A field that is refused: `'width' must be an integer from 1 to 4096: 0`.

    Attributes:
        field: its name.
        rule: what it must be, as the message says it.
        value: what was given; the message shows at most 80 characters of it.
    """

    __module__ = 'quantizers'  # as users see it, and by which pickles find it

    field: str
    rule: str
    value: Any

    def __init__(self, field: str, rule: str, value: Any, found: str | None = None) -> None:
        # an exception is copied and pickled as its class and its `args`
        super().__init__(field, rule, value, shown(value) if found is None else found)
        self.field, self.rule, self.value = field, rule, value

    def __str__(self) -> str:
        return f'{self.field!r} {self.rule}: {self.args[3]}'


def integer_between(field: str, value: Any, low: int, high: int) -> int:
    """`value` as a Python int from `low` to `high`; anything with `__index__` is an integer, except a bool."""
    is_bool = isinstance(value, _BOOLS)
    try:
        number = index(value)
    except TypeError:
        number = None
    if is_bool or number is None or not low <= number <= high:
        found = f'{shown(value)} (a bool is none)' if is_bool else None
        raise FieldError(field, f'must be an integer from {low} to {high}', value, found)
    return number


def boolean(field: str, value: Any) -> bool:
    """`value` as a bool; 0 and 1 are taken too."""
    if isinstance(value, _BOOLS):
        return bool(value)
    try:
        number = index(value)
    except TypeError:
        number = -1
    if number not in (0, 1):
        raise FieldError(field, 'must be True, False, 0 or 1', value)
    return bool(number)
