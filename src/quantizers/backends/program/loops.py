"""Programs as loops that LLVM compiles, and how they are called."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .machine import function
from .printer import NAME, NUMBERS, SUMS, Layout, Printer
from .program import Program

Array = NDArray[Any]


class Loop:
    """A compiled loop.

    Args:
        arrays: the characters of the dtypes of those that it takes beside the widths.
        told: how many numbers for each element of a row are known before the rows.
    """

    def __init__(self, text: str, arrays: tuple[str, ...], told: int, dtype: str) -> None:
        self._function = function(text, NAME, len(NUMBERS), 2 + len(arrays))
        self._arrays, self._told, self._dtype = arrays, told, np.dtype(dtype)

    def __call__(
        self, shape: tuple[int, int, int], widths: Array, *arrays: Array, along: int = 0, first: int = 0, seed: int = 0
    ) -> None:
        """Run over the elements.

        Args:
            shape: the three axes of the elements.
            widths: those that have no number for each element, as integers of 32 bits, one after the other.
            arrays: the inputs, results and sums, one after the other in memory, of the shape and dtype asked for.
            along: how far widths are apart from row to row.
            first: the number of the first element, by which random numbers are drawn.
            seed: of these.
        """
        _check(arrays, self._arrays, shape)
        table = np.empty((self._told, shape[2]), self._dtype)
        between = widths.strides[0] // widths.itemsize
        self._function(*shape, between, along, first, seed, id(widths), id(table), *map(id, arrays))


def _check(arrays: tuple[Array, ...], kinds: tuple[str, ...], shape: tuple[int, int, int]) -> None:
    """Refuse what is no such array: it would be another's memory. Raises TypeError."""
    size = shape[0] * shape[1] * shape[2]
    for array, kind in zip(arrays, kinds, strict=True):
        whole = array.size == size or kind == SUMS
        if not (array.dtype.char == kind and whole and array.flags.c_contiguous and array.dtype.isnative):
            raise TypeError(f'a loop over {shape} cannot take an array of {array.dtype} and the shape {array.shape}')


def compiled(program: Program, layout: Layout) -> Loop:
    """The loop of a program, compiled once for all whose text it is."""
    printer = Printer(program, layout)
    return _compiled(printer.text(), printer.dtypes, len(printer.told), program.compute.name)


_compiled = lru_cache(maxsize=1024)(Loop)
