"""How changes of a format, and places in it, are said."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from .._describe import number
from ..formats import MinifloatQ, Spec

_MOST_NAMED = 3
_DOES = {
    'WRAP': 'wraps',
    'SAT': 'saturates',
    'SAT_SYM': 'saturates symmetrically',
    'SAT_ZERO': 'gives 0',
    'WRAP_SM': 'wraps in sign and magnitude',
}


def joined(shown: list[str]) -> str:
    """Changes that equal each other, the first of them by name."""
    named = shown[:_MOST_NAMED]
    more = len(shown) - len(named)
    return '; or '.join([*named, *([f'one of {more} other changes, all equal on these inputs'] if more else [])])


def in_words(a: Any, changed: Any) -> str:
    """What is another in `changed`, a format of the kind of `a`, or that it is of another kind."""
    if a.kind != changed.kind:
        return f'another kind of format: {changed.kind}, not {a.kind}'
    if isinstance(a, MinifloatQ):
        names = [field.name for field in fields(a)]
        return ', '.join(
            f'{n} {getattr(changed, n)}, not {getattr(a, n)}' for n in names if getattr(changed, n) != getattr(a, n)
        )
    words = []
    if changed.rounding != a.rounding:
        words.append(f'rounding {changed.rounding}, not {a.rounding}')
    if (changed.overflow, changed.saturation_bits) != (a.overflow, a.saturation_bits):
        words.append(f'overflow {_overflow(changed)}, not {_overflow(a)}')
    if changed.signed != a.signed:
        words.append('unsigned, not signed' if a.signed else 'signed, not unsigned')
    if changed.integer != a.integer:
        one = ' (one off, as where the sign bit is counted or not)' if abs(changed.integer - a.integer) == 1 else ''
        words.append(f'integer {changed.integer}, not {a.integer}{one}')
    if changed.f != a.f:
        fault = 'too few' if changed.f < a.f else 'more than a has'
        words.append(f'{changed.f} fraction bits, not {a.f} ({fault})')
    return ' and '.join(words)


def _overflow(spec: Any) -> str:
    bits = f', {spec.saturation_bits} saturation bits' if spec.saturation_bits else ''
    return f'{spec.overflow} ({_DOES[spec.overflow]}{bits})'


def place(a: Spec, name: str) -> str:
    """A region of `a` by its name, and with its end."""
    end = {'rounded above the largest value': a.max, 'rounded below the smallest value': a.min}.get(name)
    return f'{name}, {number(end)}' if end is not None else name
