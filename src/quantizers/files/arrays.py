"""Arrays in `.npz`, `.npy` and `.safetensors` files, read chunk by chunk: no array need be in memory as a whole.

They are read, not mapped: of a file that was cut or damaged that makes an error, where a map would give wrong numbers
or end the process, and a compressed one needs no second way.

What a file says of its sizes is held against what it holds before anything of such a size is read or made.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from .._checks.shown import shown
from .safetensors import is_safetensors, stored_tensors
from .stored import Layout, Open, StoredArray, is_npy, reading, refuse_shape
from .text import PICKLES

MOST_UNPACKED = 100  # times the size of the file: real weights come to 10, zeros to 1000
_MAGIC = b'\x93NUMPY'
_HEADER = 1 << 16  # NumPy takes 10,000 characters
_COMPRESSIONS = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED  # those of NumPy; others unpack all that a read holds, at once


@contextmanager
def stored_arrays(path: Path, max_size: int | None = None) -> Iterator[dict[str, StoredArray]]:
    """The arrays of an `.npz` or `.safetensors` file by name, or that of an `.npy` file by the file's stem.

    They are open for reading inside, and nothing is unpickled. Raises OSError; ValueError, with the file's name, for
    what is no such file, and for arrays of more than `max_size` bytes in all, which are `MOST_UNPACKED` times the
    file's size if it is None; and ExtraError, of safetensors.
    """
    if path.suffix.lower() in PICKLES:
        raise ValueError(
            f'{path}: a file of PyTorch is a pickle, and nothing is unpickled; save what torch.load(..., '
            'weights_only=True) gives by safetensors.torch.save_file or np.savez'
        )
    if path.exists() and not path.is_file() and not path.is_dir():
        raise ValueError(f'{path}: arrays are read from a regular file, in which one can go back; copy them into one')
    with path.open('rb') as file, ExitStack() as stack:
        size = path.stat().st_size
        arrays = stored_tensors(path, size) if is_safetensors(path) else _of_numpy(path, size, file, stack)
        unpacked = sum(array.layout.nbytes for array in arrays.values())
        if unpacked > (MOST_UNPACKED * size if max_size is None else max_size):
            raise ValueError(_too_large(path, size, unpacked, max_size))
        yield arrays


def _of_numpy(path: Path, size: int, file: IO[bytes], stack: ExitStack) -> dict[str, StoredArray]:
    with reading(path):
        if is_npy(path):
            members: list[tuple[str, int, Open]] = [(path.stem, size, lambda: path.open('rb'))]
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
        return {name: _stored(path, name, length, open_) for name, length, open_ in members}


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


def _stored(path: Path, name: str, size: int, open_: Open) -> StoredArray:
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
    refuse_shape(name, shape)
    if any(n < 0 or isinstance(n, bool) for n in shape):
        raise ValueError(f'{shown(name)} has the shape {shape}')
    return Layout(shape, dtype, fortran_order)
