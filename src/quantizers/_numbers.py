"""Arrays in files of any kind that is read as a whole: `.npy`, `.npz`, and numbers as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._arrays import StoredArray, stored_arrays

_BINARY = ('.npy', '.npz')
_HEX = re.compile(r'[+-]?0[xX]')


def read_numbers(path: Path, like: Mapping[str, NDArray[Any]] | None = None) -> dict[str, NDArray[Any]]:
    """The arrays of an `.npy` or `.npz` file, or else of text, by name.

    In text, numbers stand between spaces, commas and ends of lines, in decimal or as C's `%a` writes them, exactly; `#`
    begins a comment. With `like`, the names are those of `like`, one array is paired with one, and text takes
    its shape.

    Raises OSError; ValueError, with the file's name, for what is no such file, and where `like` has other names.
    """
    if path.suffix.lower() in _BINARY:
        with stored_arrays(path) as stored:
            arrays = {name: _whole(array) for name, array in stored.items()}
    else:
        arrays = {path.stem: _numbers(path)}
    if not arrays:
        raise ValueError(f'{path}: holds no array')
    if like is None:
        return arrays
    if len(like) == len(arrays) == 1:
        arrays = dict(zip(like, arrays.values(), strict=True))
    if set(arrays) != set(like):
        missing, unknown = sorted(set(like) - set(arrays)), sorted(set(arrays) - set(like))
        what = (
            f'no array {missing[0]!r}, which is in the input' if missing else f'no input for the array {unknown[0]!r}'
        )
        raise ValueError(f'{path}: {what}')
    if path.suffix.lower() not in _BINARY:
        arrays = {name: x.reshape(like[name].shape) if x.size == like[name].size else x for name, x in arrays.items()}
    return arrays


def _whole(array: StoredArray) -> NDArray[Any]:
    chunks = list(array.chunks())
    flat = np.concatenate(chunks) if chunks else np.empty(0, array.layout.dtype)
    return flat.reshape(array.layout.shape, order='F' if array.layout.fortran_order else 'C')


def _numbers(path: Path) -> NDArray[np.float64]:
    numbers: list[float] = []
    try:
        lines = path.read_text('utf-8').splitlines()
    except UnicodeDecodeError:
        raise ValueError(f'{path}: neither an .npy or .npz file, by its name, nor text') from None
    for number, line in enumerate(lines, 1):
        numbers += [_number(f'{path}:{number}', word) for word in line.partition('#')[0].replace(',', ' ').split()]
    return np.array(numbers)


def _number(where: str, word: str) -> float:
    try:
        return float.fromhex(word) if _HEX.match(word) else float(word)
    except (ValueError, OverflowError):
        raise ValueError(f'{where}: not a number: {word!r}') from None
