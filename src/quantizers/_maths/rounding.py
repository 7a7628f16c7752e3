"""Rounding to an integer, one exact formula a mode.

`floor(y + 0.5)` is inexact just below a half and above 2^(p-1), and so is `y - ceil(y)` just above 0. What is exact:
`y + y`, halving a whole number, and `y - trunc(y)`.
"""

from __future__ import annotations

from collections.abc import Callable

from .namespace import Namespace, Number

Formula = Callable[[Namespace, Number], Number]


def _ties_away(xp: Namespace, y: Number) -> Number:
    whole = xp.trunc(y)
    rest = y - whole
    return whole + xp.trunc(rest + rest)


def _ties_to_zero(xp: Namespace, y: Number) -> Number:
    whole = xp.trunc(y)
    return whole + xp.rint(y - whole)


def _ties_to_odd(xp: Namespace, y: Number) -> Number:
    half = xp.rint(y * xp.half)
    even = half + half  # the nearest multiple of 2
    rest = y - even
    return even + xp.clip(xp.trunc(rest + rest), -1, 1)


def _to_odd(xp: Namespace, y: Number) -> Number:
    half = xp.floor(xp.floor(y) * xp.half)
    even = half + half  # the multiple of 2 below; a difference from it that is not exact is above 1
    return even + xp.clip(xp.ceil(y - even), 0, 1)


FORMULAS: dict[str, Formula] = {
    'TRN': lambda xp, y: xp.floor(y),
    'TRN_ZERO': lambda xp, y: xp.trunc(y),
    'RND': lambda xp, y: xp.ceil(xp.floor(y + y) * xp.half),
    'RND_MIN_INF': lambda xp, y: xp.floor(xp.ceil(y + y) * xp.half),
    'RND_INF': _ties_away,
    'RND_ZERO': _ties_to_zero,
    'RND_CONV': lambda xp, y: xp.rint(y),
    'RND_CONV_ODD': _ties_to_odd,
    'CEIL': lambda xp, y: xp.ceil(y),
    'AWAY': lambda xp, y: xp.floor(y) - xp.trunc(y) + xp.ceil(y),
    'TO_ODD': _to_odd,
}
"""The deterministic modes, each exact for every finite `y`.

What a mode does depends on four bits alone: the sign, the last bit of the whole part, the bit below it, and whether
anything is below that. Integers are rounded by a table of it (`integer_codes`).
"""

STICKY = 'TRN', 'CEIL', 'AWAY', 'TO_ODD'
"""The modes that make a step of the smallest numbers beside 0, on one side at least."""


def to_integer(xp: Namespace, rounding: str, y: Number) -> Number:
    """`y` rounded to an integer by a deterministic mode; exact for every finite `y`."""
    return FORMULAS[rounding](xp, y)


def to_integer_at_random(xp: Namespace, y: Number, uniform: Number) -> Number:
    """`y` rounded up with probability `y - floor(y)`, by numbers `uniform` drawn evenly from `[0, 1)`."""
    whole = xp.trunc(y)
    rest = y - whole
    return whole + xp.where(uniform < xp.abs(rest), xp.where(rest < 0, -1, 1), 0)
