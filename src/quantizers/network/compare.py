"""Where two computations of one network part: layer by layer, in the order in which it is computed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from typing_extensions import TypedDict

from .._checks.numbers import Number
from .._checks.shown import as_step, listed
from .._tables import Column, Table, Tabular
from ..formats import FixedQ
from .exact import Array
from .graph import Layers

_COLUMNS = (
    Column('name', 'layer'),
    Column('type', 'result'),
    Column('results', 'results', '{:,}'.format, right=True),
    Column('different', 'different', '{:,}'.format, right=True),
    Column('steps', 'largest, in steps', '{:.3g}'.format, right=True),
    Column('sqnr', 'SQNR, dB', '{:.1f}'.format, right=True),
)


class LayerData(TypedDict):
    """What differs in one layer, as plain data; see `LayerDifference`."""

    name: str
    type: str
    results: int
    different: int
    steps: Number
    sqnr: Number
    index: list[int] | None
    got: float | None
    expected: float | None


class ComparisonData(TypedDict):
    """What differs in each layer, and the name of the first that does; null where none does."""

    first: str | None
    layers: list[LayerData]


@dataclass(frozen=True)
class LayerDifference:
    """What differs in one layer.

    Attributes:
        name: of the layer.
        spec: the format of its results.
        results: how many there are.
        different: how many of them are not those of the reference.
        index: where the first of these is, the sample first; None where there is none.
        got: the result there.
        expected: the reference's there.
        steps: the largest difference, in steps of the format.
        sqnr: the power of the reference `r` over that of the difference, `10 log10(sum r^2 / sum (r - q)^2)` in dB; inf
            where nothing differs.
    """

    name: str
    spec: FixedQ
    results: int
    different: int
    index: tuple[int, ...] | None
    got: float | None
    expected: float | None
    steps: float
    sqnr: float

    def to_dict(self) -> LayerData:
        """Plain data."""
        return {
            'name': self.name,
            'type': self.spec.label,
            'results': self.results,
            'different': self.different,
            'steps': self.steps,
            'sqnr': self.sqnr,
            'index': None if self.index is None else [*self.index],
            'got': self.got,
            'expected': self.expected,
        }

    def __str__(self) -> str:
        if self.index is None:
            return f'{self.name}: {self.results:,} results, no difference'
        where = ', '.join(map(str, self.index))
        return (
            f'{self.name}: {self.different:,} of {self.results:,} results differ, the first at [{where}]: '
            f'{self.got!r} instead of {self.expected!r}; at most {self.steps:.3g} steps of {self.spec.label}'
        )


@dataclass(frozen=True, repr=False)
class Comparison(Tabular):
    """What differs in each layer that the reference has, in the order in which the network is computed.

    It is true where something differs, as a whole.
    """

    layers: tuple[LayerDifference, ...]

    @property
    def first(self) -> LayerDifference | None:
        """The first layer with a difference, where it began; None where there is none."""
        return next((layer for layer in self.layers if layer.different), None)

    def table(self) -> Table:
        """See `Tabular`."""
        rows = [(of.name, of.spec.label, of.results, of.different, of.steps, of.sqnr) for of in self.layers]
        first = self.first
        count = sum(layer.results for layer in self.layers)
        return Table(_COLUMNS, rows, summary=f'{count:,} results, no difference' if first is None else str(first))

    def to_dict(self) -> ComparisonData:
        """The layers as plain data."""
        return {
            'first': None if self.first is None else self.first.name,
            'layers': [layer.to_dict() for layer in self.layers],
        }

    def __bool__(self) -> bool:
        return self.first is not None


def compared(layers: Layers, formats: Mapping[str, FixedQ], trace: Mapping[str, Array], reference: Any) -> Comparison:
    """Each layer of `trace` that the reference has, a mapping from names to arrays."""
    unknown = [name for name in reference if name not in layers]
    if unknown:
        raise ValueError(f"'reference' has results of what the network has not: {listed(unknown)}")
    if not len(reference):
        raise ValueError("'reference' must have the results of a layer: it is empty")
    return Comparison(tuple(_layers(layers, formats, trace, reference)))


def _layers(
    layers: Layers, formats: Mapping[str, FixedQ], trace: Mapping[str, Array], reference: Mapping[str, Any]
) -> Iterator[LayerDifference]:
    for name in layers:
        if name not in reference:
            continue
        got, expected = trace[name], np.asarray(reference[name])
        if expected.size != got.size or not got.size:
            rule = f"'reference' must have {got.size} results of {as_step(name)}, and one at least"
            raise ValueError(f'{rule}: {expected.size}')
        expected = expected.reshape(got.shape)
        equal = got == expected
        error = np.where(equal, 0, got - expected)
        different = np.flatnonzero(~equal.ravel())
        index = np.unravel_index(different[0], got.shape) if different.size else None
        at = None if index is None else tuple(int(n) for n in index)
        largest = _floats(np.abs(error)).max() / float(formats[name].eps)
        first, wanted = (None, None) if at is None else (float(got[at]), float(expected[at]))
        sqnr = _sqnr(_floats(expected), _floats(error))
        spec, count = formats[name], different.size
        yield LayerDifference(name, spec, got.size, count, at, first, wanted, float(largest), sqnr)


def _floats(x: Array) -> Array:
    return x.astype(np.float64)


def _sqnr(signal: Array, error: Array) -> float:
    power, noise = float(np.square(signal).sum()), float(np.square(error).sum())
    if not noise:
        return math.inf
    return 10 * math.log10(power / noise) if power else -math.inf
