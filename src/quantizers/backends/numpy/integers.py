"""Numbers that float64 cannot hold, or whose codes it cannot: quantized in integers of several words."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Any

import numpy as np

from ..._maths.floats import FLOATS
from ..._maths.integer_codes import code, make_codes
from ..._maths.law import Law
from ..._maths.laws import FixedLaw, FloatLaw
from ...modes import deterministic
from .run import to_float
from .words import BITS, WORD, Arithmetic, Words, bit_length, from_integers, towards_zero, truncated
from .xp import Array, where

# bits of codes that are made many at a time; wider ones go one by one, in Python's integers
MAX_WIDTH = 128
# up to here 2^f times a code of so many bits is a normal number of float64
_MAX_FRACTION = 800
# numbers of 53 bits rounded to odd are rounded right to so many
_MAX_MANTISSA = 50
# an exponent beyond every format
_FAR = 1 << 20


class WordCodes:
    """The codes of a fixed-point format.

    Args:
        k, width, f: ints, or integer arrays that broadcast with the numbers; `width` is at most MAX_WIDTH.
    """

    def __init__(
        self, k: int | Array, width: int | Array, f: int | Array, rounding: str, overflow: str, saturation_bits: int
    ) -> None:
        self._f, self._signed = np.asarray(f, np.int64), bool(np.all(k))
        self._short = bool(np.max(np.subtract(width, k)) <= FLOATS['float64'].precision)
        self._modes = deterministic(rounding), overflow, saturation_bits
        self._xp = Arithmetic(1 + -(-int(np.max(width)) // BITS))
        self._codes = make_codes(self._xp, np.asarray(k), np.asarray(width), overflow, saturation_bits)

    def __call__(self, x: Array) -> Words:
        """The codes of float64, int64 or uint64 in one axis, none of it NaN, in two's complement."""
        negative, magnitude, exponent = parts(x)
        shifted = self._xp.shifted(magnitude, exponent + self._f)
        return code(self._xp, *self._modes, self._codes, negative, *shifted)  # type: ignore[no-any-return]

    def put(self, x: Array, target: Array) -> None:
        """The codes into an array of the smallest dtype that holds them, Python's integers for more than 64 bits."""
        low, *others = self(x).words[:-1]
        if not others:
            target[...] = low.view(np.int64)
            return
        high = others[0].view(np.int64 if self._signed else WORD)
        target[...] = (high.astype(object) << BITS) | low.astype(object)

    def values(self, x: Array) -> Array:
        """The values of such numbers as float64, rounded towards zero."""
        codes = self(x)
        if self._short:
            return codes.words[0].view(np.int64) * np.ldexp(1.0, -self._f)
        return self._rounded(codes)

    @property
    def decodes(self) -> bool:
        """Whether all values are among the normal numbers of float64, but for bits too many."""
        return bool(np.all(np.abs(self._f) <= _MAX_FRACTION))

    def decoded(self, codes: Array) -> Array:
        """The values of codes, int64, uint64 or Python's, as float64, rounded towards zero; only where `decodes`."""
        if codes.dtype == object:
            return self._rounded(from_integers(codes, self._signed))
        negative, magnitude, _ = parts(codes)
        value = towards_zero(magnitude) * np.ldexp(1.0, -self._f)
        return where(negative, -value, value)  # type: ignore[no-any-return]

    def _rounded(self, codes: Words) -> Array:
        negative = codes.words[-1].view(np.int64) < 0
        magnitude = Words(*self._xp.negated(codes, negative).words[:-1])
        value = truncated(magnitude) * np.ldexp(1.0, -self._f)
        return where(negative, -value, value)  # type: ignore[no-any-return]


def parts(x: Array) -> tuple[Array, Array, Any]:
    """The sign, a whole magnitude in words, and the exponent of two: `x` is `+-magnitude * 2^exponent`.

    Infinity is a number beyond all formats.
    """
    if x.dtype.kind == 'u':
        return np.zeros(x.shape, bool), x, np.int64(0)
    if x.dtype.kind == 'i':
        return x < 0, np.abs(x).view(WORD), np.int64(0)
    bits = x.view(np.int64)
    exponent = (bits >> 52) & 0x7FF
    normal = exponent != 0
    magnitude = (bits & ((1 << 52) - 1)) | (normal.astype(np.int64) << 52)
    exponent -= normal
    exponent -= 1074
    if np.max(exponent, initial=0) == 972:
        exponent[exponent == 972] = _FAR
    return bits < 0, magnitude.view(WORD), exponent


def to_odd(x: Array) -> Array:
    """int64 or uint64 as float64, rounded to odd: what is rounded to at most 51 bits after that is as if `x` were."""
    negative, magnitude, _ = parts(x)
    one = WORD.type(1)
    drop = np.maximum(bit_length(magnitude) - 53, 0).astype(WORD)
    kept = magnitude >> drop
    lost = (kept << drop) != magnitude
    rounded = ((kept | (lost * one)) << drop).astype(np.float64)
    return where(negative, -rounded, rounded)  # type: ignore[no-any-return]


def integer_values(law: Law, x: Array, widths: tuple[Any, ...], quantize: Callable[..., Array]) -> Array:
    """Integers in one axis quantized, as float64: exact, or rounded towards zero where it cannot be.

    Args:
        widths: ints, or arrays in the shape of `x`.
        quantize: the same for float64, of `x` and the widths.
    """
    widths = law.whole(np, *widths)
    if isinstance(law, FixedLaw):
        k, i, f = widths
        able = (np.add(k, i) + f <= MAX_WIDTH) & (np.abs(f) <= _MAX_FRACTION)
        return _values(law, x, widths, able, partial(_fixed_values, law)) + 0.0  # fixed point has no -0
    if isinstance(law, FloatLaw):
        able = np.less_equal(widths[0], _MAX_MANTISSA)
        return _values(law, x, widths, able, lambda x, *widths: quantize(to_odd(x), *widths))
    return _values(law, x, widths, able=False, many=quantize)


def _fixed_values(law: FixedLaw, x: Array, k: int | Array, i: int | Array, f: int | Array) -> Array:
    modes = law.rounding, law.overflow, law.saturation_bits
    one_format = all(np.ndim(width) == 0 for width in (k, i, f))
    codes = word_codes(int(k), int(k + i + f), int(f), *modes) if one_format else WordCodes(k, k + i + f, f, *modes)
    return codes.values(x)


def _values(law: Law, x: Array, widths: tuple[Any, ...], able: bool | Array, many: Callable[..., Array]) -> Array:
    """`many(x, *widths)` where `able`; elsewhere one integer after the other, exactly."""
    if np.all(able):
        return many(x, *widths)
    quantizer = cache(law.exact)
    result = np.empty(x.shape)
    able, *each = (np.broadcast_to(item, x.shape) for item in (able, *widths))
    if able.any():
        result[able] = many(x[able], *(w[able] for w in each))
    for at in np.flatnonzero(~able):
        number = int(x[at])
        # a zero keeps the sign of its input, which an exact 0 has lost
        result[at] = to_float(quantizer(*(int(w[at]) for w in each))(number)) or math.copysign(0, number)
    return result


@lru_cache(maxsize=256)
def word_codes(k: int, width: int, f: int, rounding: str, overflow: str, saturation_bits: int) -> WordCodes:
    """See `WordCodes`."""
    return WordCodes(k, width, f, rounding, overflow, saturation_bits)
