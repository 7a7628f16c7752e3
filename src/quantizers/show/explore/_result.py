"""What a format makes of one number: its value, its code, its bits, and the error."""

from __future__ import annotations

from fractions import Fraction
from math import isinf
from typing import Any, NamedTuple

import numpy as np

from ..._maths.floats import Exact
from ...analysis.losses import beyond
from ...codes.exact import exact_code
from ...formats import Spec
from ._number import Number, decimal, hexadecimal

MAX_DIGITS = 64  # of bits that are shown one by one


class Outcome(NamedTuple):
    """A code and its value, or why there is none."""

    spec: Spec
    code: int | None
    value: Exact | None
    refused: str

    @property
    def value_text(self) -> str:
        """The value, as a decimal."""
        if self.value is None:
            return 'NaN'
        return '-0' if _is_negative_zero(self) else decimal(self.value)

    @property
    def code_text(self) -> str:
        """The code, as a decimal."""
        return '' if self.code is None else code_text(self.spec, self.code)


def outcome(spec: Spec, x: Number) -> Outcome:
    """What a format makes of a number, in exact arithmetic."""
    try:
        code = int(spec.encode(x)) if isinstance(x, float) else exact_code(spec, x)
    except ValueError as error:
        return Outcome(spec, None, None, str(error))
    return Outcome(spec, code, value_of(spec, code), '')


def value_of(spec: Spec, code: int) -> Exact:
    """The exact value of a code."""
    value: Exact = spec.decode(np.array([code], object), exact=True)[0]
    return value


def result(spec: Spec, x: Number) -> dict[str, Any]:
    """All about the code of a number."""
    got = outcome(spec, x)
    if got.code is None or got.value is None:
        return {'value': got.value_text, 'refused': got.refused}
    return {'value': got.value_text, **code_facts(spec, got.code, got.value), **_error(spec, x, got.value)}


def code_facts(spec: Spec, code: int, value: Exact) -> dict[str, Any]:
    """The code as a number, in hexadecimal and, unless there are many, bit by bit; and its value without rounding."""
    bits = code & ((1 << spec.bits) - 1)
    facts = {
        'code': code_text(spec, code),
        'hex': f'{bits:0{-(-spec.bits // 4)}x}',
        'exact': hexadecimal(value),
    }
    return facts | ({'bits': fields_of(spec, bits)} if spec.bits <= MAX_DIGITS else {})


def code_text(spec: Spec, code: int) -> str:
    """A code in decimal; one that is bits in hexadecimal."""
    return spec.codec.text(code)


def fields_of(spec: Spec, bits: int) -> list[tuple[str, str]]:
    """The digits of each field of the raw bits, the highest first, without the fields that have none."""
    digits, fields = f'{bits:0{spec.bits}b}', []
    for name, width in spec.codec.fields().items():
        fields.append((name, digits[:width]))
        digits = digits[width:]
    return [field for field in fields if field[1]]


def _error(spec: Spec, x: Number, value: Exact) -> dict[str, str]:
    if isinstance(x, float) and isinf(x):
        return {'kind': 'rounded' if spec.spacing.everywhere else 'beyond the range'}
    exact = Fraction(x)
    error = value - exact
    outside = beyond(spec, exact)
    facts = {'kind': 'exact' if not error else 'beyond the range' if outside else 'rounded', 'error': decimal(error)}
    return facts | ({'steps': decimal(error / spec.eps)} if spec.spacing.in_steps else {})


def _is_negative_zero(got: Outcome) -> bool:
    return got.value == 0 and bool(got.code)
