"""What there is to say of a spec, and of a configuration, in a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from .._checks.numbers import number
from ..cpp.types import DIALECTS, Dialect, convert
from ..formats import Format, Spec
from ..formats.per_channel import Formats, PerChannel, by_channel

COLUMNS = ('name', 'type', 'bits', 'step', 'smallest', 'largest')
DTYPES = ('float16', 'bfloat16', 'float32', 'float64')


def rows(specs: Mapping[str, Formats]) -> Iterator[list[str]]:
    """The table of a configuration, under `COLUMNS`; above the channels of a tensor is their joined type."""
    cells = cache(_cells)  # a large configuration has few different formats
    for name, formats in specs.items():
        if isinstance(formats, PerChannel):
            yield [name, *_joined(formats)]
        for label, spec in by_channel({name: formats}):
            yield [label, *cells(spec)]


def _cells(spec: Spec) -> list[str]:
    return [spec.label, str(spec.bits), number(spec.eps), number(spec.min), number(spec.max)]


def _joined(formats: PerChannel) -> list[str]:
    try:
        joined, *others = _cells(formats.joined)
    except ValueError:
        return [f'{formats}, no joined type', '', '', '', '']
    return [f'{formats}, joined {joined}', *others]


def facts(spec: Spec) -> Iterator[tuple[str, str]]:
    """Pairs of a property and its value."""
    yield 'spec', repr(spec)
    for dialect in DIALECTS:
        yield dialect, _said(spec, dialect)  # type: ignore[arg-type]
    yield 'bits', str(spec.bits)
    yield from spec.facts
    yield step(spec)
    yield 'smallest', number(spec.min)
    yield 'largest', number(spec.max)
    yield 'exact in', ', '.join(dtype for dtype in DTYPES if spec.fits(dtype)) or 'no float dtype'


def step(spec: Format) -> tuple[str, str]:
    """What the lowest step is called, and how high it is."""
    return ('step' if spec.spacing.uniform else 'smallest positive value'), number(spec.eps)


def _said(spec: Spec, dialect: Dialect) -> str:
    try:
        return convert(spec, dialect)
    except ValueError as error:
        return f'- ({error})'
