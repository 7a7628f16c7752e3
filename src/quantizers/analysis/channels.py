"""Where the channels of a tensor lie among its elements."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Channels(NamedTuple):
    """The channels of an array, which are the indices of one axis."""

    number: int
    inner: int  # how many elements of one lie side by side

    @classmethod
    def of(cls, shape: tuple[int, ...], axis: int, *, fortran_order: bool = False) -> Channels:
        """Those of the axis, which is one of `shape`, in an array whose elements are in the order of C or Fortran."""
        axis %= len(shape)
        return cls(shape[axis], int(np.prod(shape[:axis] if fortran_order else shape[axis + 1 :], dtype=np.int64)))

    def at(self, start: int, size: int) -> NDArray[np.intp]:
        """The channel of each of `size` elements from `start` on."""
        if self.number <= 1:
            return np.zeros(size, np.intp)
        return np.arange(start, start + size) // max(self.inner, 1) % self.number
