"""The user's numbers: read from a file, and what formats do to them."""

from __future__ import annotations

import tempfile
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._checks.numbers import number
from ..._checks.shown import one_line, shown
from ...analysis.choose import Candidate, choose
from ...analysis.streams import pieces
from ...formats import Format, Spec
from ..plot._bits import KINDS, histogram

MAX_BYTES = 1 << 28  # of a file that is dropped, and of all arrays in it
SUFFIXES = '.npy', '.npz', '.safetensors', '.csv', '.txt'
_WIDEST = 64
_NAME = 40
_KNOWN = 64  # histograms
_PIECE = 1 << 20


class Data:
    """The numbers of a file, by the names of its arrays, and what is known of them."""

    def __init__(self, arrays: dict[str, NDArray[np.float64]] | None = None) -> None:
        self._arrays = arrays or {}
        # another number, or another base, is no reason to look at all numbers again
        self._histograms: dict[tuple[Spec, str], dict[str, Any]] = {}
        self._best: dict[tuple[int, str], Candidate] = {}

    @property
    def listed(self) -> list[dict[str, str]]:
        """The arrays, as the page lists them."""
        return [
            {'name': name, 'shown': one_line(name)[:_NAME], 'count': f'{x.size:,}'} for name, x in self._arrays.items()
        ]

    def histogram(self, spec: Spec, name: str) -> dict[str, Any]:
        """What a format does to an array: bars by bit weights, shares of what is lost, and a better format."""
        if name not in self._arrays:
            return {'errors': {'tensor': 'drop the file again: the page has no array of this name'}}
        if (spec, name) not in self._histograms:
            try:
                found = _histogram(spec, name, self._arrays[name])
            except ValueError as error:
                return {'errors': {'tensor': str(error)}}
            if len(self._histograms) == _KNOWN:
                del self._histograms[next(iter(self._histograms))]
            self._histograms[spec, name] = {'errors': {}, **found, 'proposal': self._proposal(spec, name)}
        return self._histograms[spec, name]

    def _proposal(self, spec: Format, name: str) -> dict[str, object] | None:
        """The best fixed point of as many bits; None where there are too many to choose from."""
        if spec.bits > _WIDEST:
            return None
        if (spec.bits, name) not in self._best:
            self._best[spec.bits, name] = choose(self._arrays[name], width=spec.bits)['x'].chosen
        best = self._best[spec.bits, name]
        return {'type': best.spec.label, 'sqnr': _db(best.sqnr), 'own': best.spec == spec}


def read_upload(name: str, stream: BufferedIOBase, size: int) -> Data:
    """The numbers of a file that a page sends; of its name only a known ending is used.

    Raises ValueError for what is no such file, ExtraError for one of safetensors without that package.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f'a file must be one of {", ".join(SUFFIXES)}: {shown(name)}')
    with tempfile.TemporaryDirectory(prefix='quantizers-') as folder:
        path = Path(folder, f'file{suffix}')
        with path.open('wb') as file:
            for done in range(0, size, _PIECE):
                file.write(stream.read(min(_PIECE, size - done)))
        try:
            return read_file(path, MAX_BYTES)
        except ValueError as error:
            raise ValueError(str(error).replace(str(path), shown(name))) from None


def read_file(path: Path, max_size: int | None = None) -> Data:
    """The numbers of a file, of at most so many bytes. Raises OSError, and ValueError for what is no such file."""
    parts: dict[str, list[NDArray[np.float64]]] = {}
    for piece in pieces(path, None, max_size):
        parts.setdefault(piece.name, []).append(piece.values)
    found = {name: np.concatenate(arrays) for name, arrays in parts.items()}
    if not any(x.size for x in found.values()):
        raise ValueError(f'{path}: holds no numbers')
    return Data(found)


def _histogram(spec: Spec, name: str, x: NDArray[np.float64]) -> dict[str, Any]:
    found = histogram(x, spec, name)
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
    }


def _db(sqnr: float) -> str:
    return f'{number(round(sqnr, 1))} dB'
