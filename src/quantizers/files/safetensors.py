"""Tensors in `.safetensors` files: the package says where they are, and they are read as the arrays of others."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from .._checks.errors import ExtraError
from .._checks.shown import shown
from .stored import Layout, StoredArray, reading, refuse_shape

_BFLOAT16 = 'BF16'
_DTYPES = {'BOOL': '?', 'U8': 'u1', 'U16': '<u2', 'U32': '<u4', 'U64': '<u8', 'F16': '<f2', 'F32': '<f4', 'F64': '<f8'}
_DTYPES |= {'I8': 'i1', 'I16': '<i2', 'I32': '<i4', 'I64': '<i8', _BFLOAT16: '<f4'}


def is_safetensors(path: Path) -> bool:
    """Whether a file, by its name, is one of safetensors."""
    return path.suffix.lower() == '.safetensors'


def stored_tensors(path: Path, size: int) -> dict[str, StoredArray]:
    """The tensors of a file of `size` bytes by name, in its order; those of bfloat16 as float32, which has its numbers.

    Raises ValueError with the file's name for what is no such file, and for a tensor of another dtype, and ExtraError
    without safetensors.
    """
    try:
        from safetensors import safe_open
    except ImportError:
        raise ExtraError(f"{path}: is read by safetensors: pip install 'quantizers[safetensors]'") from None
    with reading(path), safe_open(path, 'np') as file:
        slices = {name: file.get_slice(name) for name in file.offset_keys()}
        kinds = {name: part.get_dtype() for name, part in slices.items()}
        layouts = {name: _layout(name, kinds[name], part.get_shape()) for name, part in slices.items()}
    widths = {name: layout.nbytes >> (kinds[name] == _BFLOAT16) for name, layout in layouts.items()}
    # safetensors has checked that the data end the file, in this order and without a gap
    start, arrays = size - sum(widths.values()), {}
    for name, layout in layouts.items():
        arrays[name] = StoredArray(path, name, layout, partial(_open, path, start), 0, kinds[name] == _BFLOAT16)
        start += widths[name]
    return arrays


def _layout(name: str, dtype: str, shape: list[int]) -> Layout:
    if dtype not in _DTYPES:
        raise ValueError(f"{shown(name)}: must be of a real dtype of NumPy's, or bfloat16; save it as float32: {dtype}")
    refuse_shape(name, tuple(shape))
    return Layout(tuple(shape), np.dtype(_DTYPES[dtype]))


def _open(path: Path, start: int) -> IO[bytes]:
    stream = path.open('rb')
    stream.seek(start)
    return stream
