"""What the results of a network's layers are in floating point, and what formats would do to them."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._checks.shown import as_step, shown
from ..config import QuantizerConfig
from ..files.stored import CHUNK
from ..formats import FixedQ
from ..formats.per_channel import Formats
from ..network.asked import check_known, fixed
from ..network.given import checked
from ..network.graph import floating
from ..network.profile import Profile, TensorProfile
from .batches import Batch, Samples, batches, blocks_counted, of_dask, rows_of, size_of
from .choose._statistics import Statistics
from .losses import Statistics as Losses
from .streams import with_bar

if TYPE_CHECKING:
    from ..network import Network

# numbers of all layers that are in memory at once
AT_ONCE = 1 << 20


class _Tensor:
    """What of a tensor is counted, batch by batch."""

    def __init__(self, spec: FixedQ | None) -> None:
        self.spec = spec
        self.statistics = Statistics(1, 'TRN', 1, complete=False)
        self.losses = None if spec is None else Losses(spec)

    def add(self, x: NDArray[np.float64]) -> None:
        self.statistics.add(x, np.zeros(0, np.intp))
        if self.losses is not None and self.spec is not None:
            self.losses.add(x, self.spec(x))

    def add_all(self, other: _Tensor) -> None:
        self.statistics.add_all(other.statistics)
        if self.losses is not None and other.losses is not None:
            self.losses.add_all(other.losses)

    def profile(self, name: str) -> TensorProfile:
        of, losses = self.statistics, self.losses
        count = int(of.total[0])
        signs = of.tables['count'][0]
        present = signs.sum(axis=1)
        histogram = {of.first + n - 1: int(present[n]) for n in np.flatnonzero(present).tolist()}
        zeros = count - sum(histogram.values())
        low, high = self._end(negative=True), self._end(negative=False)
        if low is None:
            low = 0.0 if zeros else self._end(negative=False, least=True)
        if high is None:
            high = 0.0 if zeros else self._end(negative=True, least=True)
        assert low is not None  # as there are numbers
        assert high is not None
        found = (None,) * 3 if losses is None else (losses.saturated, losses.flushed, losses.sqnr)
        return TensorProfile(name, count, low, high, zeros, histogram, self.spec, *found)

    def _end(self, *, negative: bool, least: bool = False) -> float | None:
        """The number of a sign with the largest magnitude, or the least; None where there is none."""
        of = self.statistics
        binades = np.flatnonzero(of.tables['count'][0, :, int(negative)])
        if not binades.size:
            return None
        binade = binades[0 if least else -1]
        mantissa = of.tables['smallest' if least else 'largest'][0, binade, int(negative)]
        return math.ldexp(-mantissa if negative else mantissa, int(of.first + binade))


class Counted:
    """What was counted of all tensors, by the names of their layers, and of how many samples."""

    def __init__(self, network: Network, formats: Mapping[str, FixedQ | None]) -> None:
        self._network = network
        self.tensors = {name: _Tensor(spec) for name, spec in formats.items()}
        self.samples = 0

    def add(self, batch: Batch) -> None:
        """Compute and count samples. Raises ValueError for results that are no numbers."""
        given = checked(self._network.layers, batch)
        for name, result in floating(self._network.layers, given):
            if name not in self.tensors:
                continue
            if not np.isfinite(result).all():
                raise ValueError(f'{as_step(name)}.result: must be finite: there is NaN or Inf, as of such a weight')
            flat = result.reshape(-1)
            for at in range(0, flat.size, CHUNK):
                self.tensors[name].add(flat[at : at + CHUNK])
        self.samples += len(next(iter(given.values())))

    def add_all(self, other: Counted) -> None:
        """Count what another one has counted of the same network."""
        self.samples += other.samples
        for name, tensor in self.tensors.items():
            tensor.add_all(other.tensors[name])


def profile(
    network: Network,
    samples: Samples,
    specs: Mapping[str, Formats | str] | None,
    max_size: int | None = None,
    *,
    progress: bool = False,
) -> Profile:
    """See `Network.profile`."""
    wanted = [name for name, layer in network.layers.items() if layer.operation.takes_format]
    formats = _formats(network, wanted, specs)
    numbers = sum(math.prod(layer.shape) for layer in network.layers.values())
    size = max(AT_ONCE // numbers, 1)
    if of_dask(samples):
        counted = blocks_counted(samples, partial(_counted, network, formats, size=size), progress=progress)
    else:
        counted = _counted(network, formats, samples, size=size, max_size=max_size, progress=progress)
    if not counted.samples:
        given = os.fspath(samples) if isinstance(samples, PathLike) else samples
        raise ValueError(f"'samples' must have a sample: {shown(given)}")
    return Profile(counted.samples, tuple(tensor.profile(f'{name}.result') for name, tensor in counted.tensors.items()))


def _counted(
    network: Network,
    formats: Mapping[str, FixedQ | None],
    samples: Samples,
    *,
    size: int,
    max_size: int | None = None,
    progress: bool = False,
) -> Counted:
    counted = Counted(network, formats)
    found = batches(network, samples, size, max_size)
    for batch in with_bar(found, size_of(samples), rows_of) if progress else found:
        counted.add(batch)
    return counted


def _formats(
    network: Network, names: Iterable[str], specs: Mapping[str, Formats | str] | None
) -> dict[str, FixedQ | None]:
    """Those of the results of layers; of those that the network came with, the ones that a result here can have."""
    if specs is None:
        own = {name: network.specs.get(f'{name}.result') for name in names}
        return {name: spec if isinstance(spec, FixedQ) else None for name, spec in own.items()}
    config = specs if isinstance(specs, QuantizerConfig) else QuantizerConfig(specs)
    check_known(network.layers, config)
    return {name: fixed(f'{name}.result', config) for name in names}
