"""Which axes of a tensor have bit widths of their own."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod


def own_axes(
    granularity: str | None,
    axes: tuple[int, ...] | None,
    batch_axis: int | None,
    rank: int,
    channels_first: bool = False,
) -> tuple[int, ...]:
    """The axes with widths of their own, ascending and counted from 0. Raises ValueError for an axis that is none."""
    first = 0 if batch_axis is None else 1
    if axes is None:
        sample = range(first, rank)
        channels = sample[:1] if channels_first else sample[-1:]
        return tuple({'channel': channels, 'element': sample}.get(granularity or 'tensor', sample[:0]))
    own = sorted({axis % rank if -rank <= axis < rank else rank for axis in axes})
    if own and (own[-1] == rank or own[0] < first):
        raise ValueError(f"'axes' must be axes of an input of rank {rank}, without the batch: {axes}")
    return tuple(own)


def width_shape(shape: Sequence[int | None], own: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the widths of an input: 1 on the axes that share them, no leading axis without need."""
    if any(shape[axis] is None for axis in own):
        raise ValueError(f'axes with bit widths of their own ({own}) must have a known size: input shape {shape}')
    return tuple((shape[axis] or 0) if axis in own else 1 for axis in range(min(own, default=len(shape)), len(shape)))


def elements_per_width(shape: Sequence[int | None], own: tuple[int, ...], batch_axis: int | None) -> int:
    """How many elements share one width, for one sample; an axis of unknown size counts as one."""
    return prod(
        1 if size is None else size for axis, size in enumerate(shape) if axis not in own and axis != batch_axis
    )
