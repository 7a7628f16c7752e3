"""Codes and values of formats that float64 cannot hold: of fixed point in words, else one number at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ._backends._numpy import exact_of
from ._backends._numpy_integers import MAX_WIDTH, word_codes
from ._backends._numpy_run import BLOCK, to_float
from ._maths.exact import leading_power
from ._maths.floats import Exact, times_power

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .formats import MinifloatQ, Spec

    Blocks = Iterable[tuple[NDArray[Any], NDArray[Any]]]

# larger than the largest value of any format
_INFINITY = 1 << 10_000


def exact_codes(spec: Any, array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The codes, of the integer `dtype`, of real numbers that have one."""
    if spec.kind not in ('minifloat', 'binary') and spec.width <= MAX_WIDTH:
        return _word_codes(spec, array, dtype)
    quantize = exact_of(spec)

    def code(number: Any) -> int:
        negative = number < 0 or (number == 0 and np.signbit(number))
        if isinstance(number, float):
            exact = Fraction(number) if np.isfinite(number) else (-_INFINITY if negative else _INFINITY)
        else:
            exact = int(number)
        return _code_of_value(spec, Fraction(quantize(exact)), negative)

    return elementwise(code, array.astype(np.float64) if array.dtype.kind not in 'iu' else array, dtype)


def _word_codes(spec: Any, array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    codes_of = word_codes(spec.k, spec.width, spec.f, spec.rounding, spec.overflow, spec.saturation_bits)
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


def exact_code(spec: Spec, x: Exact) -> int:
    """The code of one exact number."""
    return _code_of_value(spec, Fraction(exact_of(spec)(x)), x < 0)


def _code_of_value(spec: Any, value: Fraction, negative: bool) -> int:
    if spec.kind == 'binary':
        return int(value > 0)
    if spec.kind != 'minifloat':
        return int(value * times_power(1, spec.f))
    sign: int = int(negative) << (spec.bits - 1)
    return sign | minifloat_bits(spec, abs(value))


def exact_values(spec: Spec, codes: NDArray[Any]) -> NDArray[Any]:
    """The values of codes: ints and Fractions."""
    return elementwise(_value_of(spec), codes, np.dtype(object))


def rounded_values(spec: Spec, codes: NDArray[Any]) -> NDArray[np.float64]:
    """The values of codes, rounded towards zero. ValueError for one beyond float64."""
    value_of = _value_of(spec)

    def rounded(code: int) -> float:
        value = value_of(code)
        if not -(1 << 1024) < value < 1 << 1024:
            raise ValueError(f'float64 cannot hold a value of {spec!r}; decode(..., exact=True) can')
        return to_float(value)

    return elementwise(rounded, codes, np.dtype(np.float64))


def _value_of(spec: Spec) -> Callable[[int], Exact]:
    if spec.kind == 'binary':
        return lambda code: 2 * code - 1
    if spec.kind != 'minifloat':
        return lambda code: times_power(code, -spec.f)
    return lambda bits: _minifloat_value(spec, bits)


def elementwise(function: Callable[[Any], Any], array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """`function` of every element, as a Python number or text, in an array of the same shape."""
    result = np.empty(array.shape, dtype)
    flat = result.reshape(-1)
    flat[:] = [function(item) for item in array.reshape(-1).tolist()] if array.size else []
    return result


def minifloat_bits(spec: MinifloatQ, magnitude: Fraction) -> int:
    """The bits, less the sign, of a non-negative value of the format."""
    power = Fraction(max(leading_power(magnitude), times_power(1, spec.emin)))
    exponent = power.numerator.bit_length() - power.denominator.bit_length()
    significand = int(magnitude / times_power(1, exponent - spec.mantissa_bits))
    # the hidden one of the significand, where there is one, adds to the exponent field
    return significand + ((exponent - spec.emin) << spec.mantissa_bits)


def _minifloat_value(spec: MinifloatQ, bits: int) -> Exact:
    sign = -1 if bits >> (spec.bits - 1) else 1
    exponent, mantissa = divmod(bits & ((1 << (spec.bits - 1)) - 1), 1 << spec.mantissa_bits)
    significand = mantissa + (1 << spec.mantissa_bits if exponent else 0)
    return times_power(sign * significand, max(exponent - 1, 0) + spec.emin - spec.mantissa_bits)
