"""From a type string of any dialect to its spec."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

from .._checks.fields import FieldError
from .._checks.shown import shown
from ..formats import Quantizer, Spec
from ..modes import CPP_MODES
from .constructors import constructed
from .hints import hint
from .notations import NotationName, meant
from .templates import TEMPLATES, Dialect, modes_of

_LETTERS = {'rounding': 'q', 'overflow': 'o'}
_NUMBERED = re.compile(r'(?:\(\s*ap_([qo])_mode\s*\)\s*)?([0-9]+)', re.IGNORECASE)
_BOOLS = {'true': True, '1': True, 'false': False, '0': False}
_TYPE = re.compile(r'\s*((?:[aA][cC]::)?\w+)\s*(?:<(.*)>\s*)?', re.DOTALL | re.ASCII)


def parse_type(text: str, dialect: Dialect | NotationName | None = None) -> Spec:
    """The spec that a type string of any dialect means; white space and case are free, defaults are filled in.

    Beside C++ there are the names of NumPy's, ml_dtypes' and P3109's formats, `float8_e4m3fn`, `int8`, `Binary8p3se`,
    `fxp-s8/5`, `Q3.12`, `sfix16_En14`, `sfixed(7 downto -8)`, which say no modes, and calls of QKeras and apytypes,
    `quantized_bits(8,2,1)`, `APyFixed(bits=8, int_bits=3)`. Where a text has two meanings, as `Q3.12` or
    `ap_float<8,3>`, `dialect` says which: 'ti' does not count the sign bit, 'arm' does; 'hls4ml' is its template.

    `MXFP4`, `NVFP4` and other names of blocks are a `BlockQ`.
    What has no type is read as Python writes it, too: `FloatQ(4, 3, 7, 'fn')`.

    Modes may also be written as the vendor's tools print them: `ap_fixed<8, 4, (ap_q_mode)5, (ap_o_mode)3, 0>`.
    A `TernaryQ` comes back as the `FixedQ` that its type string says.

    >>> parse_type('ap_ufixed<8,3,AP_RND,AP_SAT>')
    FixedQ(8, 3, False, 'RND', 'SAT')

    Raises ValueError, with the text and what is wrong, for anything that is no type or that no spec can say, and for
    two meanings: where that is one argument a FieldError.
    """
    if not isinstance(text, str):
        raise ValueError(f"'text' must be a string: {shown(text)}")
    try:
        return _parse(text, dialect)
    except ValueError as error:
        start = repr(text if len(text) <= 80 else f'{text[:80]}...')
        if isinstance(error, FieldError):
            raise error.inside(f'{start}: ') from None
        raise ValueError(f'{start}: {error}') from None


def read_spec(given: object) -> Spec | None:
    """A spec, or that of a type string; None for anything else. Raises ValueError as `parse_type` does."""
    if isinstance(given, str):
        return parse_type(given)
    return given if isinstance(given, Quantizer) else None  # type: ignore[return-value]  # of later kinds, too


def _parse(text: str, dialect: str | None) -> Spec:
    match = _TYPE.fullmatch(text)
    if match is None or match[1].lower() not in TEMPLATES:
        elsewhere = (constructed(text) if dialect is None else None) or meant(text, dialect)
        if elsewhere is None:
            raise ValueError(_unknown(text, None if match is None else match[1].lower()))
        return elsewhere
    name, inside = match[1].lower(), match[2]
    template = TEMPLATES[name]
    if dialect not in (None, template.dialect):
        raise ValueError(f'not a type of the dialect {dialect!r}, but of {template.dialect!r}')
    tokens = [] if inside is None else [token.strip() for token in inside.split(',')]
    low, high = template.required, len(template.arguments)
    if not low <= len(tokens) <= high:
        wanted = str(low) if low == high else f'{low} to {high}'
        raise ValueError(f'{name!r} takes {wanted} argument{"s" * (wanted != "1")}, not {len(tokens)}')
    read = {
        field: _argument(field, token, template.dialect)
        for field, token in zip(template.arguments, tokens, strict=False)
    }
    spec = template.make(**read)
    if template.elsewhere and dialect is None and len(tokens) == template.required:
        own = f'{spec.label!r} in the dialect {template.dialect!r}'
        raise ValueError(f'it has two meanings, {own}, and {template.elsewhere}; say which dialect')
    return spec


def _unknown(text: str, name: str | None) -> str:
    """What is said of a text that is no type, or none that is known."""
    elsewhere = hint(text)
    if elsewhere is not None:
        return f'no known type: {elsewhere}'
    if name is None:
        return 'not a type: a name, and arguments in <>, are wanted'
    known = ', '.join(get_close_matches(name[:40], TEMPLATES, len(TEMPLATES), 0))
    near = get_close_matches(name[:40], TEMPLATES, 1)
    return f'no known type; {f"did you mean {near[0]!r}? Known" if near else "known"} are {known}'


def _argument(field: str, token: str, dialect: str) -> Any:
    if field in CPP_MODES:
        return _mode(field, token, dialect)
    if field == 'name':
        return token.lower()
    if field == 'signed':
        if token.lower() not in _BOOLS:
            raise FieldError('signed', 'must be true, false, 1 or 0', token)
        return _BOOLS[token.lower()]
    if not re.fullmatch('[+-]?[0-9]{1,9}', token):
        raise FieldError(field, 'must be an integer of at most nine digits', token)
    return int(token)


def _mode(field: str, token: str, dialect: str) -> str:
    names = modes_of(field, dialect)
    numbered = _NUMBERED.fullmatch(token) if dialect == 'ap' else None
    if numbered is not None:
        letter, number = (numbered[1] or '').lower(), numbered[2]
        if letter in ('', _LETTERS[field]) and len(number) < 3 and int(number) < len(names):
            return names[int(number)]
        raise FieldError(field, f'must be a number from 0 to {len(names) - 1}, of its own enum', token)
    mode = token.upper().removeprefix('AC_' if dialect == 'ac' else 'AP_')
    if mode in names:
        return mode
    nearest = ', '.join(get_close_matches(mode[:40], names, len(names), 0))
    raise FieldError(field, f'must be one of {nearest} in the dialect {dialect!r}', token)
