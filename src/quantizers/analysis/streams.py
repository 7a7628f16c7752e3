"""Numbers from wherever they are, in pieces with names: arrays, mappings, batches of either, files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from .._checks.shown import shown
from ..backends.numpy.inputs import as_real_array
from ..files.numbers import stored_numbers
from ..files.stored import CHUNK, StoredArray
from .channels import Channels

if TYPE_CHECKING:
    from rich.progress import Progress

Batch = TypeVar('Batch')
ALONE = 'x'  # the name of an array that has none
_EXACT_INTEGERS = 2**53


class Piece(NamedTuple):
    """Some elements of a tensor, as float64, the channel of each, and how many there are of the tensor at hand.

    They may have been divided by `2^exponent`.
    """

    name: str
    values: NDArray[np.float64]
    channel: NDArray[np.intp]
    channels: int
    of: int
    exponent: int = 0


class Finite:
    """Which numbers of a tensor, piece by piece, are finite, and what is said where not all are."""

    def __init__(self) -> None:
        self.size = self._nan = self._inf = 0
        self._first: int | None = None

    def where(self, values: NDArray[np.float64]) -> NDArray[np.bool_] | slice:
        """The finite numbers of a piece."""
        finite = np.isfinite(values)
        self.size += finite.size
        if finite.all():
            return slice(None)
        if self._first is None:
            self._first = self.size - finite.size + int(np.argmin(finite))
        nan = int(np.count_nonzero(np.isnan(values)))
        self._nan += nan
        self._inf += int(np.count_nonzero(~finite)) - nan
        return finite

    def check(self, name: str) -> None:
        """Refuse a tensor of no numbers, and one in which some are not finite."""
        if self._first is not None:
            raise ValueError(
                f'{shown(name)}: all numbers must be finite: {self._nan} NaN and {self._inf} Inf of {self.size}, the'
                f' first at the flat index {self._first}'
            )
        if not self.size:
            raise ValueError(f'{shown(name)}: must have an element at least: it is empty')


def pieces(x: Any, axis: int | None, max_size: int | None = None) -> Iterator[Piece]:
    """All elements of all tensors, piece by piece, once."""
    if isinstance(x, str | PathLike):
        with stored_numbers(Path(x), max_size) as arrays:
            for name, array in arrays.items():
                yield from _of_file(name, array, axis)
    elif isinstance(x, Mapping):
        yield from _named(x, axis)
    elif is_array(x):
        yield from _named({ALONE: x}, axis)
    else:
        for batch in x:
            yield from _named(batch if isinstance(batch, Mapping) else {ALONE: batch}, axis)


def whole_arrays(x: Any, max_size: int | None = None) -> Iterator[tuple[str, NDArray[Any]]]:
    """All tensors, or what a batch has of them, one after the other and each as a whole."""
    if isinstance(x, str | PathLike):
        with stored_numbers(Path(x), max_size) as arrays:
            for name, stored in arrays.items():
                _check_stored(name, stored)
                yield name, exact(name, stored.whole())
    elif isinstance(x, Mapping) or is_array(x):
        for name, array in _by_name(x if isinstance(x, Mapping) else {ALONE: x}):
            yield name, exact(name, array)
    else:
        for batch in x:
            yield from whole_arrays(batch if isinstance(batch, Mapping) else {ALONE: batch})


def with_bars(source: Iterator[Piece], *, whole: bool) -> Iterator[Piece]:
    """The pieces, with a bar on stderr for each tensor: it is known how much is left where none comes in batches."""
    with _bars('reading', 'numbers') as bars:
        tasks: dict[str, Any] = {}
        for piece in source:
            if piece.name not in tasks:
                tasks[piece.name] = bars.add_task(f' {piece.name!r}', total=piece.of if whole else None)
            yield piece
            bars.advance(tasks[piece.name], piece.values.size)


def with_bar(source: Iterator[Batch], total: int | None, size: Callable[[Batch], int]) -> Iterator[Batch]:
    """Batches of samples, with a bar on stderr: of how many in all, where that is known."""
    with _bars('computing', 'samples') as bars:
        task = bars.add_task('', total=total)
        for batch in source:
            yield batch
            bars.advance(task, size(batch))


def _bars(doing: str, what: str) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    text = f'{doing}{{task.description}}: {{task.completed:,.0f}} {what}'
    columns = TextColumn(text, markup=False), BarColumn(), TimeRemainingColumn()
    return Progress(*columns, console=Console(stderr=True), transient=True)


def is_array(x: object) -> bool:
    """Whether `x` is one array, and not an iterable of batches; a list of numbers, and of lists of numbers, is one."""
    if isinstance(x, list | tuple):
        return all(isinstance(part, int | float | list | tuple) and is_array(part) for part in x)
    return hasattr(x, 'dtype') or hasattr(x, '__array__') or not isinstance(x, Iterable)


def _by_name(tensors: Mapping[Any, Any]) -> Iterator[tuple[str, NDArray[Any]]]:
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not name:
            raise ValueError(f'the name of a tensor must be a non-empty string: {shown(name)}')
        if isinstance(tensor, np.ma.MaskedArray):
            raise TypeError(f'{shown(name)}: must have no mask; take what is to count, x.compressed(): MaskedArray')
        try:
            yield name, as_real_array(tensor)
        except TypeError as error:
            raise TypeError(f'{shown(name)}: {error}') from None


def _named(tensors: Mapping[Any, Any], axis: int | None) -> Iterator[Piece]:
    for name, array in _by_name(tensors):
        yield from _of_array(name, array, axis)


def _of_array(name: str, array: NDArray[Any], axis: int | None) -> Iterator[Piece]:
    channels = _channels(name, array.shape, axis, fortran_order=False)
    # NumPy iterates over 32 axes at most; of more, nearly all have one index
    flat = array.reshape(-1) if array.flags.c_contiguous or not array.size else np.squeeze(array).flat
    for start in range(0, max(array.size, 1), CHUNK):
        yield _piece(name, flat[start : start + CHUNK], start, channels, array.size)


def _check_stored(name: str, stored: StoredArray) -> None:
    """Refuse a file whose numbers are not real."""
    try:
        as_real_array(np.empty(0, stored.layout.dtype))
    except TypeError as error:
        raise ValueError(f'{stored.path}: {shown(name)}: {error}') from None


def _of_file(name: str, stored: StoredArray, axis: int | None) -> Iterator[Piece]:
    _check_stored(name, stored)
    shape, fortran_order = stored.layout.shape, stored.layout.fortran_order
    channels = _channels(name, shape, axis, fortran_order=fortran_order)
    start = 0
    for chunk in stored.chunks():
        yield _piece(name, chunk, start, channels, stored.layout.size)
        start += chunk.size
    if not start:
        yield _piece(name, np.empty(0, stored.layout.dtype), 0, channels, 0)


def _channels(name: str, shape: tuple[int, ...], axis: int | None, *, fortran_order: bool) -> Channels:
    if axis is None:
        return Channels(1, 1)
    if not -len(shape) <= axis < len(shape):
        raise ValueError(f"'axis' must be one of {shown(name)}, which has the shape {shape}: {shown(axis)}")
    return Channels.of(shape, axis, fortran_order=fortran_order)


def exact(name: str, numbers: NDArray[Any]) -> NDArray[Any]:
    """The numbers. Raises ValueError for integers that float64 cannot hold."""
    if numbers.dtype.kind in 'iu' and numbers.dtype.itemsize == 8 and numbers.size:
        largest = max(int(numbers.max()), -int(numbers.min()))
        if largest > _EXACT_INTEGERS:
            raise ValueError(f'{shown(name)}: integers must be within 2^53, to be exact as float64: {largest}')
    return numbers


def _piece(name: str, numbers: NDArray[Any], start: int, channels: Channels, of: int) -> Piece:
    values = exact(name, numbers).astype(np.float64)
    return Piece(name, values, channels.at(start, numbers.size), channels.number, of)
