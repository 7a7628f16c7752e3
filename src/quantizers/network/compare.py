"""Where two computations of one network part: layer by layer, in the order in which it is computed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import TypedDict

from .._checks.numbers import Number
from .._checks.shown import as_step, listed
from .._tables import Column, Table, Tabular
from ..formats import FixedQ
from ..formats.conveniences import layer_causes
from .case import Case
from .exact import Array
from .graph import Layers

if TYPE_CHECKING:
    from .quantized import QuantizedNetwork

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
    """What differs in each layer, the name of the first that does, null where none does, and why it does."""

    first: str | None
    causes: list[str]
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
    case: Case | None = field(default=None, compare=False)

    @property
    def first(self) -> LayerDifference | None:
        """The first layer with a difference, where it began; None where there is none."""
        return next((layer for layer in self.layers if layer.different), None)

    @cached_property
    def causes(self) -> tuple[str, ...]:
        """Why the first layer differs: sentences, at most three, each of which explains all its results.

        They are the smallest changes of that layer alone: another rounding, overflow, sign, integer or fraction bit of
        its result, of a weight or of its accumulator; a weight that is not there, not quantized, of the other sign or
        of another layer, or one number of it; another layer in its place, or none. In them a is the format here, and b
        the reference. Where nothing of that explains it they say where in the format
        the results lie, such as above its largest value. Empty where nothing differs. They are searched for once, when
        they are asked for.
        """
        return () if self.case is None else layer_causes(self.case)

    def table(self) -> Table:
        """See `Tabular`."""
        rows = [(of.name, of.spec.label, of.results, of.different, of.steps, of.sqnr) for of in self.layers]
        first = self.first
        count = sum(layer.results for layer in self.layers)
        if first is None:
            return Table(_COLUMNS, rows, summary=f'{count:,} results, no difference')
        return Table(_COLUMNS, rows, summary='\n'.join([str(first), *(f'  {cause}' for cause in self.causes)]))

    def to_dict(self) -> ComparisonData:
        """The layers as plain data."""
        return {
            'first': None if self.first is None else self.first.name,
            'causes': [*self.causes],
            'layers': [layer.to_dict() for layer in self.layers],
        }

    def __bool__(self) -> bool:
        return self.first is not None


def compared(network: QuantizedNetwork, given: Mapping[str, Array], reference: Mapping[str, Any]) -> Comparison:
    """Each layer that the reference has, a mapping from names to arrays, for inputs as they were given."""
    unknown = [name for name in reference if name not in network.layers]
    if unknown:
        raise ValueError(f"'reference' has results of what the network has not: {listed(unknown)}")
    if not len(reference):
        raise ValueError("'reference' must have the results of a layer: it is empty")
    trace = network.trace(given)
    layers = tuple(_layers(network.layers, network.formats, trace, reference))
    first = next((layer.name for layer in layers if layer.different), None)
    if first is None:
        return Comparison(layers)
    expected = np.asarray(reference[first]).reshape(trace[first].shape)
    return Comparison(layers, Case(network, first, trace, given, expected))


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
