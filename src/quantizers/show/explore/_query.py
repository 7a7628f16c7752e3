"""The fields of a query, and what they say: a wrong one of the page is an error to show, another one a bad query."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any
from urllib.parse import parse_qsl

from ..._checks.capabilities import Capability, require
from ...cpp.types import parse_type
from ...formats import Spec
from ._number import MAX_LENGTH, Number, read_number
from ._panels import short, whole
from ._ticks import Window

_MAX_TYPE = 256
_LIMITS = {'x': MAX_LENGTH, 'low': MAX_LENGTH, 'high': MAX_LENGTH, 'start': 2048, 'tensor': 4096}
_PLACE = re.compile(r'-?[0-9]{1,4}(\.[0-9]{1,8})?')


class BadQuery(Exception):  # noqa: N818  (it is the answer 400, and no error of the program)
    """A query that the page never makes: it names no fields of the interface, or is too long."""


def read_fields(query: str) -> dict[str, str]:
    """The fields of a query. Raises BadQuery for repeated or too long ones, and for text that is not UTF-8."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), errors='strict', max_num_fields=8)
    except ValueError:
        raise BadQuery('the query is not of fields in UTF-8') from None
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise BadQuery('a field is given twice')
    for name, text in fields.items():
        if len(text) > _LIMITS.get(name, _MAX_TYPE):
            raise BadQuery(f'{name!r:.80} must have at most {_LIMITS.get(name, _MAX_TYPE)} characters: {len(text)}')
    return fields


class Reader:
    """Reads fields; what is wrong with them is in `errors`, by the field, in the library's own words."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def spec(self, text: str, field: str = 'type') -> Spec | None:
        """The format of a type."""
        spec: Spec | None = self._by(_drawable, text, field)
        return spec

    def number(self, text: str, field: str = 'x') -> Number | None:
        """A number; None without one."""
        number: Number | None = self._by(read_number, text, field) if text.strip() else None
        return number

    def specs(self, a: str, b: str) -> list[Spec]:
        """Both formats, or one; none where one of them is wrong."""
        names = {'a': a} | ({'b': b} if b.strip() else {})
        specs = [self.spec(text, name) for name, text in names.items()]
        return [spec for spec in specs if spec is not None] if None not in specs else []

    def window(self, specs: list[Spec], low: str, high: str) -> Window:
        """The window between two numbers, or the whole range."""
        if low or high:
            first, last = (self.number(text, 'window') for text in (low, high))
            finite = not (first is None or last is None or isinstance(first, float) or isinstance(last, float))
            if finite and first < last:  # type: ignore[operator]
                return short(Window(first, last))  # type: ignore[arg-type]
            self.errors['window'] = 'the ends of a window must be two numbers, the lower one first'
        return whole(specs)

    def _by(self, read: Callable[[str], Any], text: str, field: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            self.errors[field] = str(error)
            return None


def _drawable(text: str) -> Spec:
    spec = parse_type(text)
    require(spec, Capability.PICTURES)
    return spec


def place(text: str, field: str = 'at') -> Fraction:
    """A place in a window: 0 is its beginning, 1 its end."""
    if not _PLACE.fullmatch(text):
        raise BadQuery(f'{field!r} must be a part of the window, such as 0.5: {text!r:.80}')
    return Fraction(text)
