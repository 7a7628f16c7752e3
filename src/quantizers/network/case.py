"""A layer that differs from a reference: what it takes, what it should give, and what it gives if it is another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..formats import FixedQ
from ..formats.per_channel import Formats
from .exact import Array, casting

if TYPE_CHECKING:
    from .graph import Layer
    from .quantized import QuantizedNetwork


@dataclass(frozen=True, eq=False)
class Case:
    """One layer of a network in formats, and what a reference has for it.

    Attributes:
        network: in its formats.
        name: of the layer.
        trace: what the network computes, of all layers.
        given: the inputs as they were given, by name.
        expected: the reference's results, of the shape of those in `trace`.
    """

    network: QuantizedNetwork
    name: str
    trace: Mapping[str, Array]
    given: Mapping[str, Array]
    expected: Array

    @property
    def layer(self) -> Layer:
        """Its operation and its trained weights."""
        return self.network.layers[self.name]

    @property
    def got(self) -> Array:
        """What the layer gives."""
        return self.trace[self.name]

    @property
    def different(self) -> Array:
        """The numbers of the samples in which it differs."""
        wrong: Array = np.flatnonzero((self.got != self.expected).reshape(len(self.got), -1).any(axis=1))
        return wrong

    @property
    def weights(self) -> dict[str, Array]:
        """Its weights in their formats, by the names in the layer."""
        return self.weights_of(self.name)

    def weights_of(self, name: str) -> dict[str, Array]:
        """Those of any layer."""
        return {tensor: self.network.weights[f'{name}.{tensor}'] for tensor in self.network.layers[name].weights}

    def spec(self, tensor: str) -> Formats | None:
        """The format that was asked for: of a weight, of `accum`, of `result`."""
        return self.network.specs.get(f'{self.name}.{tensor}')

    @property
    def accumulator(self) -> FixedQ | None:
        """The one that was asked for."""
        spec = self.spec('accum')
        return spec if isinstance(spec, FixedQ) else None

    def part(self, samples: Array) -> Case:
        """Of some samples alone."""
        trace = {name: array[samples] for name, array in self.trace.items()}
        given = {name: array[samples] for name, array in self.given.items()}
        return replace(self, trace=trace, given=given, expected=self.expected[samples])

    def sums(self, weights: Mapping[str, Array], accumulator: FixedQ | None) -> tuple[FixedQ | None, Array]:
        """The results before they are cast, and their format; an input's are as they were given, of none."""
        layer = self.layer
        if not layer.inputs:
            return None, self.given[self.name]
        before = [self.network.formats[name] for name in layer.inputs]
        exact, compute = layer.operation.prepared(before, weights, accumulator)
        return exact, compute(*(self.trace[name] for name in layer.inputs))

    def gives(self, weights: Mapping[str, Array], accumulator: FixedQ | None) -> bool:
        """Whether the layer gives the reference with these weights and this accumulator."""
        exact, sums = self.sums(weights, accumulator)
        spec = self.spec('result')
        if exact is not None and isinstance(spec, FixedQ):
            sums = casting(exact, spec)(sums)
        return bool(np.array_equal(sums.reshape(self.expected.shape), self.expected))
