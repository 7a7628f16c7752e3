"""Samples of a network, a few at once, from wherever they are; of dask arrays block by block, each where it lies."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._checks.shown import as_step
from ..files.numbers import stored_numbers
from ..files.stored import StoredArray
from ..network.samples import samples_in
from .streams import is_array

if TYPE_CHECKING:
    from ..network import Network
    from .profile import Counted

Samples: TypeAlias = Any  # an array, a mapping from names to arrays, an iterable of either, or a path
Batch: TypeAlias = Any  # one of the first two
_MERGED = 8  # that are added up at once


def of_dask(samples: Samples) -> bool:
    """Whether samples are a dask array, or a mapping from names to such."""
    arrays = [*samples.values()] if isinstance(samples, Mapping) else [samples]
    return bool(arrays) and all(type(array).__module__.startswith('dask.array') for array in arrays)


def blocks_counted(samples: Samples, count: Callable[[Batch], Counted], *, progress: bool) -> Counted:
    """What is counted of each block by `count`, as a task of its own, added up."""
    from dask.delayed import delayed
    from dask.diagnostics.progress import ProgressBar

    named = samples if isinstance(samples, Mapping) else {None: samples}
    rows = next(iter(named.values())).chunks[0]
    parts: list[Any] = []
    split = [array.rechunk((rows, *array.shape[1:])).to_delayed().ravel() for array in named.values()]
    for blocks in zip(*split, strict=True):
        batch = dict(zip(named, blocks, strict=True)) if isinstance(samples, Mapping) else blocks[0]
        parts.append(delayed(count)(batch))
    while len(parts) > 1:
        parts = [delayed(_sum)(parts[at : at + _MERGED]) for at in range(0, len(parts), _MERGED)]
    with ProgressBar(out=sys.stderr) if progress else nullcontext():
        counted: Counted = parts[0].compute()
    return counted


def _sum(parts: list[Counted]) -> Counted:
    for other in parts[1:]:
        parts[0].add_all(other)
    return parts[0]


def size_of(samples: Samples) -> int | None:
    """How many samples there are; None where nobody knows before they are read."""
    arrays = [*samples.values()] if isinstance(samples, Mapping) else [samples] if is_array(samples) else []
    sizes = [np.shape(array)[:1] for array in arrays]
    return sizes[0][0] if sizes and sizes[0] else None


def rows_of(batch: Batch) -> int:
    """How many samples a batch has."""
    return len(next(iter(batch.values())) if isinstance(batch, Mapping) else batch)


def batches(network: Network, samples: Samples, size: int, max_size: int | None) -> Iterator[Any]:
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
