"""What there is to say of a format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from typing_extensions import TypedDict

from .._checks.numbers import Number, nearest_float, number
from .._tables import Column, Table
from ..cpp.types import DIALECTS, Dialect, convert
from ..formats import Format, Spec

DTYPES = ('float16', 'bfloat16', 'float32', 'float64')


def facts(spec: Spec) -> Iterator[tuple[str, str]]:
    """Pairs of a property and its value."""
    yield 'spec', repr(spec)
    for dialect in DIALECTS:
        yield dialect, _said(spec, dialect)
    yield 'bits', str(spec.bits)
    yield from spec.facts
    yield step(spec)
    yield 'smallest', number(spec.min)
    yield 'largest', number(spec.max)
    yield 'exact in', ', '.join(_exact_in(spec)) or 'no float dtype'


class FormatData(TypedDict):
    """A format as plain data: its configuration, as Python says it, its name in each dialect or null where it has none.

    Numbers are rounded to float64.
    """

    spec: dict[str, Any]
    python: str
    types: dict[str, str | None]
    bits: int
    step: Number
    smallest: Number
    largest: Number
    exact_in: list[str]


def data(spec: Spec) -> FormatData:
    """The same as plain data, as `quantizers describe --json` writes it."""
    return {
        'spec': spec.get_config(),
        'python': repr(spec),
        'types': {dialect: _in_dialect(spec, dialect) for dialect in DIALECTS},
        'bits': spec.bits,
        'step': nearest_float(spec.eps),
        'smallest': nearest_float(spec.min),
        'largest': nearest_float(spec.max),
        'exact_in': _exact_in(spec),
    }


def table(spec: Spec) -> Table:
    """The facts as a table."""
    return Table((Column('property', 'property'), Column('value', 'value')), [*facts(spec)])


def step(spec: Format) -> tuple[str, str]:
    """What the lowest step is called, and how high it is."""
    return ('step' if spec.spacing.uniform else 'smallest positive value'), number(spec.eps)


def _exact_in(spec: Spec) -> list[str]:
    return [dtype for dtype in DTYPES if spec.fits(dtype)]


def _said(spec: Spec, dialect: Dialect) -> str:
    try:
        return convert(spec, dialect)
    except ValueError as error:
        return f'- ({error})'


def _in_dialect(spec: Spec, dialect: Dialect) -> str | None:
    try:
        return convert(spec, dialect)
    except ValueError:
        return None
