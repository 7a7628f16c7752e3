"""Arrays of values to arrays of raw bits and back; of dask lazily, block by block."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from .._checks.capabilities import Capability, require
from .._checks.shown import shown
from .._maths.floats import float_format
from ..backends.numpy.backend import backend
from ..backends.numpy.inputs import as_array, as_real_array, exact_number
from ..backends.subnormals import keeps_subnormals
from .blocks import lazily
from .digits import read_digits, write_digits
from .exact import blocks_of, exact_codes, exact_values, rounded_values
from .plan import decoder, encoder

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from .coded import Coded


@lazily
@keeps_subnormals
def encode(spec: Coded, x: ArrayLike) -> NDArray[Any]:
    """The codes of `spec(x)`, elementwise, exact for every width from the input as it was given.

    That may be numbers of Python, too, one, a list or an object array of them: ints of any size, Fractions, Decimals.

    Returns the smallest integer dtype that holds every code of the format, signed for a signed format; Python ints in
    an object array above 64 bits. The codes of small floats are their raw bits, so that -0 survives where they have it;
    every NaN gets the same code.

    Raises ValueError for NaN where it has no code, for Inf under WRAP and WRAP_SM, and for masked entries. TypeError
    where `x` is no real number.
    """
    require(spec, Capability.CODES)
    array = codable(x)
    dtype = _integer_dtype(*code_range(spec))
    plan = None if array.dtype == object else encoder(spec, array.dtype)
    if plan is None:
        _check_codable(spec, array)
        return exact_codes(spec, array, dtype)
    if array.dtype.kind in 'iu' and array.dtype.itemsize == 8:
        # not all of these are numbers of float64, but their results are
        array = backend.quantize(spec, array)
    compute, convert, beyond = plan
    codes, blocks = blocks_of(array, compute, dtype)
    kernel, takes_numbers = backend.kernel(spec, compute.name, array.size), spec.codec.takes_numbers
    with np.errstate(all='ignore'):
        for block, target in blocks:
            values = block if takes_numbers else kernel(block)
            if spec.codec.nan is None and isnan(np.maximum.reduce(values)):
                _check_codable(spec, array)
            convert(values, target)
            if beyond is not None:
                beyond(block, target)
    return codes


@lazily
@keeps_subnormals
def decode(spec: Coded, code: ArrayLike, *, exact: bool = False) -> NDArray[Any]:
    """The values of codes, as `encode` gives them, elementwise: float64, or ints and Fractions with `exact=True`.

    Inf and NaN are floats in both.

    Where float64 cannot hold a value it is rounded towards zero. Raises ValueError for a code outside the format, and
    for a value beyond float64 (use `exact=True`); TypeError where `code` is not of integers.
    """
    codes = as_codes(spec, code)
    if exact:
        return exact_values(spec, codes)
    plan = decoder(spec)
    if plan is None:
        return rounded_values(spec, codes)
    if codes.dtype == object:
        codes = codes.astype(_integer_dtype(*code_range(spec)))
    compute, convert = plan
    values, blocks = blocks_of(codes, compute, np.dtype(np.float64))
    with np.errstate(all='ignore'):
        for block, target in blocks:
            convert(block, target)
    return values


def as_codes(spec: Coded, code: ArrayLike) -> NDArray[Any]:
    """Codes of a format as an array of integers. ValueError for one outside of it, TypeError for what is no integer."""
    require(spec, Capability.CODES)
    codes = _integers('code', code)
    low, high = code_range(spec)
    _check_range(codes, low, high, f'codes of {spec!r} run from {low} to {high}')
    return codes


@lazily
def to_bits(spec: Coded, x: ArrayLike) -> NDArray[Any]:
    """The raw bits of `spec(x)` as the smallest unsigned dtype of at least `spec.bits` bits; object above 64.

    Raises as `encode` does.
    """
    codes = encode(spec, x)
    mask = (1 << spec.bits) - 1
    dtype = _integer_dtype(0, mask)
    if dtype == object:
        return np.asarray(codes & mask, object)
    bits = codes.view(dtype)
    bits &= dtype.type(mask)
    return bits


@lazily
def from_bits(spec: Coded, bits: ArrayLike, *, exact: bool = False) -> NDArray[Any]:
    """The values of raw bits. Bits outside the width are a ValueError; else as `decode`."""
    require(spec, Capability.CODES)
    raw, half, full = _integers('bits', bits), 1 << (spec.bits - 1), 1 << spec.bits
    _check_range(raw, 0, full - 1, f'{spec!r} has {spec.bits} bits')
    if code_range(spec)[0] >= 0:
        return decode(spec, raw, exact=exact)
    dtype = _integer_dtype(-half, half - 1)
    if dtype == object:
        raw = raw.astype(object)
        return decode(spec, np.where(raw >= half, raw - full, raw), exact=exact)
    codes = raw.astype(_integer_dtype(0, full - 1)).view(dtype)
    unused = 8 * dtype.itemsize - spec.bits
    codes <<= unused
    codes >>= unused
    return decode(spec, codes, exact=exact)


@lazily
def to_text(spec: Coded, x: ArrayLike, base: int) -> NDArray[np.str_]:
    """The raw bits of `spec(x)` as text in base 16 or 2, all of the same length, without a prefix."""
    return write_digits(to_bits(spec, x), spec.bits, base)


@lazily
def from_text(spec: Coded, text: ArrayLike, base: int, *, exact: bool = False) -> NDArray[Any]:
    """The values of raw bits written in base 16 or 2 (a prefix 0x or 0b is taken). ValueError for any other text."""
    return from_bits(spec, read_digits(text, base), exact=exact)


def values(spec: Coded) -> NDArray[Any]:
    """All values of a format, ascending, each once."""
    require(spec, Capability.CODES)
    return decode(spec, spec.codec.codes(), exact=not spec.fits('float64'))


def fits(spec: Coded, dtype: DTypeLike) -> bool:
    """Whether a floating dtype holds every value of the format."""
    name = dtype if isinstance(dtype, str) and dtype == 'bfloat16' else np.dtype(dtype).name
    return float_format(name).holds(spec.eps, max(spec.max, -spec.min), spec.significant_bits)


def code_range(spec: Coded) -> tuple[int, int]:
    """The smallest and the largest code."""
    return spec.codec.low, spec.codec.high


def codable(x: ArrayLike) -> NDArray[Any]:
    """An array of real numbers, or of numbers of Python as objects, none of them masked."""
    array = as_array(x)
    if isinstance(array, np.ma.MaskedArray) and np.ma.is_masked(array):
        raise ValueError("'x' must have no masked entries to be encoded: take x.compressed(), or x.filled(0)")
    return np.asarray(array if array.dtype == object else as_real_array(array))


def _check_codable(spec: Coded, array: NDArray[Any]) -> None:
    if array.dtype.kind in 'iub':
        return
    if array.dtype == object:
        # what is finite has a code
        array = np.array([n for n in map(exact_number, array.flat) if isinstance(n, float)], np.float64)
    if spec.codec.nan is None and np.isnan(array).any():
        raise ValueError("'x' must have no NaN to be encoded: NaN has no code")
    if spec.modes and spec.wraps and np.isinf(array).any():
        raise ValueError(f"'x' must have no Inf to be encoded under {spec.modes.overflow}: Inf has no code there")


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
    if array.dtype == object and all(issubclass(t, int) and t is not bool for t in {*map(type, array.flat)}):
        return array
    raise TypeError(f'{name!r} must be an array of integers: dtype {array.dtype}')


def _check_range(codes: NDArray[Any], low: int, high: int, rule: str) -> None:
    no_other = codes.dtype != object and low <= np.iinfo(codes.dtype).min and np.iinfo(codes.dtype).max <= high
    if no_other or codes.size == 0:
        return
    smallest, largest = int(codes.min()), int(codes.max())
    if smallest < low or largest > high:
        raise ValueError(f'{rule}: {shown(smallest if smallest < low else largest)}')
