"""What a format makes of one number: its value, its code, its bits, and the error."""

from __future__ import annotations

from fractions import Fraction
from math import isinf, isnan
from typing import Any, Literal, NamedTuple

from ..._maths.floats import Exact
from ...analysis.losses import beyond
from ...codes.exact import exact_code
from ...formats import Spec
from ._number import Number, decimal, hexadecimal

MAX_DIGITS = 64  # of bits that are shown one by one
Base = Literal['binary', 'decimal', 'hex']


class Outcome(NamedTuple):
    """A code and its value, or why there is none."""

    spec: Spec
    code: int | None
    value: Exact | None
    refused: str
    special: str = 'NaN'  # what it is in place of a value

    @property
    def value_text(self) -> str:
        """The value, as a decimal."""
        if self.value is None:
            return self.special
        return '-0' if _is_negative_zero(self) else decimal(self.value)

    def code_text(self, base: Base) -> str:
        """The code in a base."""
        return '' if self.code is None else code_text(self.spec, self.code, base)


def outcome(spec: Spec, x: Number) -> Outcome:
    """What a format makes of a number, in exact arithmetic."""
    try:
        code = int(spec.encode(x)) if isinstance(x, float) else exact_code(spec, x)
    except ValueError as error:
        return Outcome(spec, None, None, str(error))
    value = spec.codec.value(code)
    if isinstance(value, float):
        special = 'NaN' if isnan(value) else 'Inf' if value > 0 else '-Inf'
        return Outcome(spec, code, None, f'{special}, the code {code_text(spec, code, "hex")}', special)
    return Outcome(spec, code, value, '')


def value_of(spec: Spec, code: int) -> Exact:
    """The exact value of a code that is a number."""
    value = spec.codec.value(code)
    assert not isinstance(value, float), value
    return value


def result(spec: Spec, x: Number, base: Base) -> dict[str, Any]:
    """All about the code of a number."""
    got = outcome(spec, x)
    if got.code is None or got.value is None:
        return {'value': got.value_text, 'refused': got.refused}
    return {'value': got.value_text, **code_facts(spec, got.code, got.value, base), **_error(spec, x, got.value)}


def code_facts(spec: Spec, code: int, value: Exact, base: Base) -> dict[str, Any]:
    """The code in a base and, unless they are many, the fields of its bits; and its value without rounding."""
    facts = {'code': code_text(spec, code, base), 'exact': hexadecimal(value)}
    return facts | ({'bits': fields_of(spec, _bits(spec, code))} if spec.bits <= MAX_DIGITS else {})


def code_text(spec: Spec, code: int, base: Base) -> str:
    """The raw bits in binary, unless they are many, or in hexadecimal; or the code as a decimal number."""
    if base == 'decimal':
        return str(code)
    if base == 'binary' and spec.bits <= MAX_DIGITS:
        return f'{_bits(spec, code):0{spec.bits}b}'
    return f'0x{_bits(spec, code):0{-(-spec.bits // 4)}x}'


def _bits(spec: Spec, code: int) -> int:
    return code & ((1 << spec.bits) - 1)


def neighbours(spec: Spec, got: Outcome) -> dict[str, str]:
    """The values below and above what a number became, where there are any."""
    if got.code is None:
        return {}
    rank = spec.codec.rank_of(got.code)
    ranks = {'below': rank - 1, 'above': rank + 1}
    return {
        name: decimal(value_of(spec, spec.codec.code_at(other)))
        for name, other in ranks.items()
        if 0 <= other < spec.codec.count
    }


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
