"""The rounding and overflow modes under their names in UG1399, "Arbitrary Precision Fixed-Point Data Types"."""

from __future__ import annotations

from enum import Enum
from typing import Any

from ._validation import Mode


class Rounding(str, Enum):
    """What happens to the bits below the step; `y` is the input in steps, `n = floor(y)`, `rem = y - n`."""

    TRN = 'TRN'  # n
    TRN_ZERO = 'TRN_ZERO'  # towards zero
    RND = 'RND'  # nearest, ties up
    RND_MIN_INF = 'RND_MIN_INF'  # nearest, ties down
    RND_INF = 'RND_INF'  # nearest, ties away from zero
    RND_ZERO = 'RND_ZERO'  # nearest, ties towards zero
    RND_CONV = 'RND_CONV'  # nearest, ties to even
    S_RND = 'S_RND'  # in training up with probability rem, else RND
    S_RND_CONV = 'S_RND_CONV'  # in training up with probability rem, else RND_CONV


class Overflow(str, Enum):
    """What happens to a rounded code outside `[lo, hi]`."""

    WRAP = 'WRAP'  # the low bits; N saturation bits keep the sign
    SAT = 'SAT'  # the nearer end
    SAT_SYM = 'SAT_SYM'  # the nearer end, with lo = -hi
    SAT_ZERO = 'SAT_ZERO'  # 0
    WRAP_SM = 'WRAP_SM'  # sign-magnitude wrapping


def deterministic(rounding: str) -> str:
    """The mode that a stochastic name means in NumPy, at inference and in C++; any other mode is returned as it is."""
    return rounding.removeprefix('S_')


def without_defaults(rounding: str, overflow: str, saturation_bits: int = 0) -> list[str]:
    """The mode arguments of a C++ type, without the trailing ones that have their default value: TRN, WRAP, 0."""
    arguments, defaults = [deterministic(rounding), overflow, str(saturation_bits)], ['TRN', 'WRAP', '0']
    while arguments and arguments[-1] == defaults[len(arguments) - 1]:
        arguments.pop()
    return arguments


_rounding, _overflow = Mode(Rounding), Mode(Overflow)


def canonical_rounding(text: Any, field: str = 'rounding') -> str:
    """The canonical name of a rounding mode, given in any case, with or without the prefix `AP_`.

    Raises FieldError, with the known names, nearest first, for anything else.
    """
    return _rounding(field, text)


def canonical_overflow(text: Any, field: str = 'overflow') -> str:
    """The canonical name of an overflow mode, given in any case, with or without the prefix `AP_`.

    Raises FieldError, with the known names, nearest first, for anything else.
    """
    return _overflow(field, text)
