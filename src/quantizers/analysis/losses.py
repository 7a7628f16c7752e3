"""What quantization did to a tensor, gathered chunk by chunk."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypedDict

from .._checks.numbers import Number
from .._maths.floats import Exact
from .._tables import Column
from ..backends.numpy.run import to_float
from ..formats import Format, Spec
from ..formats.per_channel import Formats, PerChannel


def _percent(share: float) -> str:
    return f'{100 * share:.2f} %'


def _range(ends: tuple[float, float]) -> str:
    low, high = ends
    return f'{low + 0.0:.6g} .. {high + 0.0:.6g}'  # no -0


TENSOR, TYPE = Column('tensor', 'tensor'), Column('type', 'type')
SATURATED = Column('saturated', 'saturated', _percent, right=True)
FLUSHED = Column('flushed', 'flushed to zero', _percent, right=True)
MAX_ERROR = Column('max_error', 'largest error', '{:.3g}'.format, right=True)
SQNR = Column('sqnr', 'SQNR / dB', '{:.1f}'.format, right=True)
COLUMNS = (TENSOR, TYPE, SQNR, MAX_ERROR, SATURATED, FLUSHED, Column('range', 'range used', _range))


class LossData(TypedDict):
    """What was lost of a tensor: shares from 0 to 1, the SQNR in dB; all null where it has no numbers."""

    tensor: str
    type: str
    sqnr: Number | None
    max_error: Number | None
    saturated: float | None
    flushed: float | None
    range: list[Number] | None


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

    def add_all(self, other: SquareSum) -> None:
        """Add what another one has."""
        small, large = sorted((self, other), key=lambda each: each.scale)
        share = (small.scale / large.scale) ** 2 if 0 < large.scale < math.inf else 0.0
        self.scale, self.sum = large.scale, large.sum + small.sum * share


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
        self._saturated += int(np.count_nonzero(saturated(by, x)))  # type: ignore[arg-type]  # no blocks
        self._flushed += int(np.count_nonzero(flushed(x, values)))
        self._low, self._high = min(self._low, float(values.min())), max(self._high, float(values.max()))

    def add_all(self, other: Statistics) -> None:
        """Count what another one of the same formats has counted."""
        self._count, self._saturated = self._count + other._count, self._saturated + other._saturated
        self._flushed += other._flushed
        self._low, self._high = min(self._low, other._low), max(self._high, other._high)
        self._signal.add_all(other._signal)
        self._noise.add_all(other._noise)

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

    def row(self, name: str) -> tuple[object, ...]:
        """The tensor's line in the table under `COLUMNS`; None where it has no numbers."""
        found: tuple[object, ...] = (None,) * 5
        if self._count:
            shares = self._saturated / self._count, self._flushed / self._count
            found = (self.sqnr, self._noise.scale, *shares, (self._low, self._high))
        return (name, type_of(self._formats), *found)


def type_of(formats: Formats) -> str:
    """The type, or, in a few words, those of the channels."""
    return str(formats) if isinstance(formats, PerChannel) else formats.label


def saturated(spec: Format, x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where the rounded value lies outside the range of the format, whatever the overflow mode then does."""
    low, high = to_float(spec.min), to_float(spec.max)
    found = np.asarray((x > high) | (x < low))  # between two values rounding ends there, too
    rounded = spec.spacing.rounded(x[found])
    found[found] = (rounded > high) | (rounded < low)
    return found


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
