"""Codes and values of formats that float64 cannot hold: of fixed point in words, else one number at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from .._maths.floats import Exact
from ..backends.numpy.backend import exact_of
from ..backends.numpy.inputs import exact_number
from ..backends.numpy.run import BLOCK, to_float

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..backends.numpy.integers import WordCodes
    from .codecs import Codec
    from .coded import Coded

    Blocks = Iterable[tuple[NDArray[Any], NDArray[Any]]]

# larger than the largest value of fixed point
_INFINITY = 1 << 10_000


def exact_codes(spec: Coded, array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The codes, of the integer `dtype`, of real numbers that have one."""
    words = spec.word_codes
    if words is not None and array.dtype != object:
        return _word_codes(words, array, dtype)
    quantize, codec = exact_of(spec), spec.codec

    def code(item: Any) -> int:
        negative = item < 0 or (item == 0 and isinstance(item, float) and math.copysign(1, item) < 0)
        number = exact_number(item)
        if isinstance(number, float):
            if math.isnan(number):
                return codec.special(number)
            if not codec.takes_infinity:
                number = -_INFINITY if negative else _INFINITY
        return _code(codec, quantize(number), negative)

    return elementwise(code, array.astype(np.float64) if array.dtype.kind not in 'iuO' else array, dtype)


def _code(codec: Codec, value: Exact | float, negative: bool) -> int:
    return codec.special(value) if isinstance(value, float) else codec.code(Fraction(value), negative)


def _word_codes(codes_of: WordCodes, array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    whole = np.uint64 if array.dtype.kind == 'u' else np.int64
    codes, blocks = blocks_of(array, np.dtype(whole if array.dtype.kind in 'iub' else np.float64), dtype)
    for block, target in blocks:
        codes_of.put(block, target)
    return codes


def blocks_of(source: NDArray[Any], compute: np.dtype[Any], dtype: np.dtype[Any]) -> tuple[NDArray[Any], Blocks]:
    """A new array in the shape and memory order of `source`, and pairs of blocks: of `source`, cast, and of that."""
    flags: Any = ['external_loop', 'buffered', 'zerosize_ok', 'refs_ok']
    each: Any = [['readonly'], ['writeonly', 'allocate', 'no_subtype']]
    blocks: Any = np.nditer([source, None], flags, each, [compute, dtype], casting='unsafe', buffersize=BLOCK)
    return blocks.operands[1], blocks


def exact_code(spec: Coded, x: Exact) -> int:
    """The code of one exact number."""
    return _code(spec.codec, exact_of(spec)(x), x < 0)


def exact_values(spec: Coded, codes: NDArray[Any]) -> NDArray[Any]:
    """The values of codes: ints and Fractions."""
    return elementwise(spec.codec.value, codes, np.dtype(object))


def rounded_values(spec: Coded, codes: NDArray[Any]) -> NDArray[np.float64]:
    """The values of codes, rounded towards zero. ValueError for one beyond float64."""
    words = spec.word_codes
    if words is not None and words.decodes:
        whole = {'u': np.uint64, 'i': np.int64, 'O': object}[codes.dtype.kind]
        values, blocks = blocks_of(codes, np.dtype(whole), np.dtype(np.float64))
        for block, target in blocks:
            target[...] = words.decoded(block)
        return values
    value_of = spec.codec.value

    def rounded(code: int) -> float:
        value = value_of(code)
        if isinstance(value, float):
            return value
        if not -(1 << 1024) < value < 1 << 1024:
            raise ValueError(f'float64 cannot hold a value of {spec!r}; decode(..., exact=True) can')
        return to_float(value)

    return elementwise(rounded, codes, np.dtype(np.float64))


def elementwise(function: Callable[[Any], Any], array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """`function` of every element, as a Python number or text, in an array of the same shape."""
    result = np.empty(array.shape, dtype)
    flat = result.reshape(-1)
    flat[:] = [function(item) for item in array.reshape(-1).tolist()] if array.size else []
    return result
