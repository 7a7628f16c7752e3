"""Checks of the fields of a spec; every refusal names the field, the rule and the value.

A class declares what a field may be once, in its type: `width: Annotated[int, Integer(1, 4096, 'width in bits')]`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from operator import index
from typing import Any, TypeVar, get_type_hints

import numpy as np

from .shown import SHOWN, shown

T = TypeVar('T')
_BOOLS = (bool, np.bool_)


class FieldError(ValueError):
    """A field that is refused: `'width' must be an integer from 1 to 4096: 0`.

    Attributes:
        field: its name.
        rule: what it must be, as the message says it.
        value: what was given; the message shows at most 80 characters of it, or `found` in its place.
        within: what begins the message, such as the type string that says the field; empty for none.
    """

    __module__ = 'quantizers'  # as users see it, and by which pickles find it

    field: str
    rule: str
    value: object
    within: str

    def __init__(self, field: str, rule: str, value: object, found: str | None = None, within: str = '') -> None:
        # an exception is copied and pickled as its class and its `args`
        super().__init__(field, rule, value, shown(value) if found is None else found, within)
        self.field, self.rule, self.value, self.within = field, rule, value, within

    def inside(self, within: str) -> FieldError:
        """The same error, whose message begins so."""
        return FieldError(self.field, self.rule, self.value, self.args[3], within)

    def __str__(self) -> str:
        return f'{self.within}{self.field!r} {self.rule}: {self.args[3]}'


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


class Check(ABC):
    """What a field may be, and the form in which it is kept."""

    @abstractmethod
    def __call__(self, field: str, value: object) -> object:
        """The value as it is kept. Raises FieldError."""

    @property
    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """What may stand in a file, as JSON Schema."""


@dataclass(frozen=True, eq=False, repr=False)
class Integer(Check):
    """An integer from `low` to `high`."""

    low: int
    high: int
    description: str | None = None

    def __call__(self, field: str, value: object) -> int:
        return integer_between(field, value, self.low, self.high)

    @property
    def schema(self) -> dict[str, Any]:
        return {'type': 'integer', 'minimum': self.low, 'maximum': self.high, **_described(self.description)}


@dataclass(frozen=True, eq=False, repr=False)
class Positive(Check):
    """A positive number that float64 holds, from `low` to `high`."""

    low: float
    high: float
    description: str | None = None

    def __call__(self, field: str, value: object) -> float:
        if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, _BOOLS):
            number = float(value) if self.low <= value <= self.high else float('nan')
            if number == value:
                return number
        raise FieldError(field, f'must be a number from {self.low} to {self.high}', value)

    @property
    def schema(self) -> dict[str, Any]:
        return {'type': 'number', 'minimum': self.low, 'maximum': self.high, **_described(self.description)}


@dataclass(frozen=True, eq=False, repr=False)
class Boolean(Check):
    """True or False, or 1 or 0."""

    description: str | None = None

    def __call__(self, field: str, value: object) -> bool:
        return boolean(field, value)

    @property
    def schema(self) -> dict[str, Any]:
        return {'enum': [True, False, 0, 1], **_described(self.description)}


class Mode(Check):
    """One of the names, in any case, with or without the prefix `AP_`, or a member of an enum of them."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    def __call__(self, field: str, value: object) -> str:
        name = ''
        if isinstance(value, Enum):
            name = str(value.value)
        elif isinstance(value, str):
            name = value.strip().upper().removeprefix('AP_')
        if name in self.names:
            return name
        from difflib import SequenceMatcher  # which only a mistake needs

        nearest = sorted(self.names, key=lambda other: -SequenceMatcher(None, name[:SHOWN], other).ratio())
        raise FieldError(field, f'must be one of {", ".join(nearest)}', value)

    @property
    def schema(self) -> dict[str, Any]:
        any_case = '|'.join(re.sub('[A-Z]', lambda m: f'[{m[0]}{m[0].lower()}]', name) for name in self.names)
        return {
            'anyOf': [{'enum': list(self.names)}, {'type': 'string', 'pattern': f'^\\s*([Aa][Pp]_)?({any_case})\\s*$'}]
        }


class Word(Check):
    """One of the words, in any case."""

    def __init__(self, words: Sequence[str], description: str | None = None) -> None:
        self.words, self.description = words, description

    def __call__(self, field: str, value: object) -> str:
        word = value.strip().lower() if isinstance(value, str) else ''
        if word not in self.words:
            raise FieldError(field, f'must be one of {", ".join(self.words)}', value)
        return word

    @property
    def schema(self) -> dict[str, Any]:
        return {'enum': list(self.words), **_described(self.description)}


def _described(description: str | None) -> dict[str, str]:
    return {} if description is None else {'description': description}


def checked(cls: type[T]) -> type[T]:
    """The decorator of a dataclass whose fields declare checks; its `__post_init__` calls `check_fields`."""
    made: Any = cls
    made._checks = {}
    hints = get_type_hints(cls, include_extras=True)
    for field in fields(made):
        hint = hints[field.name]
        for check in getattr(hint, '__metadata__', ()):
            if isinstance(check, Check):
                made._checks[field.name] = check
                # pydantic need not find the names of the checks in the module that the class says it is of
                field.type = made.__annotations__[field.name] = hint
                # help and the manual show the plain type
                made.__init__.__annotations__[field.name] = hint.__origin__
    return cls


def checks_of(cls: type) -> Mapping[str, Check]:
    """The checks of the fields of a class, and of its bases."""
    checks: Mapping[str, Check] = getattr(cls, '_checks', {})
    return checks


def check_fields(made: object) -> None:
    """Check each field, and keep it in the form that its check gives it."""
    for field, check in checks_of(type(made)).items():
        object.__setattr__(made, field, check(field, getattr(made, field)))
