"""Programs as loops that LLVM compiles, and how they are called."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..widths import Array
from .arrangement import Layout
from .machine import function
from .printer import NAME, NUMBERS, Printer
from .program import Program

_INTEGER, _SUM = np.dtype(np.int32), np.dtype(np.float64)


class Loop:
    """The compiled loop of what a printer has written."""

    def __init__(self, printer: Printer) -> None:
        self._function = function(printer.text(), NAME, len(NUMBERS), len(printer.arrays))
        self._arrays, self._widths, self._elements = len(printer.arrays) - 2, printer.count, printer.elements
        self._layout, self._told = printer.layout, len(printer.told)

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

        Raises TypeError for what is no such array: it would be another's memory.
        """
        if len(arrays) != self._arrays:
            raise TypeError(f'a loop takes {self._arrays} arrays: {len(arrays)}')
        changing = shape[2] if self._layout.rows else (shape[1] - 1) * along + 1
        size = shape[2] if self._layout.again else shape[0] * shape[1] * shape[2]
        _check(widths, _INTEGER, changing * self._widths)
        for n, array in enumerate(arrays):
            if n < len(self._elements):
                _check(array, self._elements[n], size)
            else:
                _check(array, _SUM, changing)
        table = np.empty((self._told, shape[2]), np.float64)
        between = widths.strides[0] // widths.itemsize
        self._function(*shape, between, along, first, seed, id(widths), id(table), *map(id, arrays))


def _check(array: Array, dtype: np.dtype[Any], size: int) -> None:
    if array.dtype != dtype or array.size < size or not (array.flags.c_contiguous and array.flags.aligned):
        raise TypeError(f'a loop cannot take an array of {array.dtype} and the shape {array.shape}: {size} of {dtype}')


def compiled(program: Program, layout: Layout) -> Loop:
    """The loop of a program."""
    return Loop(Printer(program, layout))
