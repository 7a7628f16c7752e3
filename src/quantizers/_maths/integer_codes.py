"""Fixed point on integers: rounding and overflow of codes that no float holds.

A number in steps is its sign, the whole part of its magnitude, and two bits of what is below: `half`, the bit of value
1/2, and `rest`, whether anything is below that. The functions take Python's ints and bools, or arrays of them in words
(`backends.numpy.words`); `xp` offers `where`, and

- `ones(n)`: the number of `n` bits that are all 1, 0 for n < 1; `bit(n)`: the number `2^n`.
- `plus(number, flag)`: the number, plus 1 where `flag` is.
- `negated(number, where)`: the negative, in two's complement, of the number where `where` is.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import product
from operator import xor
from typing import Any, NamedTuple

from . import exact
from .rounding import FORMULAS, Formula

# a magnitude, a code or a flag: Python's ints and bools, or arrays of them in words
Bits = Any
# what has the functions above
Arithmetic = Any


class Codes(NamedTuple):
    """What the functions need of `k`, the width W and N."""

    signed: Bits  # a bool, or an array of them
    high: Bits  # the largest magnitude of a code that is not negative, and of one that is
    low: Bits
    mask: Bits  # the W bits of a code
    sign: Bits  # the bit W-1 where signed, else 0
    next: Bits  # the bit W
    kept: Bits  # the bits that N saturation bits leave
    over: Bits  # the bits that they set
    under: Bits
    probe: Bits  # the bit that WRAP_SM asks whether to invert, N > 0


def make_codes(xp: Arithmetic, k: Bits, width: Bits, overflow: str, saturation_bits: int) -> Codes:
    """The constants of a format; `k` and `width` are ints, or arrays of them, `width` at least `k`."""
    signed, rest = k > 0, width - saturation_bits
    ones, bit = xp.ones, xp.bit
    set_bits = ones(width) ^ ones(rest) if saturation_bits else ones(0)
    sign = xp.where(signed, bit(width - 1), ones(0))
    return Codes(
        signed=signed,
        high=ones(width - k),
        low=xp.where(signed, ones(width - 1) if overflow == 'SAT_SYM' else bit(width - 1), ones(0)),
        mask=ones(width),
        sign=sign,
        next=bit(width),
        kept=ones(rest),
        over=set_bits & ~sign,
        under=xp.where(signed, set_bits & sign, set_bits),
        probe=bit(rest if saturation_bits > 1 else width - 1),
    )


def away_from_zero(rounding: str, half: Bits, rest: Bits, negative: Bits, odd: Bits) -> Bits:
    """Whether the magnitude is rounded up; a plain bool where the mode asks for no bit."""
    return _entry(_table(FORMULAS[rounding]), half, rest, negative, odd)


@cache
def _table(formula: Formula) -> tuple[bool, ...]:
    """What a mode does for each of the four bits, in the order of the arguments above."""
    up = []
    for half, rest, negative, odd in product((0, 1), repeat=4):
        y = 2 + odd + Fraction(2 * half + rest, 4)
        up.append(abs(formula(exact.NAMESPACE, -y if negative else y)) > 2 + odd)
    return tuple(up)


def _entry(table: tuple[bool, ...], *bits: Bits) -> Bits:
    """The entry that the bits choose, the highest first: as `off ^ (bit & change)` without plain bools."""
    if len({*table}) == 1:
        return table[0]
    bit, *others = bits
    off, on = table[: len(table) // 2], table[len(table) // 2 :]
    if off == on:
        return _entry(off, *others)
    change = _entry(tuple(map(xor, off, on)), *others)
    changed = bit if change is True else bit & change
    return _entry(off, *others) ^ changed if any(off) else changed


def code(
    xp: Arithmetic,
    rounding: str,
    overflow: str,
    saturation_bits: int,
    codes: Codes,
    negative: Bits,
    whole: Bits,
    half: Bits,
    rest: Bits,
) -> Bits:
    """The code, in two's complement with its sign in all higher bits; `codes` are the constants of the format."""
    up = away_from_zero(rounding, half, rest, negative, (whole & xp.bit(0)) != 0)
    rounded = whole if up is False else xp.plus(whole, up)
    bound = xp.where(negative, codes.low, codes.high)
    outside = rounded > bound
    if overflow in ('SAT', 'SAT_SYM'):
        return xp.negated(xp.where(outside, bound, rounded), negative)
    if overflow == 'SAT_ZERO':
        return xp.negated(xp.where(outside, xp.ones(0), rounded), negative)
    two = xp.negated(rounded, negative)
    bits = two & codes.mask
    if overflow == 'WRAP_SM':
        if saturation_bits:
            found = ((bits & codes.probe) != 0) ^ negative
            inverted = found if saturation_bits == 1 else found ^ True
        else:
            # the bit W of the floor: of the magnitude's complement where something is below, or in the bits kept
            below = half | rest | ((whole & codes.mask) != 0)
            lowest_deleted = ((whole & codes.next) != 0) ^ (negative & below)
            inverted = lowest_deleted ^ ((bits & codes.sign) != 0)
        bits = xp.where(inverted & codes.signed, bits ^ codes.mask, bits)
    if saturation_bits:
        bits = (bits & codes.kept) | xp.where(negative, codes.under, codes.over)
    bits = xp.where((bits & codes.sign) != 0, bits | ~codes.mask, bits)
    return xp.where(outside, bits, two)
