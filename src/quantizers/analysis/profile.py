"""What the results of a network's layers are in floating point, and what formats would do to them."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._checks.shown import as_step, shown
from ..config import QuantizerConfig
from ..files.numbers import stored_numbers
from ..files.stored import StoredArray
from ..formats import FixedQ
from ..formats.per_channel import Formats
from ..network.asked import check_known, fixed
from ..network.profile import Profile, TensorProfile
from ..network.samples import samples_in
from .choose._statistics import Statistics
from .losses import Statistics as Losses
from .streams import is_array

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


def profile(
    network: Network, samples: Any, specs: Mapping[str, Formats | str] | None, max_size: int | None = None
) -> Profile:
    """See `Network.profile`."""
    wanted = [name for name, layer in network.layers.items() if layer.operation.takes_format]
    tensors = {name: _Tensor(spec) for name, spec in _formats(network, wanted, specs).items()}
    numbers = sum(math.prod(layer.shape) for layer in network.layers.values())
    count = 0
    for batch in _batches(network, samples, max(AT_ONCE // numbers, 1), max_size):
        trace = network.trace(batch)
        count += len(trace[wanted[0]])
        for name, tensor in tensors.items():
            if not np.isfinite(trace[name]).all():
                raise ValueError(f'{as_step(name)}.result: must be finite: there is NaN or Inf, as of such a weight')
            tensor.add(trace[name].reshape(-1))
    if not count:
        given = os.fspath(samples) if isinstance(samples, PathLike) else samples
        raise ValueError(f"'samples' must have a sample: {shown(given)}")
    return Profile(count, tuple(tensor.profile(f'{name}.result') for name, tensor in tensors.items()))


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


def _batches(network: Network, samples: Any, size: int, max_size: int | None) -> Iterator[Any]:
    """At most so many samples at once."""
    if isinstance(samples, str | PathLike):
        path, shapes = Path(samples), {name: network.layers[name].shape for name in network.inputs}
        with stored_numbers(path, max_size) as stored:
            arrays = samples_in(path, stored, shapes)
            rows = [_rows(array, shapes[name], size) for name, array in arrays.items()]
            for parts in zip(*rows, strict=True):
                yield dict(zip(arrays, parts, strict=True))
        return
    for batch in [samples] if isinstance(samples, Mapping) or is_array(samples) else samples:
        named = batch if isinstance(batch, Mapping) else {'samples': batch}
        for array in named.values():
            if not np.ndim(array):
                given = as_step(type(array).__name__)
                raise TypeError(f"'samples' must be arrays, batches of them, or a path: {given}")
        for at in range(0, max(map(len, named.values()), default=0), size):
            parts = {name: array[at : at + size] for name, array in named.items()}
            yield parts if isinstance(batch, Mapping) else parts['samples']


def _rows(stored: StoredArray, shape: tuple[int, ...], size: int) -> Iterator[NDArray[Any]]:
    """The samples of an array in a file, so many at once."""
    if stored.layout.fortran_order:
        whole = stored.whole().reshape(-1, *shape)
        yield from (whole[at : at + size] for at in range(0, len(whole), size))
        return
    each = math.prod(shape)
    rest = np.empty(0, stored.layout.dtype)
    for chunk in stored.chunks():
        rest = np.concatenate([rest, chunk])
        while len(rest) >= size * each:
            yield rest[: size * each].reshape(-1, *shape)
            rest = rest[size * each :]
    if rest.size:
        yield rest.reshape(-1, *shape)
