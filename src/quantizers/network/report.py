"""What a network in formats costs, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from typing_extensions import TypedDict

from .._tables import Column, Table, Tabular
from ..formats import FixedQ
from ..formats.conveniences import network_page
from ..formats.per_channel import Formats
from .cost import adder_bits, ebops, memory_bits, multiplications
from .exact import Array
from .graph import Layers
from .layer_cost import CostData
from .layer_cost import LayerCost as LayerCost
from .profile import Profile


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

    def to_html(self, profile: Profile | None = None) -> str:
        """A page of HTML that needs no other file and no network: what each layer costs, and what its results hold.

        Args:
            profile: of the same network, `Network.profile`, of which the page has a picture a tensor: how many numbers
                have their highest bit at each power of two, and the bits of their format.
        """
        return network_page(self, profile)

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
