"""Arrays in `.npz` and `.npy` files, read chunk by chunk: no array need be in memory as a whole.

They are read, not mapped: of a file that was cut or damaged that makes an error, where a map would give wrong numbers
or end the process, and a compressed one needs no second way.

What a file says of its sizes is held against what it holds before anything of such a size is read or made.
"""

from __future__ import annotations

import io
import math
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._checks.shown import shown

CHUNK = 1 << 16  # elements
MOST_UNPACKED = 100  # times the size of the file: real weights come to 10, zeros to 1000
_MAGIC = b'\x93NUMPY'
_HEADER = 1 << 16  # NumPy takes 10,000 characters
_COMPRESSIONS = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED  # those of NumPy; others unpack all that a read holds, at once
_AXES = 64  # of an array of NumPy


_Open = Callable[[], IO[bytes]]


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
    open: _Open
    offset: int  # of the data

    def chunks(self) -> Iterator[NDArray[Any]]:
        """The elements in the order of the file. Raises ValueError where they are damaged or too few."""
        dtype, left = self.layout.dtype, self.layout.size
        with _reading(self.path), self.open() as stream:
            stream.read(self.offset)
            while left:
                data = stream.read(min(left, CHUNK) * dtype.itemsize)
                if len(data) < min(left, CHUNK) * dtype.itemsize:
                    raise EOFError(f'the data of {shown(self.name)} end early')
                left -= min(left, CHUNK)
                yield np.frombuffer(data, dtype)

    def whole(self) -> NDArray[Any]:
        """All of it, in memory. Raises as `chunks` does."""
        chunks = list(self.chunks())
        with _reading(self.path):
            flat = np.concatenate(chunks) if chunks else np.empty(0, self.layout.dtype)
            return flat.reshape(self.layout.shape, order='F' if self.layout.fortran_order else 'C')


@contextmanager
def stored_arrays(path: Path, max_size: int | None = None) -> Iterator[dict[str, StoredArray]]:
    """The arrays of an `.npz` file by name, or that of an `.npy` file by the file's stem; open for reading inside.

    Nothing is unpickled. Raises OSError, or ValueError with the file's name for what is no such file, and for arrays of
    more than `max_size` bytes in all, which are `MOST_UNPACKED` times the file's size if it is None.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise ValueError(f'{path}: arrays are read from a regular file, in which one can go back; copy them into one')
    with path.open('rb') as file, ExitStack() as stack:
        size = path.stat().st_size
        with _reading(path):
            if is_npy(path):
                members: list[tuple[str, int, _Open]] = [(path.stem, size, lambda: path.open('rb'))]
            elif file.read(len(_MAGIC)) == _MAGIC:
                raise ValueError('one array, and no name (that of an .npy file is its own)')
            else:
                archive = stack.enter_context(zipfile.ZipFile(file))
                members = [
                    (member.filename.removesuffix('.npy'), member.file_size, partial(archive.open, member))
                    for member in archive.infolist()
                ]
                _refuse_compressions(archive)
            if len({name for name, *_ in members}) != len(members):
                raise ValueError('a name is repeated')
            arrays = {name: _stored(path, name, length, open_) for name, length, open_ in members}
        unpacked = sum(array.layout.nbytes for array in arrays.values())
        if unpacked > (MOST_UNPACKED * size if max_size is None else max_size):
            raise ValueError(_too_large(path, size, unpacked, max_size))
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
    except MemoryError as error:
        raise MemoryError(f'{path}: not enough memory {error}'.rstrip()) from None
    except Exception as error:  # noqa: BLE001  (NumPy and each decompressor have errors of their own)
        what = 'an .npy file of one plain array' if is_npy(path) else 'an .npz file of plain arrays'
        raise ValueError(f'{path}: not {what}: {error}') from None


def _refuse_compressions(archive: zipfile.ZipFile) -> None:
    for member in archive.infolist():
        if member.compress_type not in _COMPRESSIONS:
            raise ValueError(
                f'{shown(member.filename)} is compressed as NumPy never does; save it by np.savez_compressed'
            )


def _too_large(path: Path, size: int, unpacked: int, max_size: int | None) -> str:
    from pydantic import ByteSize

    arrays, file = (ByteSize(number).human_readable(decimal=True) for number in (unpacked, size))
    than = f"{MOST_UNPACKED} times the file's {file}" if max_size is None else f"'max_size', {max_size} bytes"
    meant = f'if that is meant: --max-size {unpacked} (in Python, max_size={unpacked})'
    return f'{path}: holds {arrays} of arrays, more than {than}; {meant}'


def _stored(path: Path, name: str, size: int, open_: _Open) -> StoredArray:
    with open_() as stream:
        head = io.BytesIO(stream.read(_HEADER))
    layout = _layout(name, head)
    there = size - head.tell()
    if layout.nbytes > there:
        raise EOFError(f'the data of {shown(name)} end early: {there} of {layout.nbytes} bytes')
    if layout.nbytes < there:
        raise ValueError(f'the data of {shown(name)} go on behind its shape: {there} instead of {layout.nbytes} bytes')
    return StoredArray(path, name, layout, open_, head.tell())


def _layout(name: str, stream: IO[bytes]) -> Layout:
    """Reads up to the data."""
    try:
        version = np.lib.format.read_magic(stream)
    except ValueError:
        raise ValueError(f'{shown(name)} is no array') from None
    # 3.0 differs from 2.0 by names of fields, which no plain array has
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran_order, dtype = read(stream)
    if dtype.hasobject:
        raise ValueError('Object arrays cannot be loaded: nothing is unpickled')
    if dtype.subdtype is not None:
        raise ValueError(f'{shown(name)} has elements that are arrays: {dtype}')
    if dtype.kind not in 'biuf' or dtype.itemsize > 8:
        raise ValueError(f'{shown(name)}: must be an array of real numbers of at most 64 bits: dtype {dtype}')
    # beside an axis of no elements, too, and with 8 bytes for each, which may come of one
    elements = math.prod(abs(n) or 1 for n in shape)
    if len(shape) > _AXES or elements > sys.maxsize // 8:
        beyond = f'{len(shape)} axes, 2^{elements.bit_length() - 1} elements or more'
        raise ValueError(f'{shown(name)} has a shape that no array can have: {beyond}')
    if any(n < 0 or isinstance(n, bool) for n in shape):
        raise ValueError(f'{shown(name)} has the shape {shape}')
    return Layout(shape, dtype, fortran_order)
