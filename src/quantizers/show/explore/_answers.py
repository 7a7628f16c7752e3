"""The JSON interface as functions: the fields of a query in, plain data out; they know no socket."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from ...cpp.types import DIALECTS, convert, parse_type
from ...formats import Spec
from .. import facts as properties
from ._curve import View, curves
from ._modes import has_modes, modes
from ._number import MAX_LENGTH, read_number
from ._result import result
from ._values import page

Answer = dict[str, Any]
_MAX_TYPE = 256
_LIMITS = {'type': _MAX_TYPE, 'a': _MAX_TYPE, 'b': _MAX_TYPE, 'x': MAX_LENGTH, 'start': 2048, 'view': 8}
_lock = threading.Lock()  # warnings are caught for all threads at once


class BadQuery(Exception):  # noqa: N818  (it is the answer 400, and no error of the program)
    """A query that the page never makes: it names no fields of the interface, or is too long."""


def answer(path: str, query: str) -> Answer | None:
    """The answer of the interface, or None where there is nothing under that path.

    What is wrong with a type or a number is part of the answer, `errors`, by the field, in the library's own words.
    Raises BadQuery for fields that are unknown, missing, repeated or too long, and for text that is not UTF-8.
    """
    if path not in _ANSWERS:
        return None
    function, required, optional = _ANSWERS[path]
    fields = _fields(query)
    wrong = [name for name in required if name not in fields]
    wrong += [name for name in fields if name not in required + optional]
    if wrong:
        raise BadQuery(f'a field is missing or unknown: {wrong[0]!r:.80}')
    return function(**fields)


def _fields(query: str) -> dict[str, str]:
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


def _format(type: str, x: str = '') -> Answer:  # noqa: A002  (a field's name)
    """What a type means, what it makes of a number, and what each pair of modes makes of it."""
    errors: dict[str, str] = {}
    spec = _read(parse_type, type, 'type', errors)
    number = _read(read_number, x, 'x', errors) if x.strip() else None
    if spec is None:
        return {'errors': errors}
    with _lock, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        facts = [fact for fact in properties.facts(spec) if fact[0] not in ('spec', *DIALECTS)]
        texts = {name: _text(spec, name) for name in ('spec', *DIALECTS)}
        grid = modes(spec, _dialect(type), number) if has_modes(spec) else None
    own = f'{texts["ac"].get("text")}: '
    said = dict.fromkeys(str(warning.message) for warning in caught)
    return {
        'errors': errors,
        'type': spec.label,
        'facts': facts,
        'texts': list(texts.values()),
        'notes': [text.removeprefix(own) for text in said if text.startswith(own)],
        'result': None if number is None else result(spec, number),
        'modes': grid,
    }


def _values(type: str, start: str = '', x: str = '') -> Answer:  # noqa: A002
    """A page of the values."""
    if not re.fullmatch('(0x[0-9a-f]+)?', start):
        raise BadQuery(f"'start' must be a hexadecimal rank: {start!r:.80}")
    errors: dict[str, str] = {}
    spec = _read(parse_type, type, 'type', errors)
    number = _read(read_number, x, 'x', errors) if x.strip() else None
    return {'errors': errors} | ({} if spec is None else page(spec, int(start, 16) if start else None, number))


def _curve(a: str, b: str = '', x: str = '', view: str = 'range') -> Answer:
    """The transfer curves of a type, or of two."""
    known: dict[str, View] = {'range': 'range', 'near': 'near'}
    if view not in known:
        raise BadQuery(f"'view' must be range or near: {view!r}")
    errors: dict[str, str] = {}
    names = {'a': a} | ({'b': b} if b.strip() else {})
    specs = [_read(parse_type, text, name, errors) for name, text in names.items()]
    number = _read(read_number, x, 'x', errors) if x.strip() else None
    read: list[Spec] = [spec for spec in specs if spec is not None]
    return {'errors': errors} | (curves(read, number, known[view]) if len(read) == len(names) else {})


_ANSWERS: dict[str, tuple[Callable[..., Answer], tuple[str, ...], tuple[str, ...]]] = {
    '/api/format': (_format, ('type',), ('x',)),
    '/api/values': (_values, ('type',), ('start', 'x')),
    '/api/curve': (_curve, ('a',), ('b', 'x', 'view')),
}


def _read(read: Callable[[str], Any], text: str, field: str, errors: dict[str, str]) -> Any:
    try:
        return read(text)
    except ValueError as error:
        errors[field] = str(error)
        return None


def _dialect(text: str) -> str:
    return {'ap_': 'ap', 'ac_': 'ac'}.get(text.strip()[:3].lower(), 'hls4ml')


def _text(spec: Spec, name: str) -> dict[str, str]:
    """The spec, or its type in a dialect, to copy; or why there is none."""
    try:
        return {'name': name, 'text': repr(spec) if name == 'spec' else convert(spec, name)}  # type: ignore[arg-type]
    except ValueError as error:
        return {'name': name, 'refused': str(error)}
