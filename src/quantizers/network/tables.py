"""Functions that hardware looks up: tables as hls4ml 1.3.0 makes them, and reads them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ..formats import FixedQ
from .exact import Array, as_dtype, dtype_for, exactly
from .operations import Compute, Operation, Weights

TABLE = FixedQ(18, 8)  # where no format is said
SIZE = 1024
_WORD = 1 << 32  # of C's int


@dataclass(frozen=True)
class Lookup(Operation):
    """A function of which `SIZE` values over a range around 0 are in a table, whose numbers have a format.

    An input is cut towards 0 to a step of the table, and is its first or last one outside. Source: hls4ml's
    `nnet_activation.h`.
    """

    table: FixedQ = TABLE
    reach: ClassVar[int]  # the range is from -reach to reach

    @property
    def tables(self) -> Mapping[str, FixedQ]:
        """See `Operation`."""
        return {'table': self.table}

    def with_tables(self, formats: Mapping[str, FixedQ]) -> Operation:
        """See `Operation`."""
        return replace(self, table=formats.get('table', TABLE))

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        steps = SIZE // (2 * self.reach)  # of one
        at = (np.arange(SIZE) - SIZE / 2) / steps
        dtype = dtype_for(self.table)
        values = exactly(self.table, self._values(at)) if dtype == object else self.table(self._values(at))
        table = as_dtype(np.asarray(values), dtype)
        index = _in_words if inputs[0].i < 40 else _in_integers

        def compute(a: Array) -> Array:
            found: Array = table[np.clip(index(a, steps) + SIZE // 2, 0, SIZE - 1)]
            return found

        return self.table, compute

    @abstractmethod
    def _values(self, x: Array) -> Array:
        """The numbers before they have a format."""


class Sigmoid(Lookup):
    """`1 / (1 + exp(-x))`, which C++ computes in float32."""

    reach = 8

    def floating(self, inputs: int, weights: Weights) -> Compute:
        """See `Operation`."""

        def compute(a: Array) -> Array:
            with np.errstate(over='ignore'):  # where it is 0
                return np.asarray(1 / (1 + np.exp(-a)))

        return compute

    def _values(self, x: Array) -> Array:
        one_more = np.float32(1) + np.exp(-x).astype(np.float32)
        return (1 / one_more.astype(np.float64)).astype(np.float32)


class Tanh(Lookup):
    """The hyperbolic tangent."""

    reach = 4

    def floating(self, inputs: int, weights: Weights) -> Compute:
        """See `Operation`."""
        return np.tanh

    def _values(self, x: Array) -> Array:
        values: Array = np.tanh(x)
        return values


def _in_words(a: Array, steps: int) -> Array:
    """The number of a step, as C's int holds it."""
    cut = np.trunc(a.astype(np.float64) * steps).astype(np.int64)
    return (cut + _WORD // 2) % _WORD - _WORD // 2


def _in_integers(a: Array, steps: int) -> Array:
    cut = [(int(number * steps) + _WORD // 2) % _WORD - _WORD // 2 for number in a.ravel().tolist()]
    return np.array(cut, np.int64).reshape(a.shape)
