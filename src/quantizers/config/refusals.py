"""What is wrong in a configuration file, in the words of the library: none of pydantic's reaches a user."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from pydantic_core import ErrorDetails

from .._checks.errors import FileError
from .._checks.fields import FieldError
from .._checks.shown import as_step, in_json, nearest
from .version import NEWEST

_FILE = ('version', 'description', 'specs', '$schema')
_CHANNELS = ('axis', 'specs')
_TOP = 2  # steps to what a name has
_Path = tuple[str | int, ...]
_OBJECTS = ('model_type', 'model_attributes_type', 'dict_type')


def refusals(errors: Iterable[ErrorDetails], keys: Mapping[str, tuple[str, ...]], inner: Container[str]) -> FileError:
    """All that pydantic found, of which each line begins with the path inside the file; `keys` are those of each kind.

    `inner` are the kinds that may stand in others, and be of channels.

    Unknown keys come first: one that is misspelled explains another that is missing.
    """
    said = [pair for error in errors for pair in _said(error, keys, inner)]
    return FileError(*(line for first in (True, False) for unknown, line in said if unknown is first))


def _said(
    error: ErrorDetails, keys: Mapping[str, tuple[str, ...]], inner: Container[str]
) -> Iterator[tuple[bool, str]]:
    """The lines of an error, and of each whether it is about a key that is unknown."""
    location, kind, found = error['loc'], error['type'], error['input']
    path = _path(location)
    if kind == 'extra_forbidden':
        yield True, _unknown(path, _known(location, keys))
    elif kind in ('union_tag_invalid', 'union_tag_not_found'):
        known = tuple(dict.fromkeys((*(key for of_kind in keys.values() for key in of_kind), *_CHANNELS)))
        for key in found:
            if key not in known:
                yield True, _unknown((*path, key), known)
        given = in_json(found['kind']) if 'kind' in found else 'this key is missing'
        kinds = [repr(key) for key in keys if len(path) == _TOP or key in inner]
        yield False, _line((*path, 'kind'), f'must be one of {", ".join(kinds)}: {given}')
    elif kind == 'value_error':
        refusal = error['ctx']['error']
        # a rule of several fields; that of a type string is no key of the file
        of_object = location[-1] in (*keys, 'channels')
        by_rule = of_object and isinstance(refusal, FieldError) and not refusal.within
        if isinstance(refusal, FieldError) and (refusal.value is None or isinstance(refusal.value, bool)):
            refusal = FieldError(refusal.field, refusal.rule, refusal.value, in_json(refusal.value), refusal.within)
        yield False, _line((*path, refusal.field) if by_rule else path, str(refusal))
    else:
        yield False, _line(path, _rule(location, path, kind) + ('' if kind == 'missing' else f': {in_json(found)}'))


def _rule(location: _Path, path: _Path, kind: str) -> str:
    """What must be there."""
    if kind == 'missing':
        return 'this key is missing'
    if location[2:] == ('[key]',):
        return 'a name must be a non-empty string of Unicode'
    if path == ('version',):
        return f'must be 1 or {NEWEST}'
    if path in (('description',), ('$schema',)):
        return 'must be a string'
    if kind in ('list_type', 'too_short'):
        return 'must be a list of formats, one a channel'
    return 'must be an object' if kind in _OBJECTS else 'a key must be a string of Unicode'


def _unknown(path: _Path, known: Iterable[str]) -> str:
    near = nearest(str(path[-1]), known)
    return _line(path, f'unknown key; did you mean {near!r}?' if near else f'unknown key; known are {", ".join(known)}')


def _known(location: _Path, keys: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The keys of the object in which an unknown one stands."""
    match location:
        case (_,):
            return _FILE
        case 'specs', _, 'channels', _:
            return _CHANNELS
    return keys[str(location[-2])]


def _line(path: _Path, message: str) -> str:
    """`specs.dense1.weight.width: 'width' must be an integer from 1 to 4096: 0`."""
    return f'{".".join(map(as_step, path)) or "the file"}: {message}'


def _path(location: _Path) -> _Path:
    """The keys of the file that lead to pydantic's location, which names the chosen member of each union, too."""
    match location:
        case 'specs', _, '[key]':
            return ('specs',)
        case 'specs', name, 'spec', 'block', ('element' | 'scale') as part, *fields:
            return ('specs', name, part, *fields[1:])
        case 'specs', name, 'spec', *fields:
            return ('specs', name, *fields[1:])
        case 'specs', name, 'channels', 'specs', index, *fields:
            return ('specs', name, 'specs', index, *fields[1:])
        case 'specs', name, 'channels', *fields:
            return ('specs', name, *fields)
    return location
