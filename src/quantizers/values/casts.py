"""Numbers and codes into a format, and what became of them: which overflowed, and which lost bits."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._maths.exact import ExactFixed
from .._maths.floats import Exact, times_power
from ..backends.numpy.inputs import exact_number
from ..codes import code_range, decode, encode
from ..codes.arrays import codable
from ..formats import FixedQ
from ..formats.base import MAX_BITS
from ..modes import deterministic
from ..result_type import constants
from .arithmetic import LOST, OVERFLOWED, WORD, Flags, Integers, Operand, Result, holder, wrap
from .blocks import filled

_FAR = 1000  # from where 2^f may be no float
N = TypeVar('N')
End = tuple[N, bool]


def no_flags(codes: Integers) -> Flags:
    """Those of exact results."""
    return np.zeros(codes.shape, np.uint8)


def cast(a: Operand, spec: FixedQ) -> tuple[Integers, Flags]:
    """Codes of one format as those of another, by its modes."""
    down = a.spec.f - spec.f
    below, above = _codes_beyond(a.spec, spec)

    def put_flags(flags: Flags, codes: Integers) -> None:
        flags[...] = 0
        if down > 0:
            flags |= LOST * (_low_bits(codes, down) != 0)
        if above is not None:
            flags |= OVERFLOWED * (codes >= above)
        if below is not None:
            flags |= OVERFLOWED * (codes <= below)

    def put(to: Integers, flags: Flags, codes: Integers) -> None:
        put_flags(flags, codes)
        _round(to, codes, down, deterministic(spec.rounding))
        if below is not None or above is not None:
            _OVERFLOWS[spec.overflow](to, spec)

    room = max(a.spec.width, a.spec.width - down) + 1 < WORD and down + 1 < WORD
    if room and a.codes.dtype == holder(spec) and spec.overflow in _OVERFLOWS and not spec.saturation_bits:
        codes, flags = filled(put, (np.int64, np.uint8), a.codes)
        return codes, flags
    return _encoded(a, spec, down).astype(holder(spec), copy=False), filled(put_flags, (np.uint8,), a.codes)[0]


def _round(to: Integers, codes: Integers, down: int, rounding: str) -> None:
    """Codes with so many bits less."""
    if down <= 0:
        np.left_shift(codes, -down, out=to)
        return
    biases = _biases(rounding, down)
    if len({*biases}) == 1:
        np.add(codes, biases[0], out=to)
    else:
        np.take(np.array(biases), 2 * (codes < 0) + (codes >> down & 1), out=to)
        to += codes
    to >>= down


@lru_cache(maxsize=1024)
def _biases(rounding: str, down: int) -> tuple[int, ...]:
    """What makes the floor of codes what the mode rounds them to: for even and odd ones, then those below 0."""
    rounded, whole, biases = ExactFixed(1, 8, 0, rounding, 'SAT', 0), 1 << down, []
    for n in (2, 3, -4, -3):
        first, tie, last = (rounded(n + Fraction(j, 4)) != n for j in (1, 2, 3))
        # from so many units on a number is rounded up
        units = 1 if first else whole // 2 if tie else whole // 2 + 1 if last else whole
        biases.append(whole - units)
    return tuple(biases)


def _clip(codes: Integers, spec: FixedQ) -> None:
    low, high = code_range(spec)
    np.maximum(codes, low, out=codes)
    np.minimum(codes, high, out=codes)


def _drop(codes: Integers, spec: FixedQ) -> None:
    low, high = code_range(spec)
    codes[(codes < low) | (codes > high)] = 0


_OVERFLOWS = {'WRAP': wrap, 'SAT': _clip, 'SAT_SYM': _clip, 'SAT_ZERO': _drop}
"""What is done in words of int64; other modes, and what has no room there, go through `encode`."""


def _encoded(a: Operand, spec: FixedQ, down: int) -> Integers:
    """The codes: those of integers, in the format with its point so many places further right."""
    integer = spec.width + down
    if -MAX_BITS <= integer <= MAX_BITS:
        return encode(replace(spec, integer=integer), a.codes)
    return encode(spec, decode(a.spec, a.codes, exact=True))


def _low_bits(codes: Integers, count: int) -> Integers:
    """So many bits at the low end."""
    return codes if codes.dtype != object and count >= 64 else codes & ((1 << count) - 1)


@lru_cache(maxsize=1024)
def _codes_beyond(source: FixedQ, spec: FixedQ) -> tuple[int | None, int | None]:
    """The codes of one format from which on, down and up, another one is left; None where it has no such code."""
    (low, low_itself), (high, high_itself) = _ends(spec)
    scale = times_power(1, source.f - spec.f)
    low, high = low * scale, high * scale
    below = math.floor(low) if low_itself else math.ceil(low) - 1
    above = math.ceil(high) if high_itself else math.floor(high) + 1
    smallest, largest = code_range(source)
    return below if smallest <= below else None, above if largest >= above else None


@lru_cache(maxsize=256)
def _ends(spec: FixedQ) -> tuple[End[Fraction], End[Fraction]]:
    """From where numbers round to codes below and above all, in steps, and whether that number does so itself."""
    rounded = ExactFixed(1, spec.width + 2, 0, deterministic(spec.rounding), 'SAT', 0)

    def end(code: int, away: int) -> End[Fraction]:
        quarters = (code + away * Fraction(n, 4) for n in (1, 2, 3))
        first, tie, last = (rounded(number) != code for number in quarters)
        if first:
            return Fraction(code), False
        return (code + Fraction(away, 2), tie) if last else (Fraction(code + away), True)

    low, high = code_range(spec)
    return end(low, -1), end(high, 1)


def quantized(x: ArrayLike, spec: FixedQ) -> tuple[Integers, Flags]:
    """Codes and flags of numbers, as `encode` takes them."""
    array = codable(x)
    if array.dtype.kind in 'iub':
        return cast(_of_integers(array), spec)
    codes = encode(spec, array)
    if array.dtype == object:
        steps = [_in_steps(exact_number(item), spec.f) for item in array.reshape(-1).tolist()]
        lost = np.array([not isinstance(step, float) and step % 1 != 0 for step in steps], bool)
        flags = np.empty(array.shape, np.uint8)
        _put_flags(flags.reshape(-1), np.fromiter(steps, object, len(steps)), lost, *_ends(spec))
    else:
        ends = [_float_end(end, -spec.f) for end in _ends(spec)]

        def put(flags: Flags, block: NDArray[Any]) -> None:
            floats = block.astype(np.float64)
            scaled = floats * 2.0**spec.f if abs(spec.f) < _FAR else np.ldexp(floats, spec.f)
            _put_flags(flags, floats, (scaled != np.rint(scaled)) | ((scaled == 0) & (floats != 0)), *ends)

        with np.errstate(all='ignore'):
            flags = filled(put, (np.uint8,), array)[0]
    return codes.astype(holder(spec), copy=False), flags


def _in_steps(number: Exact | float, f: int) -> Exact | float:
    return number if isinstance(number, float) else number * times_power(1, f)


def _put_flags(flags: Flags, x: NDArray[Any], lost: NDArray[Any], low: End[Any], high: End[Any]) -> None:
    below = x <= low[0] if low[1] else x < low[0]
    above = x >= high[0] if high[1] else x > high[0]
    flags[...] = LOST * lost
    flags |= OVERFLOWED * below
    flags |= OVERFLOWED * above


def _float_end(end: End[Fraction], exponent: int) -> End[float]:
    """The same for floats: where float64 has not the number, one beside it, which is inside or not."""
    number = end[0] * times_power(1, exponent)
    try:
        near = float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf, True
    if near == number:
        return near, end[1]
    return near, (near > number) == (number > 0)


def _of_integers(array: NDArray[Any]) -> Result:
    """Integers in the format of their dtype."""
    bits = 8 * array.dtype.itemsize
    spec = FixedQ(bits, bits, array.dtype.kind == 'i')
    return Result(array.astype(holder(spec)), spec)


def exact(x: object) -> Result:
    """Numbers in the least format that has them all."""
    return _number(x) if isinstance(x, int | float | Fraction) else _exact(x)


def _exact(x: object) -> Result:
    array = codable(x)  # type: ignore[arg-type]  # which refuses what is no number
    spec = constants(array) if array.size else FixedQ(1, 1, False)
    return Result(encode(spec, array).astype(holder(spec), copy=False), spec)


_number = lru_cache(maxsize=1024, typed=True)(_exact)
