"""What quantization did to a tensor, gathered chunk by chunk."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._maths.floats import Exact
from ..backends.numpy.run import to_float
from ..formats import Format, Spec
from ..formats.per_channel import Formats, PerChannel

COLUMNS = ('tensor', 'type', 'range used', 'saturated', 'flushed to zero', 'largest error', 'SQNR / dB')


class SquareSum:
    """A sum of squares of any magnitudes, and the largest of them: `scale^2 * sum`."""

    def __init__(self) -> None:
        self.scale, self.sum = 0.0, 0.0

    def add(self, magnitudes: NDArray[np.float64]) -> None:
        """Add the squares of an array that is not empty."""
        largest = float(magnitudes.max())
        if largest > self.scale:
            self.sum *= (self.scale / largest) ** 2
            self.scale = largest
        if 0 < self.scale < math.inf:
            self.sum += float(np.sum(np.square(magnitudes / self.scale)))


class Statistics:
    """What a format, or one for each channel, did to a tensor."""

    def __init__(self, formats: Formats) -> None:
        self._formats = formats
        self._count = self._saturated = self._flushed = 0
        self._low, self._high = math.inf, -math.inf
        self._signal, self._noise = SquareSum(), SquareSum()

    def add(self, x: NDArray[Any], q: NDArray[Any], spec: Spec | None = None) -> None:
        """Count a chunk, and what it became; of formats per channel by `spec`, that of the chunk."""
        by = self._formats if spec is None else spec
        assert not isinstance(by, PerChannel)
        x, values = x.astype(np.float64), q.astype(np.float64)
        with np.errstate(all='ignore'):
            self._noise.add(np.abs(x - values))
            self._signal.add(np.abs(x))
        self._count += x.size
        self._saturated += int(np.count_nonzero(saturated(by, x)))
        self._flushed += int(np.count_nonzero(flushed(x, values)))
        self._low, self._high = min(self._low, float(values.min())), max(self._high, float(values.max()))

    @property
    def count(self) -> int:
        """How many numbers there were."""
        return self._count

    @property
    def saturated(self) -> int:
        """How many the format saturates."""
        return self._saturated

    @property
    def flushed(self) -> int:
        """How many were not 0 and became 0."""
        return self._flushed

    @property
    def sqnr(self) -> float:
        """The signal-to-quantization-noise ratio in dB."""
        return sqnr(self._signal, self._noise)

    def row(self, name: str) -> list[str]:
        """The tensor's line in the table under `COLUMNS`."""
        cells = ['-'] * 5
        if self._count:
            cells = [
                f'{self._low + 0.0:.6g} .. {self._high + 0.0:.6g}',  # no -0
                f'{100 * self._saturated / self._count:.2f} %',
                f'{100 * self._flushed / self._count:.2f} %',
                f'{self._noise.scale:.3g}',
                f'{self.sqnr:.1f}',
            ]
        return [name, type_of(self._formats), *cells]


def type_of(formats: Formats) -> str:
    """The type, or, in a few words, those of the channels."""
    return str(formats) if isinstance(formats, PerChannel) else formats.label


def saturated(spec: Format, x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where the rounded value lies outside the range of the format, whatever the overflow mode then does."""
    rounded = spec.spacing.rounded(x)
    return np.asarray((rounded > to_float(spec.max)) | (rounded < to_float(spec.min)))


def beyond(spec: Format, x: Exact) -> bool:
    """The same of one exact number."""
    return not spec.min <= spec.spacing.rounded_exact(x) <= spec.max


def flushed(x: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a number that is not 0 became 0."""
    return np.asarray((x != 0) & (values == 0))


def sqnr(signal: SquareSum, noise: SquareSum) -> float:
    """The signal-to-quantization-noise ratio in dB, `10 log10(sum x^2 / sum error^2)`: inf where nothing was lost."""
    if noise.scale == 0:
        return math.inf
    if signal.scale == 0 or math.inf in (signal.scale, noise.scale):
        return -math.inf
    return 10 * math.log10(signal.sum / noise.sum) + 20 * (math.log10(signal.scale) - math.log10(noise.scale))
