"""What looks through windows: convolutions and pooling, over any number of axes between samples and channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..formats import FixedQ
from .exact import Array, as_dtype, cut_quotient, dot, dtype_for, least, terms_of
from .operations import Compute, Linear, Operation, Pairs, Shape, Weights


@dataclass(frozen=True)
class Convolution(Linear):
    """A sum of products over windows of any number of axes; `depthwise` is of each channel alone.

    `padding` are the zeros before and after each axis.
    """

    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: Pairs
    kernel: tuple[int, ...]
    depthwise: bool = False

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        (x,), weight, bias = inputs, weights['weight'], weights.get('bias')
        if not self.depthwise:
            spec, compute = dot(x, weight.reshape(-1, weight.shape[-1]), bias, accumulator)
            return spec, lambda a: compute(self._terms(self._windows(a)))
        channels = weight.shape[-2]
        columns = weight.reshape(-1, channels, 1)
        each = [dot(x, columns[:, c], None if bias is None else bias[c : c + 1], accumulator) for c in range(channels)]
        spec = least(*(of for of, _ in each))
        dtype = dtype_for(spec)

        def of_channels(a: Array) -> Array:
            windows = self._windows(a)
            parts = [compute(self._terms(windows[..., c])) for c, (_, compute) in enumerate(each)]
            return np.concatenate([as_dtype(part, dtype) for part in parts], axis=-1)

        return spec, of_channels

    def floating(self, inputs: int, weights: Weights) -> Compute:
        """See `Operation`."""
        weight, bias = weights['weight'], weights.get('bias', 0)
        axes = len(self.kernel)
        if not self.depthwise:
            return lambda a: np.tensordot(self._windows(a), weight, axes=1 + axes) + bias
        places = tuple(range(-1 - axes, -1))  # of a window
        return lambda a: (self._windows(a) * weight[..., 0]).sum(axis=places) + bias

    def _by_output(self, scale: Array) -> Array:
        return scale[:, None] if self.depthwise else scale

    def products(self, inputs: Sequence[Shape], result: Shape) -> int:
        """See `Operation`."""
        return int(np.prod(result) * np.prod(self.kernel)) * (1 if self.depthwise else inputs[0][-1])

    def _terms(self, windows: Array) -> Array:
        """The terms of each sum along the last axis."""
        return windows.reshape(*windows.shape[: 1 + len(self.kernel)], -1)

    def _windows(self, a: Array) -> Array:
        """The samples, the places of windows, the places in a window, the channels."""
        return windows_of(a, self.kernel, self.strides, self.dilation, self.padding)


def windows_of(
    a: Array, kernel: tuple[int, ...], strides: tuple[int, ...], dilation: tuple[int, ...], padding: Pairs
) -> Array:
    """Windows over the axes between samples and channels: `(samples, *places, *kernel, channels)`."""
    if any(map(any, padding)):
        a = np.pad(a, ((0, 0), *padding, (0, 0)))
    axes = tuple(range(1, 1 + len(kernel)))
    spans = tuple((size - 1) * step + 1 for size, step in zip(kernel, dilation, strict=True))
    views = np.lib.stride_tricks.sliding_window_view(a, spans, axes)
    every = (slice(None), *(slice(None, None, step) for step in strides), slice(None))
    views = views[every + tuple(slice(None, None, step) for step in dilation)]
    return np.moveaxis(views, 1 + len(kernel), -1)


@dataclass(frozen=True)
class Pooling(Operation):
    """What becomes of each window of a channel; `keep` says whether axes of one window are left as axes of 1."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    keep: bool = True

    def _each(self, reduce: Compute) -> Compute:
        """What computes the results, by what makes one number of the last axis but one."""
        axes = len(self.kernel)

        def compute(a: Array) -> Array:
            windows = windows_of(a, self.kernel, self.strides, (1,) * axes, ((0, 0),) * axes)
            result = reduce(windows.reshape(*windows.shape[: 1 + axes], -1, windows.shape[-1]))
            return result if self.keep else result.reshape(len(a), -1)

        return compute


class MaxPooling(Pooling):
    """The largest of each window."""

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        return inputs[0], self._each(lambda windows: windows.max(axis=-2))

    def floating(self, inputs: int, weights: Weights) -> Compute:
        """See `Operation`."""
        return self._each(lambda windows: windows.max(axis=-2))


class AveragePooling(Pooling):
    """The mean of each window, as C++ has it: the sum, divided, and cut towards 0 at the step of the accumulator."""

    accumulates = True

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        n = int(np.prod(self.kernel))
        spec, summed = terms_of(inputs[0], n, accumulator)
        return spec, self._each(lambda windows: cut_quotient(summed(windows), n, spec))

    def floating(self, inputs: int, weights: Weights) -> Compute:
        """See `Operation`."""
        return self._each(lambda windows: windows.mean(axis=-2))

    def additions(self, weights: Weights, result: Shape) -> int:
        """See `Operation`."""
        return int(np.prod(result)) * (int(np.prod(self.kernel)) - 1)
