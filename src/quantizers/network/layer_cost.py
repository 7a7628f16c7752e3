"""What one layer of a network in formats costs."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import TypedDict

from ..formats import FixedQ
from ..formats.per_channel import Formats, PerChannel


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


def _label(formats: Formats) -> str:
    return str(formats) if isinstance(formats, PerChannel) else formats.label
