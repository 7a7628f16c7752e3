"""Floating dtypes and exact numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

Exact = int | Fraction


# beyond every exponent of float64, so that a larger width means the same
UNBOUNDED = 1 << 13


class FloatFormat(NamedTuple):
    """A binary floating dtype."""

    name: str
    precision: int  # bits of the significand, the hidden one included
    smallest: int  # the smallest subnormal is 2^smallest
    largest: int  # the largest number is just below 2^(largest + 1)

    @property
    def max(self) -> Exact | float:
        """The largest number; an int beyond Python's floats."""
        if self.largest > 1023:
            return 1 << self.largest
        return (2.0 - 2.0 ** (1 - self.precision)) * 2.0**self.largest

    def holds(self, step: Exact, largest: Exact, significant_bits: int) -> bool:
        """Whether the dtype holds every number of so many bits that is a multiple of `step` up to `largest`."""
        return (
            significant_bits <= self.precision
            and step >= times_power(1, self.smallest)
            and largest < times_power(1, self.largest + 1)
        )


FLOATS = {
    'float64': FloatFormat('float64', 53, -1074, 1023),
    'float32': FloatFormat('float32', 24, -149, 127),
    'float16': FloatFormat('float16', 11, -24, 15),
    'bfloat16': FloatFormat('bfloat16', 8, -133, 127),
}


def compute_dtype(target: str) -> str:
    """The dtype that results of the dtype `target` are computed in: float32 for float16 and bfloat16."""
    return target if target == 'float64' else 'float32'


def times_power(number: int, n: int) -> Exact:
    """`number * 2^n`, exact: an int where it is whole, else a Fraction."""
    if n >= 0:
        return number << n
    value = Fraction(number, 1 << -n)
    return value.numerator if value.denominator == 1 else value


def float_format(name: str) -> FloatFormat:
    """The float format of a dtype's name. Another dtype is a TypeError that names it."""
    try:
        return FLOATS[name]
    except KeyError:
        raise TypeError(f"'dtype' must be one of {', '.join(FLOATS)}: {name}") from None


def check_step(step_exponent: int, float_name: str) -> None:
    """Refuse a format whose step, `2^step_exponent`, is above the largest number of the dtype.

    Raises ValueError, with the dtypes that can hold the step.
    """
    if step_exponent <= FLOATS[float_name].largest:
        return
    able = [name for name, fmt in FLOATS.items() if step_exponent <= fmt.largest]
    advice = f'use {" or ".join(able)}' if able else 'no float dtype can: use encode and decode(..., exact=True)'
    raise ValueError(f"'dtype' must hold the step 2^{step_exponent}; {advice}: {float_name}")
