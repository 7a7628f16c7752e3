"""The rounding and overflow modes: those of UG1399, "Arbitrary Precision Fixed-Point Data Types", and more.

`RND_CONV_ODD` is that of Algorithmic C; `CEIL`, `AWAY` and `TO_ODD` are the modes that MATLAB, AMD's AI Engines and
IEEE P3109 call Ceiling, symmetric ceiling and ToOdd.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Literal, cast, get_args

from ._checks.fields import FieldError, Mode

__all__ = [
    'CPP_MODES',
    'DEFAULTS',
    'FLOAT_OVERFLOWS',
    'OVERFLOWS',
    'ROUNDINGS',
    'FloatOverflowMode',
    'FloatOverflowName',
    'Overflow',
    'OverflowMode',
    'OverflowName',
    'Rounding',
    'RoundingMode',
    'RoundingName',
    'canonical_overflow',
    'canonical_rounding',
    'deterministic',
    'without_defaults',
]

RoundingName = Literal[
    'TRN',
    'TRN_ZERO',
    'RND',
    'RND_MIN_INF',
    'RND_INF',
    'RND_ZERO',
    'RND_CONV',
    'RND_CONV_ODD',
    'CEIL',
    'AWAY',
    'TO_ODD',
    'S_RND',
    'S_RND_CONV',
]
"""The name of a rounding mode, as a format keeps it."""

OverflowName = Literal['WRAP', 'SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP_SM']
"""The name of an overflow mode, as a format keeps it."""

FloatOverflowName = Literal['SAT', 'INF', 'NAN', 'SAT_PROPAGATE', 'SAT_NONE']
"""The name of what becomes of numbers out of range in a `FloatQ`, which says what each means."""

FLOAT_OVERFLOWS: tuple[FloatOverflowName, ...] = get_args(FloatOverflowName)
"""The overflow modes that a `FloatQ` takes, as far as it has such codes."""

ROUNDINGS: list[str] = [*get_args(RoundingName)]
"""The rounding modes that formats take."""

OVERFLOWS: tuple[OverflowName, ...] = get_args(OverflowName)
"""The overflow modes that formats take."""


class Rounding(str, Enum):
    """What happens to the bits below the step; `y` is the input in steps, `n = floor(y)`, `rem = y - n`."""

    TRN = 'TRN'  # n
    TRN_ZERO = 'TRN_ZERO'  # towards zero
    RND = 'RND'  # nearest, ties up
    RND_MIN_INF = 'RND_MIN_INF'  # nearest, ties down
    RND_INF = 'RND_INF'  # nearest, ties away from zero
    RND_ZERO = 'RND_ZERO'  # nearest, ties towards zero
    RND_CONV = 'RND_CONV'  # nearest, ties to even
    RND_CONV_ODD = 'RND_CONV_ODD'  # nearest, ties to odd
    CEIL = 'CEIL'  # n + 1, unless rem is 0
    AWAY = 'AWAY'  # away from zero
    TO_ODD = 'TO_ODD'  # the odd one of n and n + 1, unless rem is 0
    S_RND = 'S_RND'  # in training up with probability rem, else RND
    S_RND_CONV = 'S_RND_CONV'  # in training up with probability rem, else RND_CONV


class Overflow(str, Enum):
    """What happens to a rounded code outside `[lo, hi]`."""

    WRAP = 'WRAP'  # the low bits; N saturation bits keep the sign
    SAT = 'SAT'  # the nearer end
    SAT_SYM = 'SAT_SYM'  # the nearer end, with lo = -hi
    SAT_ZERO = 'SAT_ZERO'  # 0
    WRAP_SM = 'WRAP_SM'  # sign-magnitude wrapping


if TYPE_CHECKING:
    _ApRounding = Literal[
        'AP_TRN',
        'AP_TRN_ZERO',
        'AP_RND',
        'AP_RND_MIN_INF',
        'AP_RND_INF',
        'AP_RND_ZERO',
        'AP_RND_CONV',
        'AP_RND_CONV_ODD',
        'AP_CEIL',
        'AP_AWAY',
        'AP_TO_ODD',
        'AP_S_RND',
        'AP_S_RND_CONV',
    ]
    _ApOverflow = Literal['AP_WRAP', 'AP_SAT', 'AP_SAT_SYM', 'AP_SAT_ZERO', 'AP_WRAP_SM']
    RoundingMode = RoundingName | _ApRounding | Rounding
    OverflowMode = OverflowName | _ApOverflow | Overflow
    FloatOverflowMode = FloatOverflowName | Literal[Overflow.SAT]
else:
    # at run time every case is taken, and modes that are registered later
    RoundingMode = OverflowMode = FloatOverflowMode = str

CPP_MODES = {
    'rounding': ('RND', 'RND_ZERO', 'RND_MIN_INF', 'RND_INF', 'RND_CONV', 'TRN', 'TRN_ZERO'),
    'overflow': ('SAT', 'SAT_ZERO', 'SAT_SYM', 'WRAP', 'WRAP_SM'),
}
"""Those of `ap_fixed`, in the order of its enums `ap_q_mode` and `ap_o_mode`, whose numbers its tools print in logs."""

DEFAULTS = ('TRN', 'WRAP', 0)
"""The modes and saturation bits that types have where nothing is said."""


def deterministic(rounding: str) -> str:
    """The mode that a stochastic name means in NumPy, at inference and in C++; any other mode is returned as it is."""
    return rounding.removeprefix('S_')


def without_defaults(rounding: str, overflow: str, saturation_bits: int = 0, also: tuple[str, ...] = ()) -> list[str]:
    """The mode arguments of a C++ type, without the trailing ones that have their default value: TRN, WRAP, 0.

    Args:
        also: modes that the C++ at hand has besides those of `ap_fixed`.

    Raises FieldError for a mode that C++ does not have.
    """
    arguments = [deterministic(rounding), overflow, str(saturation_bits)]
    for (field, known), mode in zip(CPP_MODES.items(), arguments, strict=False):
        if mode not in (*known, *also):
            raise FieldError(field, f'must be one of {", ".join(known)} in C++', mode)
    while arguments and arguments[-1] == str(DEFAULTS[len(arguments) - 1]):
        arguments.pop()
    return arguments


_rounding, _overflow = Mode(ROUNDINGS), Mode(OVERFLOWS)


def canonical_rounding(text: object, field: str = 'rounding') -> RoundingName:
    """The canonical name of a rounding mode, given in any case, with or without the prefix `AP_`.

    Raises FieldError, with the known names, nearest first, for anything else.
    """
    return cast('RoundingName', _rounding(field, text))


def canonical_overflow(text: object, field: str = 'overflow') -> OverflowName:
    """The canonical name of an overflow mode, given in any case, with or without the prefix `AP_`.

    Raises FieldError, with the known names, nearest first, for anything else.
    """
    return cast('OverflowName', _overflow(field, text))
