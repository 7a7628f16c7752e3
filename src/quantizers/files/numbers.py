"""Arrays in files of any kind that is read as a whole: `.npy`, `.npz`, `.safetensors`, and numbers as text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._checks.shown import shown
from .arrays import stored_arrays
from .stored import StoredArray
from .text import is_text, read_text

_HEX = re.compile(r'[+-]?0[xX]')
_INTEGER = re.compile(r'[+-]?(0[xX][0-9a-fA-F]+|[0-9]+)')
_EXACT = 2**53


def read_numbers(
    path: Path, like: Mapping[str, NDArray[Any]] | None = None, *, max_size: int | None = None
) -> dict[str, NDArray[Any]]:
    """The arrays of an `.npy`, `.npz` or `.safetensors` file, or else of text, by name.

    In text, numbers stand between spaces, commas and ends of lines, in decimal or as C's `%a` writes them; `#` begins a
    comment. Integers are exact: beyond 2^53 they are int64 or uint64 where all numbers are such, else Python ints
    between floats. Other decimals are the nearest float64. With `like`, the names are those of `like`, one array is
    paired with one, and text takes its shape. `max_size`: see `stored_arrays`.

    Raises OSError; ValueError, with the file's name, for what is no such file, and where `like` has other names.
    """
    if text := is_text(path):
        arrays = {path.stem: _numbers(path)}
    else:
        with stored_arrays(path, max_size) as stored:
            arrays = {name: array.whole() for name, array in stored.items()}
    if not arrays:
        raise ValueError(f'{path}: holds no array')
    if like is None:
        return arrays
    if len(like) == len(arrays) == 1:
        arrays = dict(zip(like, arrays.values(), strict=True))
    if set(arrays) != set(like):
        missing, unknown = sorted(set(like) - set(arrays)), sorted(set(arrays) - set(like))
        if missing:
            raise ValueError(f'{path}: no array {shown(missing[0])}, which is in the input')
        raise ValueError(f'{path}: no input for the array {shown(unknown[0])}')
    if text:
        arrays = {name: x.reshape(like[name].shape) if x.size == like[name].size else x for name, x in arrays.items()}
    return arrays


@contextmanager
def stored_numbers(path: Path, max_size: int | None = None) -> Iterator[dict[str, StoredArray]]:
    """As `stored_arrays`, but of text, too, as `read_numbers` has it."""
    if not is_text(path):
        with stored_arrays(path, max_size) as arrays:
            yield arrays
        return
    x = _numbers(path)
    if x.dtype == object:
        raise ValueError(f'{path}: must be numbers that float64 or integers of 64 bits hold, all of them')
    yield {path.stem: StoredArray.of(path, path.stem, x)}


def _numbers(path: Path) -> NDArray[Any]:
    numbers: list[int | float] = []
    try:
        lines = read_text(path).splitlines()
    except UnicodeDecodeError:
        raise ValueError(f'{path}: neither an .npy, .npz or .safetensors file, by its name, nor text') from None
    for number, line in enumerate(lines, 1):
        numbers += [_number(f'{path}:{number}', word) for word in line.partition('#')[0].replace(',', ' ').split()]
    if all(isinstance(number, float) or abs(number) <= _EXACT for number in numbers):
        return np.array(numbers, np.float64)
    for dtype in (np.int64, np.uint64):
        limits = np.iinfo(dtype)
        if all(isinstance(number, int) and limits.min <= number <= limits.max for number in numbers):
            return np.array(numbers, dtype)
    return np.array(numbers, object)


def _number(where: str, word: str) -> int | float:
    wrong = ValueError(f'{where}: not a number: {shown(word)}')
    if not word.isascii() or '_' in word:  # which Python's own numbers may have
        raise wrong
    try:
        if _INTEGER.fullmatch(word):
            integer = int(word, 16 if _HEX.match(word) else 10)
            return integer if integer or word[0] != '-' else -0.0
        number = float.fromhex(word) if _HEX.match(word) else float(word)
    except (ValueError, OverflowError):
        raise wrong from None
    if math.isinf(number) and any(map(str.isdigit, word)):
        raise ValueError(f'{where}: a number that float64 cannot hold: {shown(word)}')
    return number
