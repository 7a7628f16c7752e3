"""What a layer of a network computes, exactly: each operation says the format of its results, and computes them.

The first axis of every array is that of the samples. Channels come last.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .. import result_type
from ..formats import FixedQ
from .exact import Array, as_dtype, casting, dot, dtype_for, least

Weights = Mapping[str, Array]  # by their names in the layer, quantized
Compute = Callable[..., Array]
Shape = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
_FLOAT64 = FixedQ(53, 1)  # whose values it has, and float32 has not


class Operation(ABC):
    """What a layer does with the results of others. `weights` are the names of its constants."""

    weights: ClassVar[tuple[str, ...]] = ()
    accumulates: ClassVar[bool] = False  # whether a format of its accumulator has a meaning
    takes_format: ClassVar[bool] = True  # whether its result may have one, or has that of its input

    @property
    def tables(self) -> Mapping[str, FixedQ]:
        """The formats of its tables, by their names in the layer."""
        return {}

    def with_tables(self, formats: Mapping[str, FixedQ]) -> Operation:
        """The same operation with tables in these formats; where none is said, in that which hls4ml has."""
        return self

    @abstractmethod
    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """The format of the results, without rounding, and what computes them of as many arrays as there are inputs."""

    def floating(self, inputs: int, weights: Weights) -> Compute:
        """What computes the results of as many arrays in float64, without a format."""
        # of what has them as they are in any format
        return self.prepared([_FLOAT64] * inputs, weights, None)[1]

    def products(self, inputs: Sequence[Shape], result: Shape) -> int:
        """How many multiplications one sample takes, from the shapes of one."""
        return 0

    def places(self, result: Shape) -> int:
        """How many times one sample takes each constant."""
        return int(np.prod(result[:-1]))

    def additions(self, weights: Weights, result: Shape) -> int:
        """How many additions one sample takes, but those of 0."""
        return 0


class Linear(Operation):
    """Sums of products with `weight`, to which `bias` is added where there is one."""

    weights = ('weight', 'bias')
    accumulates = True

    def scaled(self, weights: Weights, scale: Array, shift: Array) -> Weights:
        """The weights of this operation and a multiplication and an addition for each output after it."""
        bias = weights.get('bias', np.zeros(len(scale)))
        return {'weight': weights['weight'] * self._by_output(scale), 'bias': bias * scale + shift}

    def additions(self, weights: Weights, result: Shape) -> int:
        """See `Operation`."""
        return _of_products(weights['weight'], weights.get('bias'), result)

    def _by_output(self, scale: Array) -> Array:
        """Numbers of each output, to broadcast with the weight."""
        return scale


@dataclass(frozen=True)
class Dense(Linear):
    """`x @ weight + bias` over the last axis."""

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        return dot(inputs[0], weights['weight'], weights.get('bias'), accumulator)

    def floating(self, inputs: int, weights: Weights) -> Compute:
        """See `Operation`."""
        return lambda a: a @ weights['weight'] + weights.get('bias', 0)

    def products(self, inputs: Sequence[Shape], result: Shape) -> int:
        """See `Operation`."""
        return int(np.prod(inputs[0])) * result[-1]


@dataclass(frozen=True)
class Scale(Operation):
    """`x * scale + bias` for each channel, as hls4ml computes a BatchNormalization."""

    weights = ('scale', 'bias')

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        scale, bias = weights['scale'], weights['bias']
        spec = result_type.dot(inputs[0], scale[None], bias)
        dtype = dtype_for(inputs[0], spec)
        factors, terms = as_dtype(scale, dtype), as_dtype(bias, dtype)
        return spec, lambda a: as_dtype(a, dtype) * factors + terms

    def floating(self, inputs: int, weights: Weights) -> Compute:
        """See `Operation`."""
        return lambda a: a * weights['scale'] + weights['bias']

    def products(self, inputs: Sequence[Shape], result: Shape) -> int:
        """See `Operation`."""
        return int(np.prod(result))

    def additions(self, weights: Weights, result: Shape) -> int:
        """See `Operation`."""
        return _of_products(weights['scale'], weights['bias'], result)


class Same(Operation):
    """What it is given: an input, a linear activation, a Dropout."""

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        return inputs[0], lambda a: a


class Relu(Operation):
    """The larger of `x` and 0."""

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        return inputs[0], lambda a: np.maximum(a, 0)


class Add(Operation):
    """The sum of two results."""

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        a, b = inputs
        spec = a + b
        dtype = dtype_for(a, b, spec)
        return spec, lambda x, y: as_dtype(x, dtype) + as_dtype(y, dtype)

    def floating(self, inputs: int, weights: Weights) -> Compute:
        """See `Operation`."""
        return np.add

    def additions(self, weights: Weights, result: Shape) -> int:
        """See `Operation`."""
        return int(np.prod(result))


class Concatenate(Operation):
    """Results side by side, along the last axis."""

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        spec = least(*inputs)
        casts = [casting(of, spec) for of in inputs]

        def compute(*arrays: Array) -> Array:
            return np.concatenate([cast(a) for cast, a in zip(casts, arrays, strict=True)], axis=-1)

        return spec, compute

    def floating(self, inputs: int, weights: Weights) -> Compute:
        """See `Operation`."""
        return lambda *arrays: np.concatenate(arrays, axis=-1)


def _of_products(weight: Array, bias: Array | None, result: Shape) -> int:
    """The additions of sums of products, one output an index of the last axis."""
    outputs = result[-1]
    products = np.count_nonzero(weight.reshape(-1, outputs), axis=0)
    biased = np.zeros(outputs, bool) if bias is None else bias != 0
    return int(np.prod(result[:-1]) * (products + biased - 1).clip(0).sum())
