"""Functions of NumPy that move or join values, or ask for no value; a line each. Every other one is a TypeError."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from . import arithmetic
from .casts import exact
from .operators import Operators, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .array import FixedArray

_MOVING = {
    *(
        np.atleast_1d,
        np.atleast_2d,
        np.broadcast_to,
        np.copy,
        np.diagonal,
        np.expand_dims,
        np.flip,
        np.moveaxis,
        np.ravel,
    ),
    *(np.repeat, np.reshape, np.roll, np.squeeze, np.swapaxes, np.take, np.tile, np.transpose),
}
_JOINING = {np.concatenate, np.stack, np.hstack, np.vstack}
_ASKING = {np.shape, np.ndim, np.size}
_METHODS = {np.sum: 'sum', np.dot: 'dot', np.max: 'max', np.min: 'min'}


def call(function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> object:
    """What `function` of NumPy gives for these arguments, of which one is values."""
    first, *others = arguments
    if function in _MOVING:
        return first.moved(lambda x: function(x, *others, **options))
    if function in _ASKING:
        return function(first.codes, *others, **options)
    if function in _METHODS:
        values = first if isinstance(first, Operators) else of(first)
        return getattr(values, _METHODS[function])(*others, **options)
    if function in _JOINING:
        return _joined(first, lambda parts: function(parts, *others, **options))
    if function is np.where and len(others) == 2:
        return _joined(others, lambda parts: np.where(first, *parts))
    if function is np.array_equal and not options:
        return np.shape(first) == np.shape(others[0]) and bool(np.all(first == others[0]))
    raise TypeError(refusal(function.__name__))


def of(x: object) -> FixedArray:
    """Values as they are, numbers as values."""
    from .array import FixedArray

    return x if isinstance(x, FixedArray) else FixedArray._made(exact(x))


def _joined(parts: Iterable[Any], function: Callable[[list[Any]], Any]) -> FixedArray:
    """Values in the format that holds those of all, which is that of all if they have one."""
    values = [of(part) for part in parts]
    spec = values[0].spec
    if any(part.spec != spec for part in values):
        spec = reduce(arithmetic.either, (part.spec for part in values))
    dtype = arithmetic.holder(spec)
    codes = function([part.codes.astype(dtype) << spec.f - part.spec.f for part in values])
    flags = function([part._flags for part in values])
    return values[0]._made(arithmetic.Result(np.asarray(codes, dtype), spec), np.asarray(flags))
