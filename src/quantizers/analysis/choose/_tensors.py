"""What is left of tensors when their numbers were read, once and in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from ..._checks.shown import shown
from ..streams import Finite, Piece
from ._goal import Goal
from ._measure import Part
from ._statistics import Statistics

# Pieces go to these by turns, however many cores there are, so that sums are always the same.
LANES = 4
_FEW_CHANNELS = 64  # whose statistics are small enough to have them in each lane


class Tensor:
    """The statistics of a tensor, and what in it is no finite number."""

    def __init__(self, goal: Goal, channels: int, bits: int, size: int) -> None:
        self._channels, self._pieces = channels, 0
        self._finite = Finite()
        number = LANES if channels <= _FEW_CHANNELS else 1
        complete = bits == goal.widest
        missing = goal.family.missing
        self._lanes = [
            Statistics(channels, goal.family.rounding, bits, complete=complete, size=size, missing=missing)
            for _ in range(number)
        ]
        self._running: list[Future[None] | None] = [None] * number

    def add(self, piece: Piece, threads: ThreadPoolExecutor) -> None:
        """Count some elements. ValueError for other channels than before."""
        if piece.channels != self._channels:
            raise ValueError(
                f'{shown(piece.name)}: all batches must have the same channels: {self._channels}, {piece.channels}'
            )
        finite = self._finite.where(piece.values)
        lane = self._pieces % len(self._lanes)
        add, given = self._lanes[lane].add, (piece.values[finite], piece.channel[finite])
        if self._pieces:
            self._wait(lane)
            self._running[lane] = threads.submit(add, *given)
        else:  # it may be the only one, which needs no thread
            add(*given)
        self._pieces += 1

    def done(self) -> Statistics:
        """The statistics of all pieces."""
        for lane in range(len(self._lanes)):
            self._wait(lane)
        whole, *others = self._lanes
        for other in others:
            whole.add_all(other)
        return whole

    def _wait(self, lane: int) -> None:
        running = self._running[lane]
        if running is not None:
            running.result()

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._finite.size

    def check(self, name: str) -> None:
        """ValueError for no elements, and for some that are not finite."""
        self._finite.check(name)


class Read(NamedTuple):
    """What is known of a tensor: its numbers, by the powers of two that they were divided by, and how many they are."""

    parts: list[Part]
    size: int


def read(source: Iterator[Piece], goal: Goal, bits: int) -> dict[str, Read]:
    """The statistics of the tensors by name, for formats of up to so many bits, and how many elements they have.

    ValueError where there is none, and for one whose formats cannot be chosen.
    """
    tensors: dict[tuple[str, int], Tensor] = {}
    with ThreadPoolExecutor(LANES) as threads:
        for piece in source:
            key = piece.name, piece.exponent
            if key not in tensors:
                tensors[key] = Tensor(goal, piece.channels, bits, piece.of)
            tensors[key].add(piece, threads)
        if not tensors:
            raise ValueError("'x' must have a tensor: it is empty")
        found: dict[str, Read] = {}
        for (name, exponent), tensor in tensors.items():
            parts, size = found.get(name, Read([], 0))
            found[name] = Read([*parts, Part(exponent, tensor.done())], size + tensor.size)
    for (name, _), tensor in tensors.items():
        if tensor.size or not found[name].size:  # a batch of blocks may be empty
            tensor.check(name)
    return found
