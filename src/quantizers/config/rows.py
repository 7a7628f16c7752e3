"""A configuration as rows, and as one writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice

from typing_extensions import TypedDict

from .._checks.numbers import Number, nearest_float, number
from .._maths.floats import Exact
from .._tables import MOST, Column, Table
from ..formats import BlockQ, Format, Spec
from ..formats.per_channel import Formats, PerChannel, by_channel

FEW = 4  # channels that are written out

COLUMNS = (
    Column('name', 'name'),
    Column('type', 'type'),
    Column('bits', 'bits', right=True),
    Column('step', 'step', number, right=True),
    Column('smallest', 'smallest', number, right=True),
    Column('largest', 'largest', number, right=True),
)

_Cells = tuple[str, int | None, Exact | None, Exact | None, Exact | None]
_Row = tuple[str, str, int | None, Exact | None, Exact | None, Exact | None]


class RowData(TypedDict):
    """A name and its format; of formats per channel there is a row for all, and then one a channel.

    Numbers are rounded to float64, and null where channels have no joined type.
    """

    name: str
    type: str
    bits: int | None
    step: Number | None
    smallest: Number | None
    largest: Number | None


class ConfigData(TypedDict):
    """A configuration as rows."""

    description: str | None
    formats: list[RowData]


def table(specs: Mapping[str, Formats], title: str = '') -> Table:
    """A row a name; above the rows of a tensor's channels is their joined type."""
    return Table(COLUMNS, [*_rows(specs)], title)


def data(specs: Mapping[str, Formats], description: str | None) -> ConfigData:
    """The table as plain data, as `quantizers describe --json` writes it."""
    return {'description': description, 'formats': [*map(_data, _rows(specs))]}


def written(specs: Mapping[str, Formats], others: Mapping[str, object]) -> str:
    """A configuration as one writes it, a line for each of the first 20 names; many channels are summed up."""
    lines = [f'{name!r}: {_short(formats)},' for name, formats in islice(specs.items(), MOST)]
    if len(specs) > MOST:
        lines.append(f'# and {len(specs) - MOST:,} more')
    inner = ''.join(lines).rstrip(',') if len(lines) < 2 else ''.join(f'\n    {line}' for line in lines) + '\n'
    said = ''.join(f', {key}={value!r}' for key, value in others.items() if value is not None)
    return f'QuantizerConfig({{{inner}}}{said})'


def _short(formats: Formats) -> str:
    few = not isinstance(formats, PerChannel) or len(formats.specs) <= FEW
    return repr(formats) if few else f'<{formats}>'


def _data(row: _Row) -> RowData:
    name, type_, bits, *numbers = row
    step, smallest, largest = (None if value is None else nearest_float(value) for value in numbers)
    return {'name': name, 'type': type_, 'bits': bits, 'step': step, 'smallest': smallest, 'largest': largest}


def _rows(specs: Mapping[str, Formats]) -> Iterator[_Row]:
    cells = cache(_cells)  # a large configuration has few different formats
    for name, formats in specs.items():
        if isinstance(formats, PerChannel):
            yield (name, *_joined(formats))
        for label, spec in by_channel({name: formats}):
            yield (label, *cells(spec))


def _cells(spec: Spec | BlockQ) -> _Cells:
    if not isinstance(spec, Format):
        return spec.label, None, None, None, None
    return spec.label, spec.bits, spec.eps, spec.min, spec.max


def _joined(formats: PerChannel) -> _Cells:
    try:
        joined, bits, eps, low, high = _cells(formats.joined)
    except ValueError:
        return f'axis {formats.axis}, no joined type', None, None, None, None
    return f'axis {formats.axis}, joined {joined}', bits, eps, low, high
