"""Operations of PyTorch and ONNX: channels come right after the samples, and weights begin with their outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..formats import FixedQ
from .exact import Array
from .operations import Compute, Concatenate, Dense, Operation, Scale, Shape, Weights
from .windows import AveragePooling, Convolution, MaxPooling


class ChannelsFirst(Operation):
    """What the next class computes, of arrays whose channels are their second axis."""

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        # that of the next class
        spec, compute = super().prepared(inputs, self._turned(weights), accumulator)  # type: ignore[safe-super]
        return spec, _turning(compute)

    def floating(self, inputs: int, weights: Weights) -> Compute:
        """See `Operation`."""
        return _turning(super().floating(inputs, self._turned(weights)))

    def products(self, inputs: Sequence[Shape], result: Shape) -> int:
        """See `Operation`."""
        return super().products([_last(shape) for shape in inputs], _last(result))

    def places(self, result: Shape) -> int:
        """See `Operation`."""
        return super().places(_last(result))

    def additions(self, weights: Weights, result: Shape) -> int:
        """See `Operation`."""
        return super().additions(self._turned(weights), _last(result))

    def _turned(self, weights: Weights) -> Weights:
        """The weights with their outputs last."""
        return weights


@dataclass(frozen=True)
class TorchConvolution(ChannelsFirst, Convolution):
    """`torch.nn.Conv1d`, `Conv2d` and so on, of all channels together or of each alone."""

    def _turned(self, weights: Weights) -> Weights:
        places = (-2, -1) if self.depthwise else (-1, -2)
        return {**weights, 'weight': np.moveaxis(weights['weight'], (0, 1), places)}

    def _by_output(self, scale: Array) -> Array:
        return scale.reshape(-1, *(1,) * (1 + len(self.kernel)))


class TorchMaxPooling(ChannelsFirst, MaxPooling):
    """`torch.nn.MaxPool1d`, `MaxPool2d` and so on."""


class TorchAveragePooling(ChannelsFirst, AveragePooling):
    """Means of windows, of ONNX' `AveragePool` and so on."""


class TorchScale(ChannelsFirst, Scale):
    """`torch.nn.BatchNorm1d`, `BatchNorm2d` and so on, after training."""


class TorchConcatenate(ChannelsFirst, Concatenate):
    """`torch.cat` of channels."""


@dataclass(frozen=True)
class TorchDense(Dense):
    """`torch.nn.Linear`: sums over the last axis."""

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        return super().prepared(inputs, _transposed(weights), accumulator)

    def floating(self, inputs: int, weights: Weights) -> Compute:
        """See `Operation`."""
        return super().floating(inputs, _transposed(weights))

    def additions(self, weights: Weights, result: Shape) -> int:
        """See `Operation`."""
        return super().additions(_transposed(weights), result)

    def _by_output(self, scale: Array) -> Array:
        return scale[:, None]


def _turning(compute: Compute) -> Compute:
    """What computes the same of arrays whose channels come first."""

    def turned(*arrays: Array) -> Array:
        return np.moveaxis(compute(*(np.moveaxis(a, 1, -1) for a in arrays)), -1, 1)

    return turned


def _transposed(weights: Weights) -> Weights:
    return {**weights, 'weight': weights['weight'].T}


def _last(shape: Shape) -> Shape:
    return (*shape[1:], shape[0])
