"""What arrays of values have of their shape, and what only moves elements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from types import EllipsisType
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arithmetic import Integers

if TYPE_CHECKING:
    from typing_extensions import Self

_One: TypeAlias = Union[int, slice, EllipsisType, ArrayLike, None]  # noqa: UP007  (ArrayLike is text on 3.10)
Index: TypeAlias = Union[_One, tuple[_One, ...]]  # noqa: UP007
Mover: TypeAlias = Callable[[NDArray[Any]], NDArray[Any]]


class Shaped(ABC):
    """An array by its codes."""

    _codes: Integers

    @abstractmethod
    def moved(self, function: Mover) -> Self:
        """What a function makes that only moves elements."""

    @property
    def shape(self) -> tuple[int, ...]:
        """As of NumPy's arrays."""
        return self._codes.shape

    @property
    def ndim(self) -> int:
        """As of NumPy's arrays."""
        return self._codes.ndim

    @property
    def size(self) -> int:
        """As of NumPy's arrays."""
        return self._codes.size

    @property
    def T(self) -> Self:  # noqa: N802  (NumPy's name)
        """The transposed array, of the same memory."""
        return self.moved(np.transpose)

    def reshape(self, *shape: int | tuple[int, ...]) -> Self:
        """As of NumPy's arrays, of the same memory where that can be."""
        return self.moved(lambda x: x.reshape(*shape))  # type: ignore[arg-type]

    def transpose(self, *axes: int) -> Self:
        """As of NumPy's arrays, of the same memory."""
        return self.moved(lambda x: x.transpose(*axes))

    def ravel(self) -> Self:
        """As of NumPy's arrays, of the same memory where that can be."""
        return self.moved(np.ravel)

    def copy(self) -> Self:
        """The same values in memory of their own, with their flags."""
        return self.moved(np.copy)

    def __getitem__(self, key: Index) -> Self:
        return self.moved(lambda x: np.asarray(x[key], x.dtype))  # type: ignore[index]

    def __len__(self) -> int:
        return len(self._codes)

    def __iter__(self) -> Iterator[Self]:
        return (self[j] for j in range(len(self)))
