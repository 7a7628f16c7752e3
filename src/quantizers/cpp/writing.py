"""From a spec to its type string in a dialect."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from .._checks.capabilities import Capability, can
from .._checks.shown import shown
from ..formats import FixedFormat, Spec
from ..modes import deterministic, without_defaults
from . import ac_floats
from .notations import NOTATIONS, NotationName, written
from .templates import ALSO, DIALECTS, Dialect, modes_of

_SAYS = {'ap': Capability.AP, 'ac': Capability.AC, 'hls4ml': Capability.HLS4ML}


def convert(spec: Spec, dialect: Dialect | NotationName) -> str:
    """The type string of `spec` in the dialect `ap`, `ac` or `hls4ml`; modes that are the default are left out.

    `numpy` and `p3109` have names; `fxp`, `ti`, `arm`, `matlab`, `vhdl` and `apytypes` have fixed point with the
    default modes, `apytypes` floats of IEEE 754 besides; `qkeras` has what rounds to even and saturates.

    `parse_type(convert(spec, dialect))` is the spec again; a stochastic rounding is written as the deterministic one
    it means outside training, and a `TernaryQ` as its `FixedQ`.

    >>> from quantizers import FixedQ
    >>> convert(FixedQ(8, 3, True, 'RND', 'SAT'), 'ac')
    'ac_fixed<8, 3, true, AC_RND, AC_SAT>'

    `ac` has floats of IEEE 754, and a bfloat16 that truncates; `mx` names of blocks.

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
        modes = [f'AC_{mode}' for mode in without_defaults(spec.rounding, spec.overflow, also=ALSO['ac'])]
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
