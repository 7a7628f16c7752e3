"""Floats that are known by a name: a line each."""

from __future__ import annotations

import re

from .float import FloatQ
from .specials import SpecialsName

FLOAT16 = FloatQ(5, 10, 15, 'ieee', overflow='INF')
BFLOAT16 = FloatQ(8, 7, 127, 'ieee', overflow='INF')
TF32 = FloatQ(8, 10, 127, 'ieee', overflow='INF')
FLOAT32 = FloatQ(8, 23, 127, 'ieee', overflow='INF')
E5M2 = FloatQ(5, 2, 15, 'ieee', overflow='INF')
E4M3 = FloatQ(4, 3, 7, 'ieee', overflow='INF')
E3M4 = FloatQ(3, 4, 3, 'ieee', overflow='INF')
E4M3FN = FloatQ(4, 3, 7, 'fn', overflow='NAN')
E4M3FNUZ = FloatQ(4, 3, 8, 'fnuz', overflow='NAN')
E5M2FNUZ = FloatQ(5, 2, 16, 'fnuz', overflow='NAN')
E4M3B11FNUZ = FloatQ(4, 3, 11, 'fnuz', overflow='NAN')
E2M1 = FloatQ(2, 1, 1)
E2M3 = FloatQ(2, 3, 1)
E3M2 = FloatQ(3, 2, 3)
E8M0FNU = FloatQ(8, 0, 127, 'fn', overflow='NAN', signed=False, zero=False)

NUMPY = {
    'float16': FLOAT16,
    'bfloat16': BFLOAT16,
    'float32': FLOAT32,
    'float8_e5m2': E5M2,
    'float8_e4m3': E4M3,
    'float8_e3m4': E3M4,
    'float8_e4m3fn': E4M3FN,
    'float8_e4m3fnuz': E4M3FNUZ,
    'float8_e5m2fnuz': E5M2FNUZ,
    'float8_e4m3b11fnuz': E4M3B11FNUZ,
    'float4_e2m1fn': E2M1,
    'float6_e2m3fn': E2M3,
    'float6_e3m2fn': E3M2,
    'float8_e8m0fnu': E8M0FNU,
}
"""Those of NumPy and ml_dtypes."""

_NAMES = {spec: name for name, spec in NUMPY.items()}
_P3109 = re.compile(r'binary([1-9][0-9]?)p([1-9][0-9]?)([su])([ef])', re.IGNORECASE)


def p3109(name: str) -> FloatQ:
    """The format of a name of IEEE P3109: `Binary8p3se` has 8 bits, the precision 3, a sign and Inf.

    Of 3 to 16 bits; `s` or `u` says whether there is a sign, `e` or `f` (extended or finite) whether there is Inf.
    Raises ValueError for any other name. Source: IEEE P3109, a draft of 2026.
    """
    match = _P3109.fullmatch(name)
    width, precision = (int(match[1]), int(match[2])) if match else (0, 0)
    signed = match is not None and match[3] in 'sS'
    if match is None or not (3 <= width <= 16 and precision <= width - signed):
        raise ValueError(
            f"a name of P3109 must be as 'Binary8p3se', of 3 to 16 bits, and no larger precision: {name!r}"
        )
    specials: SpecialsName = 'p3109_extended' if match[4] in 'eE' else 'p3109'
    exponent_bits = width - precision + (not signed)
    bias = 1 << width - precision - signed
    return FloatQ(exponent_bits, precision - 1, bias, specials, overflow='SAT_NONE', signed=signed)


def name_of(spec: FloatQ) -> str | None:
    """The name in NumPy, ml_dtypes or P3109; None where it has none."""
    if spec in _NAMES:
        return _NAMES[spec]
    ending = ('s' if spec.signed else 'u') + ('e' if spec.specials == 'p3109_extended' else 'f')
    name = f'Binary{spec.bits}p{spec.mantissa_bits + 1}{ending}'
    try:
        return name if p3109(name) == spec else None
    except ValueError:
        return None
