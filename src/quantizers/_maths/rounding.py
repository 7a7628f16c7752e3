"""Rounding to an integer, one exact formula a mode.

`floor(y + 0.5)` is inexact just below a half and above 2^(p-1), and so is `y - ceil(y)` just above 0. What is exact:
`y + y`, halving a whole number, and `y - trunc(y)`.
"""

from __future__ import annotations

from .namespace import Namespace, Number


def to_integer(xp: Namespace, rounding: str, y: Number) -> Number:
    """`y` rounded to an integer by a deterministic mode of `Rounding`; exact for every finite `y`."""
    if rounding == 'TRN':
        return xp.floor(y)
    if rounding == 'TRN_ZERO':
        return xp.trunc(y)
    if rounding == 'RND_CONV':
        return xp.rint(y)
    if rounding == 'RND':
        return xp.ceil(xp.floor(y + y) * xp.half)
    if rounding == 'RND_MIN_INF':
        return xp.floor(xp.ceil(y + y) * xp.half)
    whole = xp.trunc(y)
    rest = y - whole
    if rounding == 'RND_INF':
        return whole + xp.trunc(rest + rest)
    assert rounding == 'RND_ZERO', rounding
    return whole + xp.rint(rest)


def to_integer_at_random(xp: Namespace, y: Number, uniform: Number) -> Number:
    """`y` rounded up with probability `y - floor(y)`, by numbers `uniform` drawn evenly from `[0, 1)`."""
    whole = xp.trunc(y)
    rest = y - whole
    return whole + xp.where(uniform < xp.abs(rest), xp.where(rest < 0, -1, 1), 0)
