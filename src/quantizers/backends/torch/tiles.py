"""How a kernel sees the elements of a tensor: three axes, in tiles, in the order in which they lie in memory."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ..program.arrangement import axes

# elements of a tile, and how many channels it has where these are next to one another
_TILE, _CHANNELS = 1024, 32
# so many programs are enough for every GPU; more tiles are one program's, up to so many
_PROGRAMS, _TILES = 2048, 32


class Plan(NamedTuple):
    """What the shapes and strides of one call say.

    Attributes:
        shape: of the result.
        order: the axes as they lie in memory, where that is another order.
        axes: the number of elements on the outer, the channel and the inner axis.
        spread: the shape of what is of channels, in the order of memory.
        sides: of a tile.
        tiles: how many are one program's, of gradients.
    """

    shape: tuple[int, ...]
    order: tuple[int, ...] | None
    axes: tuple[int, int, int]
    spread: tuple[int, ...]
    sides: tuple[int, int, int]
    tiles: int

    def programs(self, tiles: int) -> tuple[int, int]:
        """How many programs share the channels of a group, each with so many tiles, and how many groups there are."""
        outer, channels, inner = (-(-size // side) for size, side in zip(self.axes, self.sides, strict=True))
        return channels, -(-(outer * inner) // tiles)


@lru_cache(maxsize=4096)
def plan(own: tuple[int, ...], strides: tuple[int, ...] | None, widths: tuple[tuple[int, ...], ...]) -> Plan:
    """The plan for elements of a shape and of strides, and for widths; no strides where axes are to stay in order."""
    changing = np.broadcast_shapes(*widths)
    shape = np.broadcast_shapes(own, changing)
    changing = (1,) * (len(shape) - len(changing)) + changing
    order = order_in_memory(own, strides) if strides is not None and own == shape else None
    in_memory = range(len(shape)) if order is None else order
    whole, changing = (tuple(sizes[n] for n in in_memory) for sizes in (shape, changing))
    three = axes(whole, changing)
    a, b, c = three.shape
    # channels on the second axis
    sizes = (1, c, 1) if three.each else (a * b, c, 1) if three.widths[2] > 1 else (a, b, c)
    sides = _sides(*sizes)
    tiles = math.prod(-(-size // side) for size, side in zip(sizes, sides, strict=True))
    each = 1 if three.each else min(max(tiles // _PROGRAMS, 1), _TILES)
    return Plan(shape, order, sizes, whole if three.each else changing, sides, each)


def order_in_memory(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, ...] | None:
    """The axes in the order in which elements lie one after the other in memory; None where they do not."""
    order = tuple(sorted(range(len(shape)), key=lambda n: (-strides[n], -shape[n])))
    size = 1
    for n in reversed(order):
        if shape[n] > 1 and strides[n] != size:
            return None
        size *= shape[n]
    return order


def _sides(outer: int, channels: int, inner: int) -> tuple[int, int, int]:
    """The sides of a tile, few powers of two, as Triton compiles a kernel anew for each."""
    c = next(side for side in (1, 16, 128, _TILE) if side >= inner or side == _TILE)
    most = _TILE // c
    b = 1 if channels == 1 else most if outer == 1 else min(most, _CHANNELS)
    return most // b, b, c
