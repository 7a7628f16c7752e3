"""Formats as Python writes them, `FloatQ(4, 3, 7, 'fn')`: the text of those that have no type in C++."""

from __future__ import annotations

import re
from dataclasses import fields

from .._checks.shown import shown
from ..formats import Spec

Value = int | float | str | None
Call = tuple[str, list[Value], dict[str, Value]]  # the name, arguments by their place, and by their names
_CALL = re.compile(r'\s*(\w+)\s*\(([^()]*)\)\s*', re.ASCII)
_ARGUMENT = re.compile(
    r'\s*(?:(\w+)\s*=\s*)?(?:(-?[0-9]{1,9})|(-?[0-9.]{1,30}(?:e[+-]?[0-9]{1,4})?)|(True|False|None)|\'(\w*)\'|"(\w*)")\s*',
    re.ASCII,
)


def constructed(text: str) -> Spec | None:
    """The spec that a call of its class makes; None for what is no such call. ValueError where it makes none."""
    match = _CALL.fullmatch(text)
    if match is None:
        return None
    from ..formats import KINDS  # all of them, blocks too, for no other text

    classes = {cls.__name__: cls for cls in KINDS.values()}
    call = arguments(text) if match[1] in classes else None
    if call is None:
        return None
    name, positional, named = call
    cls = classes[name]
    try:
        return cls(*positional, **named)  # type: ignore[return-value]  # of later kinds, too
    except TypeError:  # of how many there are, and their names: values are checked by the class
        known = ', '.join(field.name for field in fields(cls) if field.init and not field.kw_only)
        raise ValueError(f'{cls.__name__!r} takes {known or "no arguments"}') from None


def arguments(text: str) -> Call | None:
    """The parts of a call; None for what is none. ValueError for arguments that are no plain values."""
    match = _CALL.fullmatch(text)
    if match is None:
        return None
    positional: list[Value] = []
    named: dict[str, Value] = {}
    for token in match[2].split(',') if match[2].strip() else ():
        name, value = _argument(token)
        if name:
            named[name] = value
        elif named:
            raise ValueError(f'an argument by its place cannot follow one by its name: {shown(token.strip())}')
        else:
            positional.append(value)
    return match[1], positional, named


def _argument(token: str) -> tuple[str | None, Value]:
    match = _ARGUMENT.fullmatch(token)
    if match is None:
        raise ValueError(f'an argument must be a number, True, False or a name in quotes: {shown(token.strip())}')
    name, number, real, flag, single, double = match.groups()
    if number is not None:
        return name, int(number)
    if real is not None:
        return name, float(real)
    if flag is not None:
        return name, {'True': True, 'False': False, 'None': None}[flag]
    return name, single if single is not None else double
