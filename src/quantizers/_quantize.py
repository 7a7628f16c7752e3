"""Files of tensors, quantized chunk by chunk: memory does not grow with a tensor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._arrays import CHUNK, Layout, StoredArray, Writer, is_npy
from ._files import folder, naming, whole_files
from ._header import Codes, write_header
from ._initialisers import refuse_empty
from ._report import Statistics
from .formats import Spec

Advance = Callable[[int], None]


def quantize_files(
    specs: Mapping[str, Spec],
    arrays: Mapping[str, StoredArray],
    target: Path,
    header: Path | None = None,
    *,
    phase: Callable[[str, int], Advance],
) -> list[list[str]]:
    """Write the quantized tensors to `target`, an `.npy` or `.npz` file, and, where it is given, the C++ header.

    Missing folders are made. Either all files are written or, after an exception, none and no folder. Returns the
    table: see `Statistics.row`. `phase` is told what is done next and how many bytes it reads, and what it gives
    is told the bytes of each chunk. Raises OSError with the file's name, and ValueError with the tensor's name for
    what has no code: NaN, Inf where it wraps, and a dtype of no real number.
    """
    layouts = {name: _result_layout(name, specs[name], array.layout) for name, array in arrays.items()}
    if header is not None:
        for name, layout in layouts.items():
            refuse_empty(name, layout.shape)
    statistics = {name: Statistics(specs[name]) for name in arrays}
    with folder(target.parent), whole_files(target, *([] if header is None else [header])) as streams:
        maps = {}
        advance = phase('quantizing', sum(array.layout.nbytes for array in arrays.values()))
        with naming(target), Writer(streams[0], npy=is_npy(target)) as writer:
            for name, array in arrays.items():
                chunks = _quantized(name, specs[name], array, statistics[name], advance)
                maps[name] = writer.write(name, layouts[name], chunks)
        if header is not None:
            advance = phase('writing the header', sum(layout.nbytes for layout in layouts.values()))
            codes = {
                name: Codes(layout.shape, _codes(specs[name], layout, maps[name], advance))
                for name, layout in layouts.items()
            }
            with naming(header), SpooledTemporaryFile(1 << 20, dir=str(header.parent)) as scratch:
                write_header(streams[1], specs, codes, scratch)
    return [statistics[name].row(name) for name in arrays]


def _result_layout(name: str, spec: Spec, layout: Layout) -> Layout:
    try:
        dtype = spec(np.empty(0, layout.dtype)).dtype
    except (TypeError, ValueError) as error:
        raise ValueError(f'{name!r}: {error}') from None
    return layout._replace(dtype=dtype)


def _quantized(
    name: str, spec: Spec, array: StoredArray, statistics: Statistics, advance: Advance
) -> Iterator[NDArray[Any]]:
    for x in array.chunks():
        q = spec(x)
        if np.isnan(q).any():
            raise ValueError(f'{name!r}: holds NaN, or Inf under {spec.cpp_type!r}, which has no code')
        statistics.add(x, q)
        yield q
        advance(x.nbytes)


def _codes(spec: Spec, layout: Layout, array: Callable[[], NDArray[Any]], advance: Advance) -> Iterator[NDArray[Any]]:
    # in Fortran's order each element may lie on a page of its own
    chunk = CHUNK // 16 if layout.fortran_order else CHUNK
    for start in range(0, layout.size, chunk):
        # mapped anew, so that no more of the file is in memory than this chunk
        q = np.array(array().flat[start : start + chunk])
        yield spec.encode(q)
        advance(q.nbytes)
