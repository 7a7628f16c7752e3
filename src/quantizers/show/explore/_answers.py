"""The JSON interface as functions: the fields of a query in, plain data out; they know no socket."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple, get_args

from ..._maths.floats import Exact
from ...cpp.types import DIALECTS, convert
from ...formats import Spec
from .. import facts as properties
from ._advice import advice
from ._controls import changed, controls, presets
from ._data import Data
from ._modes import has_modes, modes
from ._number import spelled
from ._panels import panels, short, zoomed
from ._query import BadQuery, Reader, place, read_fields
from ._result import Base, neighbours, outcome, result
from ._terms import TERMS
from ._ticks import Window, round_number
from ._values import page

Answer = dict[str, Any]
_PARTS = 500  # of a window, which a pointer can tell apart
_ZOOM = {'in': Fraction(3, 4), 'out': Fraction(5, 4)}
_lock = threading.Lock()  # warnings are caught for all threads at once


def answer(path: str, query: str, data: Data) -> Answer | None:
    """The answer of the interface, or None where there is nothing under that path.

    What is wrong with a type or a number is part of the answer, `errors`, by the field, in the library's own words.
    Raises BadQuery for fields that are unknown, missing, repeated or too long, and for text that is not UTF-8.
    """
    if path not in _ANSWERS:
        return None
    function, required, optional = _ANSWERS[path]
    fields = read_fields(query)
    wrong = [name for name in required if name not in fields]
    wrong += [name for name in fields if name not in required + optional]
    if wrong:
        raise BadQuery(f'a field is missing or unknown: {wrong[0]!r:.80}')
    if fields.get('base', 'binary') not in get_args(Base):
        raise BadQuery(f"'base' must be one of {', '.join(get_args(Base))}: {fields['base']!r:.80}")
    return function(data, **fields)


def _start(data: Data) -> Answer:
    """What the page has before a format is known."""
    return {'presets': presets(), 'tensors': data.listed, 'terms': TERMS}


def _format(data: Data, type: str, x: str = '', base: Base = 'binary') -> Answer:  # noqa: A002  (a field's name)
    """What a type means, what it makes of a number, and what each pair of modes makes of it."""
    read = Reader()
    spec, number = read.spec(type), read.number(x)
    if spec is None:
        return {'errors': read.errors}
    with _lock, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        facts = [fact for fact in properties.facts(spec) if fact[0] not in ('spec', *DIALECTS)]
        texts = {name: _text(spec, name) for name in ('spec', *DIALECTS)}
        grid = modes(spec, _dialect(type), number) if has_modes(spec) else None
        turned = controls(spec, _dialect(type))
    own = f'{texts["ac"].get("text")}: '
    said = dict.fromkeys(str(warning.message) for warning in caught)
    made = None if number is None else result(spec, number, base) | {'advice': advice(spec, number)}
    return {
        'errors': read.errors,
        'type': spec.label,
        'facts': facts,
        'texts': list(texts.values()),
        'notes': [text.removeprefix(own) for text in said if text.startswith(own)],
        'controls': turned,
        'result': made,
        'modes': grid,
    }


def _values(data: Data, type: str, start: str = '', x: str = '', base: Base = 'binary') -> Answer:  # noqa: A002
    """A page of the values."""
    if not re.fullmatch('(0x[0-9a-f]+)?', start):
        raise BadQuery(f"'start' must be a hexadecimal rank: {start!r:.80}")
    read = Reader()
    spec, number = read.spec(type), read.number(x)
    shown = {} if spec is None else page(spec, int(start, 16) if start else None, number, base)
    return {'errors': read.errors} | shown


def _curve(
    data: Data,
    a: str,
    b: str = '',
    x: str = '',
    low: str = '',
    high: str = '',
    at: str = '',
    zoom: str = '',
    pan: str = '',
) -> Answer:
    """The charts of a type, or of two.

    `zoom` makes the window longer or shorter around the place `at`, `pan` moves it by a part of its length.
    """
    read = Reader()
    specs, number = read.specs(a, b), read.number(x)
    if not specs:
        return {'errors': read.errors}
    window = read.window(specs, low, high)
    if zoom:
        if zoom not in _ZOOM:
            raise BadQuery(f"'zoom' must be in or out: {zoom!r:.80}")
        window = zoomed(specs, window, place(at or '0.5'), _ZOOM[zoom])
    if pan:
        by = place(pan, 'pan') * window.span
        window = short(Window(window.low + by, window.high + by))
    return {'errors': read.errors} | panels(specs, number, window)


def _point(data: Data, a: str, at: str, b: str = '', low: str = '', high: str = '', base: Base = 'binary') -> Answer:
    """The number at a place of the window, a round one, and what becomes of it."""
    read = Reader()
    specs = read.specs(a, b)
    if not specs:
        return {'errors': read.errors}
    window = read.window(specs, low, high)
    unit = round_number(window.span / _PARTS)
    x: Exact = round(window.at(place(at)) / unit) * unit
    found = []
    for spec in specs:
        got = outcome(spec, x)
        found.append({'value': got.value_text, 'code': got.code_text(base), **neighbours(spec, got)})
    return {'errors': read.errors, 'x': spelled(x), 'found': found}


def _change(data: Data, type: str, field: str, value: str) -> Answer:  # noqa: A002
    """The type with another value of a field."""
    read = Reader()
    spec = read.spec(type)
    if spec is None:
        return {'errors': read.errors}
    if not re.fullmatch('-?[0-9]{1,5}', value):
        raise BadQuery(f"'value' must be an integer: {value!r:.80}")
    try:
        return {'errors': {}, 'type': changed(spec, _dialect(type), field, int(value))}
    except KeyError:
        raise BadQuery(f'no field of this type is turned: {field!r:.80}') from None
    except ValueError as error:
        return {'errors': {'type': str(error)}}


def _histogram(data: Data, type: str, tensor: str) -> Answer:  # noqa: A002
    """What a type does to the numbers of an array of the file."""
    read = Reader()
    spec = read.spec(type)
    if spec is None:
        return {'errors': read.errors}
    with _lock, warnings.catch_warnings():
        warnings.simplefilter('ignore')  # of float64, in which these numbers are
        return data.histogram(spec, tensor)


class _Interface(NamedTuple):
    function: Callable[..., Answer]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


_ANSWERS = {
    '/api/start': _Interface(_start),
    '/api/format': _Interface(_format, ('type',), ('x', 'base')),
    '/api/values': _Interface(_values, ('type',), ('start', 'x', 'base')),
    '/api/curve': _Interface(_curve, ('a',), ('b', 'x', 'low', 'high', 'at', 'zoom', 'pan')),
    '/api/point': _Interface(_point, ('a', 'at'), ('b', 'low', 'high', 'base')),
    '/api/change': _Interface(_change, ('type', 'field', 'value')),
    '/api/histogram': _Interface(_histogram, ('type', 'tensor')),
}


def _dialect(text: str) -> str:
    return {'ap_': 'ap', 'ac_': 'ac'}.get(text.strip()[:3].lower(), 'hls4ml')


def _text(spec: Spec, name: str) -> dict[str, str]:
    """The spec, or its type in a dialect, to copy; or why there is none."""
    try:
        return {'name': name, 'text': repr(spec) if name == 'spec' else convert(spec, name)}  # type: ignore[arg-type]
    except ValueError as error:
        return {'name': name, 'refused': str(error)}
