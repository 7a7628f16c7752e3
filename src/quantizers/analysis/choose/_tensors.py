"""What is left of tensors when their numbers were read, once and in pieces."""

from __future__ import annotations

from collections.abc import Iterator

from ..._checks.shown import shown
from ..streams import Finite, Piece
from ._goal import Goal
from ._statistics import Statistics


class Tensor:
    """The statistics of a tensor, and what in it is no finite number."""

    def __init__(self, statistics: Statistics) -> None:
        self.statistics = statistics
        self._finite = Finite()

    def add(self, piece: Piece) -> None:
        """Count some elements. ValueError for other channels than before."""
        if piece.channels != self.statistics.channels:
            raise ValueError(
                f'{shown(piece.name)}: all batches must have the same channels:'
                f' {self.statistics.channels}, {piece.channels}'
            )
        finite = self._finite.where(piece.values)
        self.statistics.add(piece.values[finite], piece.channel[finite])

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._finite.size

    def check(self, name: str) -> None:
        """ValueError for no elements, and for some that are not finite."""
        self._finite.check(name)


def read(source: Iterator[Piece], goal: Goal, bits: int) -> dict[str, Tensor]:
    """The tensors by name, for formats of up to so many bits.

    ValueError where there is none, and for one whose formats cannot be chosen.
    """
    tensors: dict[str, Tensor] = {}
    for piece in source:
        if piece.name not in tensors:
            statistics = Statistics(piece.channels, goal.rounding, bits, complete=bits == goal.widest)
            tensors[piece.name] = Tensor(statistics)
        tensors[piece.name].add(piece)
    if not tensors:
        raise ValueError("'x' must have a tensor: it is empty")
    for name, tensor in tensors.items():
        tensor.check(name)
    return tensors
