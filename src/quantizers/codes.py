"""Values to raw bits and back, exact at any width.

A code of a fixed-point format is the integer `c` of the value `c * 2^-f`; the codes of minifloat and binary are their
raw bits. Raw bits are unsigned: two's complement for signed fixed point, sign-exponent-mantissa for a minifloat.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ._backends._numpy import as_real_array, backend, exact_of, to_float
from ._maths.floats import Exact, float_format, times_power
from ._minifloat_bits import exact_minifloat_bits, exact_minifloat_value, minifloat_bits, minifloat_values

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from .formats import FixedQ, MinifloatQ, Spec, TernaryQ

# larger than the largest value of any format
_INFINITY = 1 << 10_000
_DIGITS = {16: ('hexadecimal', re.compile(r'(0[xX])?[0-9a-fA-F]+')), 2: ('binary', re.compile(r'(0[bB])?[01]+'))}


def encode(spec: Spec, x: ArrayLike) -> NDArray[Any]:
    """The codes of `spec(x)`, elementwise, exact for every width from the input as it was given.

    Returns the smallest integer dtype that holds every code of the format, signed for a signed format; Python ints in
    an object array above 64 bits. A minifloat's codes are its raw bits, so -0 survives.

    Raises ValueError for NaN, and for Inf under WRAP and WRAP_SM: they have no code. TypeError where `x` is no real
    number.
    """
    array = np.asarray(as_real_array(x))
    _check_codable(spec, array)
    low, high = code_range(spec)
    dtype = _integer_dtype(low, high)
    if spec.kind == 'binary':
        return np.asarray((array > 0).astype(dtype))
    if not spec.fits('float64'):
        return _encode_exactly(spec, array, dtype)
    values = backend.quantize(spec, array if array.dtype.kind in 'iu' else array.astype(np.float64))
    if spec.kind == 'minifloat':
        return minifloat_bits(spec, values).astype(dtype)
    return np.asarray(np.ldexp(values, spec.f).astype(dtype))


def decode(spec: Spec, code: ArrayLike, *, exact: bool = False) -> NDArray[Any]:
    """The values of codes, as `encode` gives them, elementwise: float64, or ints and Fractions with `exact=True`.

    Where float64 cannot hold a value it is rounded towards zero. Raises ValueError for a code outside the format, and
    for a value beyond float64 (use `exact=True`); TypeError where `code` is not of integers.
    """
    codes = _integers('code', code)
    low, high = code_range(spec)
    _check_range(codes, low, high, f'codes of {spec!r} run from {low} to {high}')
    if exact or not spec.fits('float64'):
        value = _exact_value(spec)
        if exact:
            return _map(value, codes, np.dtype(object))
        return _map(lambda c: _to_float(spec, value(c)), codes, np.dtype(np.float64))
    if spec.kind == 'binary':
        return np.asarray(codes.astype(np.float64) * 2 - 1)
    if spec.kind == 'minifloat':
        return minifloat_values(spec, codes.astype(np.int64))
    return np.asarray(np.ldexp(codes.astype(np.float64), -spec.f))


def to_bits(spec: Spec, x: ArrayLike) -> NDArray[Any]:
    """The raw bits of `spec(x)` as the smallest unsigned dtype of at least `spec.bits` bits; object above 64.

    Raises as `encode` does.
    """
    codes = encode(spec, x)
    dtype = _integer_dtype(0, (1 << spec.bits) - 1)
    if dtype == object:
        return _map(lambda c: c & ((1 << spec.bits) - 1), codes, dtype)
    unsigned = codes.astype(dtype)
    return np.asarray(unsigned & dtype.type((1 << spec.bits) - 1))


def from_bits(spec: Spec, bits: ArrayLike, *, exact: bool = False) -> NDArray[Any]:
    """The values of raw bits. Bits outside the width are a ValueError; else as `decode`."""
    raw = _integers('bits', bits)
    _check_range(raw, 0, (1 << spec.bits) - 1, f'{spec!r} has {spec.bits} bits')
    if not getattr(spec, 'signed', False):
        return decode(spec, raw, exact=exact)
    half, full = 1 << (spec.bits - 1), 1 << spec.bits
    if spec.bits > 62 or raw.dtype == object:
        return decode(spec, _map(lambda b: b - full if b >= half else b, raw, np.dtype(object)), exact=exact)
    signed = raw.astype(np.int64)
    return decode(spec, signed - full * (signed >= half), exact=exact)


def to_text(spec: Spec, x: ArrayLike, base: int) -> NDArray[np.str_]:
    """The raw bits of `spec(x)` as text in base 16 or 2, all of the same length, without a prefix."""
    digits = spec.bits if base == 2 else -(-spec.bits // 4)
    form = f'0{digits}{"b" if base == 2 else "x"}'
    return _map(lambda b: format(b, form), to_bits(spec, x), np.dtype(f'U{digits}'))


def from_text(spec: Spec, text: ArrayLike, base: int, *, exact: bool = False) -> NDArray[Any]:
    """The values of raw bits written in base 16 or 2 (a prefix 0x or 0b is taken). ValueError for any other text."""
    name, pattern = _DIGITS[base]

    def number(item: Any) -> int:
        if not (isinstance(item, str) and pattern.fullmatch(item)):
            raise ValueError(f"'text' must be of {name} digits: {item!r}")
        return int(item, base)

    return from_bits(spec, _map(number, np.asarray(text), np.dtype(object)), exact=exact)


def values(spec: Spec) -> NDArray[Any]:
    """All values of a format, ascending, each once."""
    low, high = code_range(spec)
    if spec.kind == 'minifloat':
        magnitudes = decode(spec, np.arange(1 << (spec.bits - 1)), exact=not spec.fits('float64'))
        return np.concatenate([-magnitudes[:0:-1], magnitudes])
    return decode(spec, np.arange(low, high + 1), exact=not spec.fits('float64'))


def fits(spec: Spec, dtype: DTypeLike) -> bool:
    """Whether a floating dtype holds every value of the format."""
    name = dtype if isinstance(dtype, str) and dtype == 'bfloat16' else np.dtype(dtype).name
    float_type = float_format(name)
    if spec.kind == 'binary':
        return True
    significant = spec.mantissa_bits + 1 if spec.kind == 'minifloat' else spec.i + spec.f
    return float_type.holds(spec.eps, max(spec.max, -spec.min), significant)


def code_range(spec: Any) -> tuple[int, int]:
    """The smallest and the largest code."""
    if spec.kind in ('minifloat', 'binary'):
        return 0, (1 << spec.bits) - 1
    high = (1 << (spec.width - spec.k)) - 1
    if not spec.signed:
        return 0, high
    return (-high if spec.overflow == 'SAT_SYM' else -high - 1), high


def _to_float(spec: Spec, value: Exact) -> float:
    if not -(1 << 1024) < value < 1 << 1024:
        raise ValueError(f'float64 cannot hold a value of {spec!r}; decode(..., exact=True) can')
    return to_float(value)


def _check_codable(spec: Spec, array: NDArray[Any]) -> None:
    if array.dtype.kind in 'iub':
        return
    if np.isnan(array).any():
        raise ValueError("'x' must have no NaN to be encoded: NaN has no code")
    if getattr(spec, 'overflow', '').startswith('WRAP') and np.isinf(array).any():
        raise ValueError(f"'x' must have no Inf to be encoded under {spec.overflow}: Inf has no code there")  # type: ignore[union-attr]


def _encode_exactly(spec: FixedQ | MinifloatQ | TernaryQ, array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    quantize = exact_of(spec)

    def code(number: Any) -> int:
        negative = number < 0 or (number == 0 and np.signbit(number))
        if isinstance(number, float):
            exact = Fraction(number) if np.isfinite(number) else (-_INFINITY if negative else _INFINITY)
        else:
            exact = int(number)
        value = Fraction(quantize(exact))
        if spec.kind != 'minifloat':
            return int(value * times_power(1, spec.f))
        return exact_minifloat_bits(spec, abs(value)) | (int(negative) << (spec.bits - 1))

    return _map(code, array.astype(np.float64) if array.dtype.kind not in 'iu' else array, dtype)


def _exact_value(spec: Spec) -> Callable[[int], Exact]:
    if spec.kind == 'binary':
        return lambda code: 2 * code - 1
    if spec.kind != 'minifloat':
        return lambda code: times_power(code, -spec.f)
    return lambda bits: exact_minifloat_value(spec, bits)


def _integer_dtype(low: int, high: int) -> np.dtype[Any]:
    for size in (8, 16, 32, 64):
        if low >= 0 and high < 1 << size:
            return np.dtype(f'uint{size}')
        if low < 0 and low >= -(1 << (size - 1)) and high < 1 << (size - 1):
            return np.dtype(f'int{size}')
    return np.dtype(object)


def _integers(name: str, codes: ArrayLike) -> NDArray[Any]:
    array = np.asarray(codes)
    if array.size == 0 and not isinstance(codes, np.ndarray):
        return array.astype(np.int64)
    if array.dtype.kind in 'iu':
        return array
    if not isinstance(codes, np.ndarray):
        # NumPy makes floats of Python ints around 2^63
        array = np.asarray(codes, object)
    if array.dtype == object and all(isinstance(c, int) and not isinstance(c, bool) for c in array.flat):
        return array
    raise TypeError(f'{name!r} must be an array of integers: dtype {array.dtype}')


def _check_range(codes: NDArray[Any], low: int, high: int, rule: str) -> None:
    if codes.size and (int(codes.min()) < low or int(codes.max()) > high):
        wrong = codes.min() if int(codes.min()) < low else codes.max()
        raise ValueError(f'{rule}: {wrong}')


def _map(function: Callable[[Any], Any], array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """`function` of every element, as a Python number or text, in an array of the same shape."""
    result = np.empty(array.shape, dtype)
    flat = result.reshape(-1)
    flat[:] = [function(item) for item in array.reshape(-1).tolist()] if array.size else []
    return result
