"""The numbers of blocks, each divided by the largest power of two that is not above the largest of its block.

What a scale by OCP's rule does to a block follows from that power alone, so that all blocks with one are summed up
together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._checks.shown import shown
from ...files.stored import CHUNK
from ..streams import Finite, Piece


def in_blocks(arrays: Iterable[tuple[str, NDArray[Any]]], size: int, axis: int) -> Iterator[Piece]:
    """The pieces of tensors, the blocks of which lie along an axis; the last of them may have fewer numbers.

    Raises ValueError for an axis that is not there, and for numbers that are not finite.
    """
    for name, array in arrays:
        if not -array.ndim <= axis < array.ndim:
            raise ValueError(
                f"'block_axis' must be one of {shown(name)}, which has the shape {array.shape}: {shown(axis)}"
            )
        lines = np.moveaxis(array, axis, -1)
        length = lines.shape[-1]
        lines = lines.reshape(-1, length) if array.size else lines.reshape(0, 0)
        if not array.size:
            yield _piece(name, np.empty(0), 0, array.size)
        rows, columns = max(CHUNK // max(length, 1), 1), max(CHUNK // size, 1) * size
        for row in range(0, len(lines), rows):
            for column in range(0, length, columns):
                some = lines[row : row + rows, column : column + columns].astype(np.float64)
                yield from _by_exponent(name, some, size, array.size)


def _by_exponent(name: str, lines: NDArray[np.float64], size: int, of: int) -> Iterator[Piece]:
    """The numbers of the blocks of some lines, a piece for each exponent."""
    finite = Finite()
    finite.where(lines.reshape(-1))
    finite.check(name)
    starts = np.arange(0, lines.shape[1], size)
    largest = np.maximum.reduceat(np.abs(lines), starts, axis=1)
    exponents = np.where(largest > 0, np.frexp(largest)[1] - 1, 0)
    each = np.repeat(exponents, np.diff(starts, append=lines.shape[1]), axis=1)
    scaled = np.ldexp(lines, -each)
    for exponent in np.unique(exponents).tolist():
        yield _piece(name, scaled[each == exponent], exponent, of)


def _piece(name: str, values: NDArray[np.float64], exponent: int, of: int) -> Piece:
    return Piece(name, values, np.zeros(values.size, np.intp), 1, of, exponent)
