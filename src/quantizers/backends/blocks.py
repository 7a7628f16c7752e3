"""What a block format is to an array library, and where the blocks of an array lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from .._maths.blocks import BlockLaw


class Blocks(Protocol):
    """A block format."""

    @property
    def law(self) -> BlockLaw:
        """What becomes of blocks."""

    @property
    def axis(self) -> int:
        """Along which they lie."""

    @property
    def size(self) -> int:
        """The numbers of one."""

    def as_layer(self) -> Any:
        """The layer of Keras that quantizes so."""

    @property
    def stochastic(self) -> bool:
        """Whether elements are rounded at random."""

    @property
    def rounding(self) -> str:
        """That of the elements."""


def axis_in(shape: Sequence[int | None], axis: int) -> int:
    """The axis, from 0 on, in an array of that shape. Raises ValueError where there is none of a known length."""
    if not -len(shape) <= axis < len(shape) or shape[axis] is None:
        raise ValueError(f"'x' must have an axis {axis} of a known length: its shape is {tuple(shape)}")
    return axis % len(shape)


def missing(length: int, size: int) -> int:
    """How many numbers the last block lacks."""
    return -length % size
