"""Type hints of arrays: NumPy's by their names, those of other libraries, which are not imported, by what `-x` is."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypedDict

OnHost = NDArray[Any] | np.generic | complex | Fraction | Decimal | list[Any] | tuple[Any, ...]
"""What NumPy computes."""

Shape = TypeVar('Shape', bound=tuple[int, ...])
Float = TypeVar('Float', bound=np.float16 | np.float32 | np.float64 | np.complex64 | np.complex128)
"""The dtypes that a result has as its input."""

Tensor = TypeVar('Tensor')
Tensor_co = TypeVar('Tensor_co', covariant=True)


class Array(Protocol[Tensor_co]):
    """An array of another library, of which `-x` is what a function of `x` is: of a `torch.nn.Parameter` a Tensor."""

    def __neg__(self) -> Tensor_co:
        """The negative."""


class Training(TypedDict, total=False):
    """The options of training."""

    training: bool
    seed_gen: Any


class Options(Training, total=False):
    """The options of a call."""

    out: Any
    threads: int | None
