"""Arrays in `.npz` and `.npy` files, read and written chunk by chunk: no array is ever in memory as a whole.

They are read, not mapped: of a file that was cut or damaged that makes an error, where a map would give wrong numbers
or end the process, and a compressed one needs no second way.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

CHUNK = 1 << 16  # elements
_MAGIC = b'\x93NUMPY'


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
    open: Callable[[], IO[bytes]]

    def chunks(self) -> Iterator[NDArray[Any]]:
        """The elements in the order of the file. Raises ValueError where they are damaged or too few."""
        dtype, left = self.layout.dtype, self.layout.size
        with _reading(self.path), self.open() as stream:
            _layout(self.name, stream)
            while left:
                data = stream.read(min(left, CHUNK) * dtype.itemsize)
                if len(data) < min(left, CHUNK) * dtype.itemsize:
                    raise EOFError(f'the data of {self.name!r} end early')
                left -= min(left, CHUNK)
                yield np.frombuffer(data, dtype)


@contextmanager
def stored_arrays(path: Path) -> Iterator[dict[str, StoredArray]]:
    """The arrays of an `.npz` file by name, or that of an `.npy` file by the file's stem; open for reading inside.

    Nothing is unpickled. Raises OSError, or ValueError with the file's name for what is no such file.
    """
    with path.open('rb') as file, ExitStack() as stack:
        with _reading(path):
            if is_npy(path):
                members: list[tuple[str, Callable[[], IO[bytes]]]] = [(path.stem, lambda: path.open('rb'))]
            elif file.read(len(_MAGIC)) == _MAGIC:
                raise ValueError('one array, and no name (that of an .npy file is its own)')
            else:
                archive = stack.enter_context(zipfile.ZipFile(file))
                members = [(m.filename.removesuffix('.npy'), partial(archive.open, m)) for m in archive.infolist()]
            if len(dict(members)) != len(members):
                raise ValueError('a name is repeated')
            arrays = {name: _stored(path, name, open_) for name, open_ in members}
        yield arrays


def is_npy(path: Path) -> bool:
    """Whether a file, by its name, holds one array."""
    return path.suffix.lower() == '.npy'


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from None
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  (NumPy and each decompressor have errors of their own)
        what = 'an .npy file of one plain array' if is_npy(path) else 'an .npz file of plain arrays'
        raise ValueError(f'{path}: not {what}: {error}') from None


def _stored(path: Path, name: str, open_: Callable[[], IO[bytes]]) -> StoredArray:
    with open_() as stream:
        return StoredArray(path, name, _layout(name, stream), open_)


def _layout(name: str, stream: IO[bytes]) -> Layout:
    """Reads up to the data."""
    try:
        version = np.lib.format.read_magic(stream)
    except ValueError:
        raise ValueError(f'{name!r} is no array') from None
    # 3.0 differs from 2.0 by names of fields, which no plain array has
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran_order, dtype = read(stream)
    if dtype.hasobject:
        raise ValueError('Object arrays cannot be loaded: nothing is unpickled')
    if dtype.subdtype is not None:
        raise ValueError(f'{name!r} has elements that are arrays: {dtype}')
    if any(n < 0 or isinstance(n, bool) for n in shape):
        raise ValueError(f'{name!r} has the shape {shape}')
    return Layout(shape, dtype, fortran_order)


class Writer:
    """Writes arrays to a binary stream, as an `.npz` file or, the only one, as an `.npy` file.

    Equal arrays give equal bytes, and any name is taken, `file` too (`np.savez` refuses it).
    """

    def __init__(self, stream: IO[bytes], *, npy: bool) -> None:
        self._stream = stream
        self._archive = None if npy else zipfile.ZipFile(stream, 'w')

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        if self._archive is not None:
            self._archive.close()

    def write(self, name: str, layout: Layout, chunks: Iterable[NDArray[Any]]) -> Callable[[], NDArray[Any]]:
        """Write the chunks, in the layout's order. Returns what maps the array while the stream is open."""
        if self._archive is None:
            offset = _write(self._stream, self._stream, layout, chunks)
        else:
            with self._archive.open(zipfile.ZipInfo(f'{name}.npy'), 'w', force_zip64=True) as member:
                offset = _write(member, self._stream, layout, chunks)
        order: Literal['F', 'C'] = 'F' if layout.fortran_order else 'C'
        return lambda: np.memmap(self._stream, layout.dtype, 'r', offset, layout.shape, order)


def _write(member: IO[bytes], stream: IO[bytes], layout: Layout, chunks: Iterable[NDArray[Any]]) -> int:
    descr = np.lib.format.dtype_to_descr(layout.dtype)
    fields = {'descr': descr, 'fortran_order': layout.fortran_order, 'shape': layout.shape}
    np.lib.format.write_array_header_1_0(member, fields)
    offset = stream.tell()
    for chunk in chunks:
        member.write(chunk.astype(layout.dtype, copy=False).tobytes())
    return offset
