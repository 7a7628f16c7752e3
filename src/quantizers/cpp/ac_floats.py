"""Floats of the Algorithmic C headers, `ac_std_float.h`: those of IEEE 754 and a bfloat16 that truncates.

A conversion from double rounds to even, and what is out of range becomes Inf; `ac::bfloat16` drops bits, and keeps to
the largest value. `ac_float`, whose mantissa is in two's complement, is no format here: it has one value more below.
"""

from __future__ import annotations

from .._checks.fields import FieldError
from ..formats import FloatQ, Spec
from ..formats.named import FLOAT16, FLOAT32

_IEEE = {
    'binary16': FLOAT16,
    'binary32': FLOAT32,
    'binary64': FloatQ(11, 52, 1023, 'ieee', overflow='INF'),
}
WHY_NOT = 'its floats are those of IEEE 754, which round to even and overflow to Inf, and ac::bfloat16, which truncates'
_BFLOAT16 = FloatQ(8, 7, 127, 'ieee', 'TRN_ZERO', 'SAT_NONE')


def std_float(width: int, exponent_bits: int) -> FloatQ:
    """`ac_std_float<W, E>`."""
    bias = (1 << max(exponent_bits, 1) - 1) - 1 if exponent_bits <= 16 else 0
    return FloatQ(exponent_bits, width - 1 - exponent_bits, bias, 'ieee', overflow='INF')


def ieee_float(name: str) -> FloatQ:
    """`ac_ieee_float<binary16>`."""
    if name not in _IEEE:
        raise FieldError('format', f'must be one of {", ".join(_IEEE)}', name)
    return _IEEE[name]


def truncating_bfloat16() -> FloatQ:
    """`ac::bfloat16`."""
    return _BFLOAT16


def is_float(spec: Spec) -> bool:
    """Whether it is a float with a bias, as these are."""
    return {'exponent_bits', 'mantissa_bits', 'bias'} <= spec.get_config().keys()


def written(spec: Spec) -> str | None:
    """The type of a float; None where it has none."""
    if spec == _BFLOAT16:
        return 'ac::bfloat16'
    for name, ieee in _IEEE.items():
        if spec == ieee:
            return f'ac_ieee_float<{name}>'
    if not is_float(spec):
        return None
    config = spec.get_config()
    e, m = config['exponent_bits'], config['mantissa_bits']
    return f'ac_std_float<{1 + e + m}, {e}>' if e > 1 and m and spec == std_float(1 + e + m, e) else None
