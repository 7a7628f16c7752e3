"""An array in a file, whatever the file is: what is said of it, and its elements chunk by chunk."""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._checks.shown import shown

CHUNK = 1 << 16  # elements
_AXES = 64  # of an array of NumPy
_PLAIN = {
    '.npy': 'an .npy file of one plain array',
    '.npz': 'an .npz file of plain arrays',
    '.safetensors': 'a .safetensors file of plain tensors',
}

Open = Callable[[], IO[bytes]]


class Layout(NamedTuple):
    """What a file says of an array before its data."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran_order: bool = False

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The bytes of the data."""
        return self.size * self.dtype.itemsize


@dataclass(frozen=True)
class StoredArray:
    """An array in a file."""

    path: Path
    name: str
    layout: Layout
    open: Open
    offset: int  # of the data
    bfloat16: bool = False  # the data are of it, which NumPy has not; the layout says float32

    @classmethod
    def of(cls, path: Path, name: str, x: NDArray[Any]) -> StoredArray:
        """An array that was read from a file already."""
        x = np.ascontiguousarray(x)
        return cls(path, name, Layout(x.shape, x.dtype), lambda: io.BytesIO(x.tobytes()), 0)

    def chunks(self) -> Iterator[NDArray[Any]]:
        """The elements in the order of the file. Raises ValueError where they are damaged or too few."""
        itemsize, left = 2 if self.bfloat16 else self.layout.dtype.itemsize, self.layout.size
        with reading(self.path), self.open() as stream:
            stream.read(self.offset)
            while left:
                data = stream.read(min(left, CHUNK) * itemsize)
                if len(data) < min(left, CHUNK) * itemsize:
                    raise EOFError(f'the data of {shown(self.name)} end early')
                left -= min(left, CHUNK)
                yield _widened(data) if self.bfloat16 else np.frombuffer(data, self.layout.dtype)

    def whole(self) -> NDArray[Any]:
        """All of it, in memory. Raises as `chunks` does."""
        chunks = list(self.chunks())
        with reading(self.path):
            flat = np.concatenate(chunks) if chunks else np.empty(0, self.layout.dtype)
            return flat.reshape(self.layout.shape, order='F' if self.layout.fortran_order else 'C')


def refuse_shape(name: str, shape: tuple[int, ...]) -> None:
    """Raise ValueError for a shape that no array can have."""
    # beside an axis of no elements, too, and with 8 bytes for each, which may come of one
    elements = math.prod(abs(n) or 1 for n in shape)
    if len(shape) > _AXES or elements > sys.maxsize // 8:
        beyond = f'{len(shape)} axes, 2^{elements.bit_length() - 1} elements or more'
        raise ValueError(f'{shown(name)} has a shape that no array can have: {beyond}')


def is_npy(path: Path) -> bool:
    """Whether a file, by its name, holds one array."""
    return path.suffix.lower() == '.npy'


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Name the file in what is raised inside; but for OSError and MemoryError that is a ValueError."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from None
    except MemoryError as error:
        raise MemoryError(f'{path}: not enough memory {error}'.rstrip()) from None
    except Exception as error:  # noqa: BLE001  (NumPy, safetensors and each decompressor have errors of their own)
        raise ValueError(f'{path}: not {_PLAIN.get(path.suffix.lower(), _PLAIN[".npz"])}: {error}') from None


def _widened(data: bytes) -> NDArray[Any]:
    """Numbers of bfloat16 as float32, of which they are the upper halves."""
    return (np.frombuffer(data, '<u2').astype('<u4') << 16).view('<f4')
