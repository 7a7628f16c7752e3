"""The types of three dialects of C++: their names, arguments and modes.

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

from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple, get_args

from ..formats import BinaryQ, FixedQ, MinifloatQ, Spec
from ..modes import CPP_MODES
from .ac_floats import ieee_float, std_float, truncating_bfloat16

Dialect = Literal['ap', 'ac', 'hls4ml']
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

# the roundings of a dialect that `ap_fixed` does not have
ALSO = {'ac': ('RND_CONV_ODD',)}


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


def modes_of(field: str, dialect: str) -> tuple[str, ...]:
    """The `rounding` or `overflow` names of a dialect: only `ap` has WRAP_SM, only `ac` RND_CONV_ODD."""
    names = tuple(name for name in CPP_MODES[field] if dialect == 'ap' or name != 'WRAP_SM')
    return (*names, *ALSO.get(dialect, ())) if field == 'rounding' else names
