"""What each rounding with each overflow makes of a number."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeGuard

from ..._maths.rounding import FORMULAS
from ...cpp.types import DIALECTS, convert
from ...formats import FixedQ, Format, Spec
from ...modes import OVERFLOWS, OverflowName, canonical_rounding
from ._number import Number, nearest_float
from ._result import Outcome, outcome


def has_modes(spec: Format) -> TypeGuard[FixedQ]:
    """Whether a format has both modes to choose."""
    return spec.modes is not None and {'rounding', 'overflow'} <= {field.name for field in fields(spec)}


def with_modes(spec: FixedQ, rounding: str, overflow: OverflowName) -> FixedQ:
    """The format with other modes; the saturation bits stay where the overflow mode has them.

    Raises ValueError for modes that the format refuses.
    """
    bits = spec.saturation_bits if overflow.startswith('WRAP') else 0
    return replace(spec, rounding=canonical_rounding(rounding), overflow=overflow, saturation_bits=bits)


def modes(spec: FixedQ, dialect: str, x: Number | None) -> dict[str, Any]:
    """A row for each rounding of a cell for each overflow, what was refused, and what the nearest float64 changes."""
    refused: dict[str, str] = {}
    unlike: dict[str, None] = {}
    nearest = None if x is None or isinstance(x, float) else nearest_float(x)
    rows = []
    for rounding in FORMULAS:
        cells: list[dict[str, Any] | None] = []
        for overflow in OVERFLOWS:
            try:
                changed = with_modes(spec, rounding, overflow)
            except ValueError as error:
                refused[overflow] = str(error)
                cells.append(None)
                continue
            got = None if x is None else outcome(changed, x)
            if nearest is not None and got is not None and outcome(changed, nearest).code != got.code:
                unlike[rounding] = None
            cells.append(_cell(changed, dialect, got))
        rows.append({'rounding': rounding, 'cells': cells})
    return {
        'overflows': OVERFLOWS,
        'rows': rows,
        'rounding': spec.rounding,
        'overflow': spec.overflow,
        'refused': [f'{overflow}: {message}' for overflow, message in refused.items()],
        'note': _note(nearest, list(unlike)),
    }


def _cell(spec: FixedQ, dialect: str, got: Outcome | None) -> dict[str, Any]:
    value = {} if got is None else {'value': got.value_text, 'code': got.code_text('decimal')}
    return {'type': in_dialect(spec, dialect), **value}


def in_dialect(spec: Spec, dialect: str) -> str:
    """The type in a dialect, or as C++ where the dialect cannot say it."""
    assert dialect in DIALECTS, dialect
    try:
        return convert(spec, dialect)
    except ValueError:
        return spec.label


def _note(nearest: float | None, unlike: list[str]) -> str:
    if nearest is None:
        return ''
    other = f'makes another value under {", ".join(unlike)}' if unlike else 'makes the same in every mode'
    return f'The number is taken exactly. The nearest float64, {nearest.hex()}, which a C++ literal is, {other}.'
