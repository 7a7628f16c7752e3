"""The user's numbers: read from a file, and what formats do to them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from io import BufferedIOBase
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..._checks.numbers import number
from ..._checks.shown import one_line, shown
from ...analysis.choose import choose
from ...analysis.streams import pieces
from ...formats import Format, Spec
from ..plot._bits import KINDS, histogram

MAX_BYTES = 1 << 28  # of a file, and of all arrays in it
SUFFIXES = '.npy', '.npz', '.safetensors', '.csv', '.txt'
_WIDEST = 64
_NAME = 40


class Tensors(NamedTuple):
    """The numbers of a file, by the names of its arrays."""

    arrays: dict[str, NDArray[np.float64]]

    @property
    def listed(self) -> list[dict[str, str]]:
        """The arrays, as the page lists them."""
        return [
            {'name': name, 'shown': one_line(name)[:_NAME], 'count': f'{x.size:,}'} for name, x in self.arrays.items()
        ]


def read_upload(name: str, stream: BufferedIOBase, size: int) -> Tensors:
    """The numbers of a file that a page sends; of its name only a known ending is used.

    Raises ValueError for what is no such file, ExtraError for one of safetensors without that package.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f'a file must be one of {", ".join(SUFFIXES)}: {shown(name)}')
    with tempfile.TemporaryDirectory(prefix='quantizers-') as folder:
        path = Path(folder, f'file{suffix}')
        with path.open('wb') as file:
            for length in _lengths(size):
                file.write(stream.read(length))
        try:
            return read_file(path)
        except ValueError as error:
            raise ValueError(str(error).replace(str(path), shown(name))) from None


def read_file(path: Path) -> Tensors:
    """The numbers of a file. Raises OSError, and ValueError for what is no such file."""
    parts: dict[str, list[NDArray[np.float64]]] = {}
    for piece in pieces(path, None, MAX_BYTES):
        parts.setdefault(piece.name, []).append(np.array(piece.values))
    found = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    if not any(x.size for x in found.values()):
        raise ValueError(f'{path}: holds no numbers')
    return Tensors(found)


def _lengths(size: int) -> Iterator[int]:
    piece = 1 << 20
    yield from (min(piece, size - done) for done in range(0, size, piece))


class Data:
    """The file that the page shows; another one takes its place."""

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self.tensors = Tensors({}) if path is None else read_file(Path(path))

    def histogram(self, spec: Spec, name: str) -> dict[str, Any]:
        """What a format does to an array: bars by bit weights, shares of what is lost, and a better format."""
        if name not in self.tensors.arrays:
            return {'errors': {'tensor': 'drop the file again: the page has no array of this name'}}
        try:
            return {'errors': {}} | _histogram(spec, _Array(name, self.tensors.arrays[name]))
        except ValueError as error:
            return {'errors': {'tensor': str(error)}}


class _Array:
    """An array that is looked up as itself."""

    def __init__(self, name: str, numbers: NDArray[np.float64]) -> None:
        self.name, self.numbers = name, numbers
        self.id = id(numbers)

    def __hash__(self) -> int:
        return self.id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Array) and self.numbers is other.numbers


@lru_cache(maxsize=16)  # another number, or another base, is no reason to look at all numbers again
def _histogram(spec: Spec, array: _Array) -> dict[str, Any]:
    found = histogram(array.numbers, spec, array.name)
    low, high = found.window()
    statistics = found.statistics
    least, most = spec.spacing.weights
    return {
        'low': low,
        'bars': found.shown(low, high).T.round(4).tolist(),
        'kinds': KINDS,
        'format': [max(least, low), min(most, high)],
        'count': f'{statistics.count:,}',
        'sqnr': _db(statistics.sqnr),
        'saturated': found.share(statistics.saturated),
        'flushed': found.share(statistics.flushed),
        'proposal': _proposal(spec, array),
    }


def _proposal(spec: Format, array: _Array) -> dict[str, object] | None:
    """The best fixed point of as many bits; None where there are too many to choose from."""
    if not 1 <= spec.bits <= _WIDEST:
        return None
    chosen = _best(array, spec.bits)
    return {'type': chosen.spec.label, 'sqnr': _db(chosen.sqnr), 'own': chosen.spec == spec}


@lru_cache(maxsize=16)
def _best(array: _Array, width: int) -> Any:
    return choose(array.numbers, width=width)['x'].chosen


def _db(sqnr: float) -> str:
    return f'{number(round(sqnr, 1))} dB'
