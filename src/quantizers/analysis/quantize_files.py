"""Files of tensors, quantized chunk by chunk: memory does not grow with a tensor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._checks.capabilities import Capability, require
from .._checks.shown import shown
from .._tables import Table
from ..backends.subnormals import keeps_subnormals
from ..cpp.headers import Codes, write_header
from ..cpp.initialisers import refuse_empty
from ..cpp.typedefs import type_of_array
from ..files.array_writer import Writer
from ..files.stored import CHUNK, Layout, StoredArray, is_npy
from ..files.whole import folder, naming, whole_files
from ..formats import Spec
from ..formats.per_channel import Formats, PerChannel
from .channels import Channels
from .losses import COLUMNS, Statistics

Advance = Callable[[int], None]


@keeps_subnormals
def quantize_files(
    specs: Mapping[str, Formats],
    arrays: Mapping[str, StoredArray],
    target: Path,
    header: Path | None = None,
    *,
    phase: Callable[[str, int], Advance],
) -> Table:
    """Write the quantized tensors to `target`, an `.npy` or `.npz` file, and, where it is given, the C++ header.

    Missing folders are made. Either all files are written or, after an exception, none and no folder. Returns the
    table of what was lost. `phase` is told what is done next and how many bytes it reads, and what it gives
    is told the bytes of each chunk. Raises OSError with the file's name, and ValueError with the tensor's name for
    what has no code: NaN, Inf where it wraps, and a dtype of no real number; and for other channels than there are
    formats.
    """
    layouts = {name: _result_layout(name, specs[name], array.layout) for name, array in arrays.items()}
    if header is not None:
        for name, layout in layouts.items():
            refuse_empty(name, layout.shape)
            type_of_array(name, specs[name])
    statistics = {name: Statistics(specs[name]) for name in arrays}
    with folder(target.parent), whole_files(target, *([] if header is None else [header])) as streams:
        maps = {}
        advance = phase('quantizing', sum(array.layout.nbytes for array in arrays.values()))
        with naming(target), Writer(streams[0], npy=is_npy(target)) as writer:
            for name, array in arrays.items():
                layout = layouts[name]
                chunks = _quantized(name, specs[name], array, layout.dtype, statistics[name], advance)
                maps[name] = writer.write(name, layout, chunks)
        if header is not None:
            advance = phase('writing the header', sum(layout.nbytes for layout in layouts.values()))
            codes = {
                name: Codes(layout.shape, _codes(type_of_array(name, specs[name]), layout, maps[name], advance))
                for name, layout in layouts.items()
            }
            with naming(header), SpooledTemporaryFile(1 << 20, dir=str(header.parent)) as scratch:
                write_header(streams[1], specs, codes, scratch)
    return Table(COLUMNS, [statistics[name].row(name) for name in arrays])


def _result_layout(name: str, formats: Formats, layout: Layout) -> Layout:
    try:
        if isinstance(formats, PerChannel):
            formats.axis_in(layout.shape)
        else:
            require(formats, Capability.CODES)
        specs = formats.groups if isinstance(formats, PerChannel) else [formats]
        (dtype,) = {spec(np.empty(0, layout.dtype)).dtype for spec in specs}
    except (TypeError, ValueError) as error:
        raise ValueError(f'{shown(name)}: {error}') from None
    return layout._replace(dtype=dtype)


def _quantized(
    name: str, formats: Formats, array: StoredArray, dtype: np.dtype[Any], statistics: Statistics, advance: Advance
) -> Iterator[NDArray[Any]]:
    start = 0
    for x in array.chunks():
        q = np.empty(x.size, dtype)
        for spec, at in _parts(formats, array.layout, start, x.size):
            q[at] = spec(x[at])
            if np.isnan(q[at]).any():
                raise ValueError(f'{shown(name)}: holds NaN, or Inf under {spec.label!r}, which has no code')
            statistics.add(x[at], q[at], spec)
        yield q
        start += x.size
        advance(x.nbytes)


def _parts(formats: Formats, layout: Layout, start: int, size: int) -> Iterator[tuple[Spec, Any]]:
    """The formats of `size` elements from `start` on, each with the index of those that have it."""
    if not isinstance(formats, PerChannel):
        return iter([(formats, slice(None))])  # type: ignore[list-item]  # blocks have no codes
    channels = Channels.of(layout.shape, formats.axis, fortran_order=layout.fortran_order)
    return formats.parts(channels.at(start, size))


def _codes(spec: Spec, layout: Layout, array: Callable[[], NDArray[Any]], advance: Advance) -> Iterator[NDArray[Any]]:
    # in Fortran's order each element may lie on a page of its own
    chunk = CHUNK // 16 if layout.fortran_order else CHUNK
    for start in range(0, layout.size, chunk):
        # mapped anew, so that no more of the file is in memory than this chunk; NumPy iterates over 32 axes at most
        q = np.array(np.squeeze(array()).flat[start : start + chunk])
        yield spec.encode(q)
        advance(q.nbytes)
