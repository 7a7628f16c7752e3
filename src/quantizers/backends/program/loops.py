"""Programs as loops that LLVM compiles, and how they are called."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .machine import function
from .printer import NAME, NUMBERS, Layout, Printer
from .program import Program

Array = NDArray[Any]


class Loop:
    """A compiled loop.

    Args:
        arrays: how many it takes beside the widths.
        told: how many numbers for each element of a row are known before the rows.
    """

    def __init__(self, text: str, arrays: int, told: int, dtype: str) -> None:
        self._function = function(text, NAME, len(NUMBERS), 2 + arrays)
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
        # what is no such array is another's memory
        assert len(arrays) == self._arrays
        assert all(array.flags.c_contiguous for array in (widths, *arrays))
        table = np.empty((self._told, shape[2]), self._dtype)
        between = widths.strides[0] // widths.itemsize
        self._function(*shape, between, along, first, seed, id(widths), id(table), *map(id, arrays))


def compiled(program: Program, layout: Layout) -> Loop:
    """The loop of a program, compiled once for all whose text it is."""
    printer = Printer(program, layout)
    return _compiled(printer.text(), len(printer.arrays) - 2, len(printer.told), program.compute.name)


_compiled = lru_cache(maxsize=1024)(Loop)
