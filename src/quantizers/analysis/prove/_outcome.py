"""What a law says of an input, and how its inputs are parted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..._checks.shown import listed, shown
from ..._maths.floats import FLOATS, compute_dtype
from ._floats import Input, Part
from ._laws import ROUNDINGS, Flag, Where, Whole

if TYPE_CHECKING:
    from ..._maths.floats import FloatFormat


class Outcome(NamedTuple):
    """What the law says of a number: NaN, or with a sign `magnitude * 2^exponent` or Inf."""

    nan: Flag
    negative: Flag
    magnitude: Whole
    size: int  # the magnitude has so many bits
    exponent: int
    most: tuple[int, int] = (0, 0)  # the largest magnitudes of the format, of both signs
    signed_zero: bool = False  # whether a zero has that sign, too
    same: bool = False  # the input itself, instead
    infinite: Flag = False


class Cases(Protocol):
    """The cases of a law and widths."""

    def parts(self) -> Iterator[Part]:
        """Parts that are all inputs."""

    def outcome(self, where: Where, x: Input, uniform: Whole | None = None) -> Outcome:
        """What becomes of an input, by integers alone.

        Args:
            uniform: a number from 0 to `2^precision`, by which to round at random: it stands for the one over that;
                the precision is that of the dtype that is computed in.
        """


def draws(dtype: FloatFormat) -> int:
    """How many bits a random number for the dtype has: as many as the significand that is computed with."""
    return FLOATS[compute_dtype(dtype.name)].precision


def below(rounding: str, dtype: FloatFormat, random: bool) -> int:
    """Below `2^-n` steps the law says the same of all numbers but 0. ValueError for a mode that has no law here."""
    if rounding not in ROUNDINGS:
        raise ValueError(f"'rounding' must be one of {listed(ROUNDINGS)} to be proved: {shown(rounding)}")
    return draws(dtype) if random else 1
