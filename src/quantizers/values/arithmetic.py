"""One operation a function: the format of the result, as C++ has it, and the codes, which are exact.

Operands have codes that broadcast. Codes are int64 where those of their format all are, else Python's ints as objects.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.typing import DTypeLike, NDArray

from .. import result_type
from .._maths import result_type as shapes
from ..formats import FixedQ
from .blocks import filled

fixed = lru_cache(maxsize=1024)(FixedQ)
"""A format of default modes, made once."""
sum_of = lru_cache(maxsize=1024)(result_type.sum_of)

Integers = NDArray[Any]
Flags = NDArray[np.uint8]
Ufunc = Callable[..., Any]
OVERFLOWED, LOST = np.uint8(1), np.uint8(2)
WORD = 64
FLOAT = 53  # bits of the integers that float64 has


class Operand(Protocol):
    """Codes and their format."""

    @property
    def codes(self) -> Integers:
        """The integers."""

    @property
    def spec(self) -> FixedQ:
        """Their format."""


class Result(NamedTuple):
    """Codes and their format."""

    codes: Integers
    spec: FixedQ


def holder(spec: FixedQ) -> np.dtype[Any]:
    """The dtype of the codes of a format."""
    return integers(spec.width - spec.signed)


def integers(bits: int) -> np.dtype[Any]:
    """The dtype of integers of so many bits beside the sign."""
    return np.dtype(np.int64 if bits < WORD else object)


def _in_steps(ufunc: Ufunc, a: Operand, b: Operand, bits: int, dtype: DTypeLike) -> Integers:
    """`ufunc` of both in the finer one of their steps, in which neither they nor the result have more bits."""
    f, compute = max(a.spec.f, b.spec.f), integers(bits)
    up = f - a.spec.f, f - b.spec.f

    def put(to: Integers, x: Integers, y: Integers) -> None:
        ufunc(*moved_up(to, x, y, up, compute), out=to)

    return filled(put, (dtype,), a.codes, b.codes)[0]


def moved_up(
    to: Integers, x: Integers, y: Integers, up: tuple[int, int], compute: np.dtype[Any]
) -> tuple[Integers, Integers]:
    """Both times powers of two, one of which is 1; into `to`, where it is of the dtype."""
    x, y, out = x.astype(compute, copy=False), y.astype(compute, copy=False), to if to.dtype == compute else None
    return (
        np.left_shift(x, up[0], out=out) if up[0] else x,
        np.left_shift(y, up[1], out=out) if up[1] else y,
    )


def _linear(ufunc: Ufunc, a: Operand, b: Operand, spec: FixedQ) -> Result:
    dtype = holder(spec)
    return Result(_in_steps(ufunc, a, b, spec.width - spec.signed, dtype), spec)


def either(a: FixedQ, b: FixedQ) -> FixedQ:
    """The least format of both ranges and both steps, that of bitwise operators in C++."""
    return fixed(*shapes.either(a, b))


def plus(a: Operand, b: Operand) -> Result:
    """`a + b`."""
    return _linear(np.add, a, b, fixed(*shapes.plus(a.spec, b.spec)))


def minus(a: Operand, b: Operand) -> Result:
    """`a - b`."""
    return _linear(np.subtract, a, b, fixed(*shapes.minus(a.spec, b.spec)))


def larger(a: Operand, b: Operand) -> Result:
    """The larger one."""
    return _linear(np.maximum, a, b, either(a.spec, b.spec))


def smaller(a: Operand, b: Operand) -> Result:
    """The smaller one."""
    return _linear(np.minimum, a, b, either(a.spec, b.spec))


def times(a: Operand, b: Operand) -> Result:
    """`a * b`."""
    spec = fixed(*shapes.times(a.spec, b.spec))
    dtype = holder(spec)
    x, y = a.codes.astype(dtype, copy=False), b.codes.astype(dtype, copy=False)
    return Result(np.asarray(x * y, dtype), spec)


def compared(ufunc: Ufunc, a: Operand, b: Operand) -> NDArray[np.bool_]:
    """What a comparison says."""
    width, _, signed = shapes.either(a.spec, b.spec)
    return _in_steps(ufunc, a, b, width - signed, np.bool_)


def negative(a: Operand) -> Result:
    """`-a`."""
    spec = fixed(*shapes.negative(a.spec))
    return Result(_as(holder(spec), np.negative, a), spec)


def itself(a: Operand) -> Result:
    """`+a`."""
    return Result(a.codes.copy(), a.spec)


def absolute(a: Operand) -> Result:
    """`|a|`, without a sign bit."""
    spec = fixed(a.spec.width, a.spec.integer, False)
    return Result(_as(holder(spec), np.absolute, a), spec)


def _as(dtype: np.dtype[Any], ufunc: Ufunc, a: Operand) -> Integers:
    return np.asarray(ufunc(a.codes.astype(dtype, copy=False)), dtype)


def summed(a: Operand, axis: int | tuple[int, ...] | None, keepdims: bool) -> Result:
    """The sum over axes, or over all."""
    axes = None if axis is None else normalize_axis_tuple(axis, a.codes.ndim)
    terms = a.codes.size if axes is None else math.prod(a.codes.shape[j] for j in axes)
    spec = sum_of(a.spec, max(terms, 1))
    dtype = holder(spec)
    codes = a.codes.astype(dtype, copy=False).sum(axis=axis, keepdims=keepdims, dtype=dtype)
    return Result(np.asarray(codes, dtype), spec)


def contracted(ufunc: Ufunc, a: Operand, b: Operand) -> Result:
    """`np.matmul` or `np.dot`: sums of products, as many as the last axis of `a` is long."""
    terms = a.codes.shape[-1] if a.codes.ndim and b.codes.ndim else 1
    spec = sum_of(fixed(*shapes.times(a.spec, b.spec)), max(terms, 1))
    dtype = holder(spec)
    # no partial sum has more bits than the type: where float64 has them all, its sums are exact in any order, and fast
    fast = spec.width - spec.signed <= FLOAT and min(a.codes.ndim, b.codes.ndim) > 1
    compute = np.dtype(np.float64) if fast else dtype
    codes = ufunc(a.codes.astype(compute, copy=False), b.codes.astype(compute, copy=False))
    return Result(np.asarray(codes).astype(dtype, copy=False), spec)


def wrap(codes: Integers, spec: FixedQ) -> None:
    """The lowest bits of codes, as the format reads them, in their place."""
    if spec.signed and codes.dtype != object:
        unused = WORD - spec.width
        codes <<= unused
        codes >>= unused
    else:
        sign = (1 << spec.width) >> 1 if spec.signed else 0
        codes[...] = ((codes + sign) & ((1 << spec.width) - 1)) - sign
