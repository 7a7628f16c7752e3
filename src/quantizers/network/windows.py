"""What looks through windows: convolutions and pooling, over any number of axes between samples and channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..formats import FixedQ
from .exact import Array, as_dtype, dot, dtype_for, least
from .operations import Compute, Operation, Pairs, Shape, Weights


@dataclass(frozen=True)
class Convolution(Operation):
    """A sum of products over windows of any number of axes; `depthwise` is of each channel alone.

    `padding` are the zeros before and after each axis.
    """

    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: Pairs
    kernel: tuple[int, ...]
    depthwise: bool = False
    weights = ('weight', 'bias')
    accumulates = True

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        (x,), weight, bias = inputs, weights['weight'], weights.get('bias')
        axes = len(self.kernel)
        if not self.depthwise:
            spec, compute = dot(x, weight.reshape(-1, weight.shape[-1]), bias, accumulator)
            return spec, lambda a: compute(self._windows(a).reshape(*self._places(a), -1))
        channels = weight.shape[axes]
        columns = weight.reshape(-1, channels, 1)
        each = [dot(x, columns[:, c], None if bias is None else bias[c : c + 1], accumulator) for c in range(channels)]
        spec = least(*(of for of, _ in each))

        def of_channels(a: Array) -> Array:
            windows = self._windows(a)
            taken = (windows[..., c].reshape(*self._places(a), -1) for c in range(channels))
            parts = [compute(terms) for terms, (_, compute) in zip(taken, each, strict=True)]
            return np.concatenate([as_dtype(part, dtype_for(spec)) for part in parts], axis=-1)

        return spec, of_channels

    def products(self, inputs: Sequence[Shape], result: Shape) -> int:
        """See `Operation`."""
        return int(np.prod(result) * np.prod(self.kernel)) * (1 if self.depthwise else inputs[0][-1])

    def _places(self, a: Array) -> tuple[int, ...]:
        return self._windows(a).shape[: 1 + len(self.kernel)]

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
class MaxPooling(Operation):
    """The largest of each window; `keep` says whether axes of one window are left as axes of 1."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    keep: bool = True

    def prepared(
        self, inputs: Sequence[FixedQ], weights: Weights, accumulator: FixedQ | None
    ) -> tuple[FixedQ, Compute]:
        """See `Operation`."""
        axes = len(self.kernel)

        def compute(a: Array) -> Array:
            windows = windows_of(a, self.kernel, self.strides, (1,) * axes, ((0, 0),) * axes)
            largest: Array = windows.max(axis=tuple(range(1 + axes, 1 + 2 * axes)))
            return largest if self.keep else largest.reshape(len(a), -1)

        return inputs[0], compute
