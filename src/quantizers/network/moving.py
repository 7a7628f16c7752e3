"""What gives numbers other places, and leaves each as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..formats import FixedQ
from .operations import Compute, Operation, Pairs, Weights


@dataclass(frozen=True)
class Reshape(Operation):
    """The same numbers in another shape, of one sample."""

    takes_format = False
    shape: tuple[int, ...]

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        return inputs[0], lambda a: a.reshape(len(a), *self.shape)


@dataclass(frozen=True)
class Transpose(Operation):
    """The same numbers with the axes in another order, that of the samples first."""

    takes_format = False
    order: tuple[int, ...]

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        return inputs[0], lambda a: a.transpose(self.order)


@dataclass(frozen=True)
class Pad(Operation):
    """Zeros before and after each axis of a sample."""

    takes_format = False
    padding: Pairs

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        return inputs[0], lambda a: np.pad(a, ((0, 0), *self.padding))
