"""What a network in formats costs, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from typing_extensions import TypedDict

from .._tables import Column, Table, Tabular
from ..formats import FixedQ
from ..formats.per_channel import Formats, PerChannel
from .cost import adder_bits, ebops, memory_bits, multiplications
from .exact import Array
from .graph import Layers


def _counted(count: int) -> str:
    return f'{count:,}' if count else ''


_COLUMNS = (
    Column('name', 'layer'),
    Column('result', 'result'),
    Column('ebops', 'EBOPs', _counted, right=True),
    Column('ebops_with_adders', 'with adders', _counted, right=True),
    Column('multiplications', 'multiplications', _counted, right=True),
    Column('memory', 'memory, bits', _counted, right=True),
    Column('zeros', 'weights that are 0', '{:.1%}'.format, right=True),
    Column('weight', 'weight'),
    Column('accumulator', 'accumulator'),
    Column('bits', 'bits', right=True),
    Column('kind', 'kind'),
)


class CostData(TypedDict):
    """What a layer costs, as plain data; see `LayerCost`."""

    name: str
    kind: str
    result: str
    bits: int
    weight: str | None
    accumulator: str | None
    multiplications: int
    ebops: int
    ebops_with_adders: int
    zeros: float | None
    memory: int


class TotalData(TypedDict):
    """What all layers cost together; the share of weights that are 0 is null where there are none."""

    multiplications: int
    ebops: int
    ebops_with_adders: int
    weights: int
    zeros: float | None
    memory: int


class ReportData(TypedDict):
    """What a network costs, as plain data: each layer, and all."""

    layers: list[CostData]
    total: TotalData


@dataclass(frozen=True)
class LayerCost:
    """What one layer costs, for one sample.

    Attributes:
        name: of the layer.
        kind: what the source calls it.
        result: the format of its results.
        weight: the format of the constants that it multiplies by; None where there are none.
        accumulator: the format of its sums of products; None where there are none.
        multiplications: how many, but those by a weight that is 0.
        ebops: effective bit operations without adders, the sum over the multiplications of `b_x * b_w`: the bits of the
            number without its sign, times the bits of the weight from its highest to its lowest 1 (arXiv 2405.00645).
        adders: the bits of all adders, of each those of its sum (arXiv 1804.10969).
        weights: how many constants the layer has, biases too.
        zeros: how many of them are 0.
        memory: the bits of all of them in their formats.
    """

    name: str
    kind: str
    result: FixedQ
    weight: Formats | None
    accumulator: FixedQ | None
    multiplications: int
    ebops: int
    adders: int
    weights: int
    zeros: int
    memory: int

    @property
    def ebops_with_adders(self) -> int:
        """Effective bit operations, those of adders too."""
        return self.ebops + self.adders

    def to_dict(self) -> CostData:
        """Plain data, formats as types, and the share of weights that are 0."""
        return {
            'name': self.name,
            'kind': self.kind,
            'result': self.result.label,
            'bits': self.result.bits,
            'weight': None if self.weight is None else _label(self.weight),
            'accumulator': None if self.accumulator is None else self.accumulator.label,
            'multiplications': self.multiplications,
            'ebops': self.ebops,
            'ebops_with_adders': self.ebops_with_adders,
            'zeros': self.zeros / self.weights if self.weights else None,
            'memory': self.memory,
        }


@dataclass(frozen=True, repr=False)
class NetworkReport(Tabular):
    """What the layers of a network cost for one sample, in the order in which they are computed."""

    layers: tuple[LayerCost, ...]

    @property
    def multiplications(self) -> int:
        """Of all layers, but those by a weight that is 0."""
        return sum(layer.multiplications for layer in self.layers)

    @property
    def ebops(self) -> int:
        """Of all layers, without adders."""
        return sum(layer.ebops for layer in self.layers)

    @property
    def ebops_with_adders(self) -> int:
        """Of all layers, those of adders too."""
        return sum(layer.ebops_with_adders for layer in self.layers)

    @property
    def memory(self) -> int:
        """The bits of all weights."""
        return sum(layer.memory for layer in self.layers)

    def table(self) -> Table:
        """See `Tabular`."""
        data = [layer.to_dict() for layer in self.layers]
        rows = [[row[column.key] for column in _COLUMNS] for row in data]  # type: ignore[literal-required]
        return Table(_COLUMNS, rows, summary=self._summary())

    def to_dict(self) -> ReportData:
        """Each layer, and all together, as plain data."""
        weights, zeros = (sum(getattr(layer, key) for layer in self.layers) for key in ('weights', 'zeros'))
        return {
            'layers': [layer.to_dict() for layer in self.layers],
            'total': {
                'multiplications': self.multiplications,
                'ebops': self.ebops,
                'ebops_with_adders': self.ebops_with_adders,
                'weights': weights,
                'zeros': zeros / weights if weights else None,
                'memory': self.memory,
            },
        }

    def _summary(self) -> str:
        total = self.to_dict()['total']
        zeros = '' if total['zeros'] is None else f', {total["zeros"]:.1%} of {total["weights"]:,} weights are 0'
        return (
            f'EBOPs: {self.ebops:,}, with adders {self.ebops_with_adders:,}; {self.multiplications:,} multiplications; '
            f'{self.memory:,} bits of weights{zeros}'
        )


def reported(
    layers: Layers,
    formats: Mapping[str, FixedQ],
    exact: Mapping[str, FixedQ],
    weights: Mapping[str, Array],
    specs: Mapping[str, Formats],
) -> NetworkReport:
    """What layers cost, from the formats of their results, of their sums, and of all tensors."""
    return NetworkReport(tuple(_costs(layers, formats, exact, weights, specs)))


def _costs(
    layers: Layers,
    formats: Mapping[str, FixedQ],
    exact: Mapping[str, FixedQ],
    weights: Mapping[str, Array],
    specs: Mapping[str, Formats],
) -> Iterator[LayerCost]:
    for name, layer in layers.items():
        own = {f'{name}.{tensor}': weights[f'{name}.{tensor}'] for tensor in layer.weights}
        given = formats[layer.inputs[0]] if layer.inputs else formats[name]
        yield LayerCost(
            name,
            layer.kind,
            formats[name],
            specs[next(iter(own))] if own else None,
            exact[name] if layer.operation.accumulates else None,
            multiplications(layer, weights),
            ebops(layer, given, weights),
            adder_bits(layer, exact[name], weights) if layer.inputs else 0,
            sum(array.size for array in own.values()),
            sum(int((array == 0).sum()) for array in own.values()),
            sum(memory_bits(specs[tensor], array) for tensor, array in own.items()),
        )


def _label(formats: Formats) -> str:
    return str(formats) if isinstance(formats, PerChannel) else formats.label
