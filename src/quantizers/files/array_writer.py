"""Arrays written to `.npz` and `.npy` files, chunk by chunk."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .stored import Layout


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
