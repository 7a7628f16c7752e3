"""Type strings: from a spec to the C++ of three dialects, and back.

========  ==========================================================  ========================================
dialect   types                                                       source
========  ==========================================================  ========================================
`ap`      `ap_fixed<W,I,Q,O,N>` `ap_ufixed` `ap_int<W>` `ap_uint<W>`  UG1399
`ap`      `ap_minifloat<m,e,e0>` `ap_binary`                          this package
`ac`      `ac_fixed<W,I,S,Q,O>` `ac_int<W,S>`                         Algorithmic C Datatypes reference manual
`ac`      `ac_std_float<W,E>` `ac_ieee_float<binary16>`               the same
`ac`      `ac::bfloat16`                                              the same
`hls4ml`  `fixed<W,I,Q,O,N>` `ufixed` `int<W>` `uint<W>`              hls4ml, "Configuration"
`hls4ml`  `ap_float<m,e,e0>`, which is read alone                     hls4ml's template for minifloats
========  ==========================================================  ========================================

In each of them I counts the sign bit. Dialects that are no C++ are in `notations.py`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from functools import partial
from typing import Any, Literal, NamedTuple, get_args

from .._checks.capabilities import Capability, can
from .._checks.fields import FieldError
from .._checks.shown import shown
from ..formats import BinaryQ, FixedFormat, FixedQ, MinifloatQ, Quantizer, Spec
from ..modes import CPP_MODES, deterministic, without_defaults
from . import ac_floats
from .ac_floats import ieee_float, std_float, truncating_bfloat16
from .constructors import constructed
from .hints import hint
from .notations import NOTATIONS, NotationName, meant, written

Dialect = Literal['ap', 'ac', 'hls4ml']
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
_SAYS = {'ap': Capability.AP, 'ac': Capability.AC, 'hls4ml': Capability.HLS4ML}

# the roundings of a dialect that `ap_fixed` does not have
_ALSO = {'ac': ('RND_CONV_ODD',)}
_LETTERS = {'rounding': 'q', 'overflow': 'o'}
_NUMBERED = re.compile(r'(?:\(\s*ap_([qo])_mode\s*\)\s*)?([0-9]+)', re.IGNORECASE)
_BOOLS = {'true': True, '1': True, 'false': False, '0': False}
_TYPE = re.compile(r'\s*((?:[aA][cC]::)?\w+)\s*(?:<(.*)>\s*)?', re.DOTALL | re.ASCII)


class Template(NamedTuple):
    """A type of a dialect: what makes a spec of its arguments, their names in order, and how many have no default.

    With those alone it may mean something `elsewhere`, that no spec says: then the dialect must be said.
    """

    dialect: str
    make: Callable[..., Spec]
    arguments: tuple[str, ...] = ()
    required: int = 0
    elsewhere: str = ''


def _whole(width: int, signed: bool = True) -> FixedQ:
    return FixedQ(width, width, signed)


_FIXED = ('width', 'integer', 'rounding', 'overflow', 'saturation_bits')
_UFIXED, _UWHOLE = (partial(make, signed=False) for make in (FixedQ, _whole))
_OF_VITIS = 'in Vitis HLS a float of so many bits and exponent bits, which no spec says: subnormal numbers are 0 there'
_MINIFLOAT = ('mantissa_bits', 'exponent_bits', 'exponent_zero')
TEMPLATES = {
    'ap_fixed': Template('ap', FixedQ, _FIXED, 2),
    'ap_ufixed': Template('ap', _UFIXED, _FIXED, 2),
    'ap_int': Template('ap', _whole, ('width',), 1),
    'ap_uint': Template('ap', _UWHOLE, ('width',), 1),
    'ap_minifloat': Template('ap', MinifloatQ, _MINIFLOAT, 2),
    'ap_binary': Template('ap', BinaryQ),
    'ac_fixed': Template('ac', FixedQ, ('width', 'integer', 'signed', 'rounding', 'overflow'), 2),
    'ac_int': Template('ac', _whole, ('width', 'signed'), 1),
    'ac_std_float': Template('ac', std_float, ('width', 'exponent_bits'), 2),
    'ac_ieee_float': Template('ac', ieee_float, ('name',), 1),
    'ac::bfloat16': Template('ac', truncating_bfloat16),
    'ap_float': Template('hls4ml', MinifloatQ, _MINIFLOAT, 2, _OF_VITIS),
    'fixed': Template('hls4ml', FixedQ, _FIXED, 2),
    'ufixed': Template('hls4ml', _UFIXED, _FIXED, 2),
    'int': Template('hls4ml', _whole, ('width',), 1),
    'uint': Template('hls4ml', _UWHOLE, ('width',), 1),
}
"""The types by their names, in lower case; a kind that has a type adds it."""


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


def modes_of(field: str, dialect: str) -> tuple[str, ...]:
    """The `rounding` or `overflow` names of a dialect: only `ap` has WRAP_SM, only `ac` RND_CONV_ODD."""
    names = tuple(name for name in CPP_MODES[field] if dialect == 'ap' or name != 'WRAP_SM')
    return (*names, *_ALSO.get(dialect, ())) if field == 'rounding' else names


def convert(spec: Spec, dialect: Dialect | NotationName) -> str:
    """The type string of `spec` in the dialect `ap`, `ac` or `hls4ml`; modes that are the default are left out.

    `numpy` and `p3109` have names; `fxp`, `ti`, `arm`, `matlab`, `vhdl` and `apytypes` have fixed point with the
    default modes, `apytypes` floats of IEEE 754 besides; `qkeras` has what rounds to even and saturates.

    `parse_type(convert(spec, dialect))` is the spec again; a stochastic rounding is written as the deterministic one
    it means outside training, and a `TernaryQ` as its `FixedQ`.

    >>> convert(FixedQ(8, 3, True, 'RND', 'SAT'), 'ac')
    'ac_fixed<8, 3, true, AC_RND, AC_SAT>'

    Raises ValueError, with the reason, for what the dialect cannot say: minifloat, binary and WRAP_SM in `ac` and
    `hls4ml`, saturation bits in `ac`, and the roundings that `ap_fixed` does not have, of which `ac` has RND_CONV_ODD.
    Warns where `ac_fixed.h` does not convert as the law says: see docs/ac_fixed.md.
    """
    if dialect in tuple(NOTATIONS):  # which may be anything
        return written(spec, dialect)
    if dialect not in DIALECTS:
        raise ValueError(f"'dialect' must be one of {', '.join((*DIALECTS, *NOTATIONS))}: {shown(dialect)}")
    if dialect == 'ac' and (text := ac_floats.written(spec)):
        return text
    if not can(spec, _SAYS[dialect]):
        reason = ac_floats.WHY_NOT if dialect == 'ac' and ac_floats.is_float(spec) else f'it has no {spec.kind} type'
        raise ValueError(f'the dialect {dialect!r} cannot say {spec.label!r}: {reason}')
    _check_rounding(spec, dialect)
    if dialect == 'ap':
        return spec.cpp_type
    return _fixed_point(spec, dialect)  # type: ignore[arg-type]  # what else a later kind is, it can be no type there


def _check_rounding(spec: Spec, dialect: Dialect) -> None:
    known = modes_of('rounding', dialect)
    if spec.modes is None or deterministic(spec.modes.rounding) in known:
        return
    rounding = deterministic(spec.modes.rounding)
    others = [other for other in DIALECTS if rounding in modes_of('rounding', other)]
    way = f'the dialect {others[0]!r} has' if others else f'take one of {", ".join(known)}'
    raise ValueError(f'the dialect {dialect!r} cannot say {spec.label!r}: it has no rounding mode {rounding} ({way})')


def _fixed_point(spec: FixedFormat, dialect: Dialect) -> str:
    if spec.overflow not in modes_of('overflow', dialect):
        raise ValueError(f'the dialect {dialect!r} cannot say {spec.label!r}: it has no overflow mode {spec.overflow}')
    if dialect == 'ac':
        if spec.saturation_bits:
            raise ValueError(f"the dialect 'ac' cannot say {spec.label!r}: it has no saturation bits")
        modes = [f'AC_{mode}' for mode in without_defaults(spec.rounding, spec.overflow, also=_ALSO['ac'])]
        text = f'ac_fixed<{", ".join([str(spec.width), str(spec.integer), str(spec.signed).lower(), *modes])}>'
        for difference in _differences_of_ac(spec):
            warnings.warn(f'{text}: ac_fixed.h makes 0 of {difference}', stacklevel=3)
        return text
    modes = without_defaults(spec.rounding, spec.overflow, spec.saturation_bits)
    name = 'fixed' if spec.signed else 'ufixed'
    return f'{name}<{",".join([str(spec.width), str(spec.integer), *modes])}>'


def _differences_of_ac(spec: FixedFormat) -> Iterator[str]:
    """What ac_fixed.h makes 0, and the laws do not: docs/ac_fixed.md."""
    if spec.overflow == 'SAT_ZERO' and spec.signed and spec.width % 32 == 0:
        yield 'inputs below the smallest value that round back to it; the law keeps it'
    # it first multiplies by 2^-top, where small doubles vanish; from 53 on, normal ones too
    top = spec.integer + (not spec.signed) + -(spec.width + (not spec.signed)) % 32
    if spec.rounding == 'TRN' and (spec.signed or spec.overflow == 'WRAP') and top > 52:
        yield f'negative inputs closer to 0 than about 2^{top - 1075}; by the law they are one step below 0'
