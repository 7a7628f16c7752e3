"""Floats as bits, by integers alone: parts of all inputs, and the bits of a result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..._maths.floats import FloatFormat
    from ._laws import Flag, Where, Whole


class Part(NamedTuple):
    """The floats whose exponent fields are `first` to `last`; all parts together are all floats of a dtype."""

    first: int
    last: int
    what: str = 'each'  # or 'below', 'above', 'special': what the law says of all of them at once

    def count(self, dtype: FloatFormat) -> int:
        """How many floats these are, of both signs."""
        return (self.last - self.first + 1) << dtype.precision


def exponent_bits(dtype: FloatFormat) -> int:
    """Those of the exponent field."""
    return (2 * dtype.largest + 1).bit_length()


def parts(dtype: FloatFormat, lowest: int, highest: int) -> Iterator[Part]:
    """All floats: those below `2^lowest`, each exponent field by itself, those from `2^highest` on, Inf and NaN."""
    special = 2 * dtype.largest + 1
    # the numbers of a field from 1 on are at least 2^(field - bias), those of 0 below 2^(1 - bias)
    below = min(max(lowest + dtype.largest, 0), special)
    above = min(max(highest + dtype.largest, below, 1), special)
    if below:
        yield Part(0, below - 1, 'below')
    for field in range(below, above):
        yield Part(field, field)
    if above < special:
        yield Part(above, special - 1, 'above')
    yield Part(special, special, 'special')


class Input(NamedTuple):
    """A float of a part: its sign and its fields."""

    negative: Flag
    field: Whole
    fraction: Whole
    dtype: FloatFormat
    part: Part

    @property
    def nonzero(self) -> Flag:
        """Whether it is not 0, of a part that is below something."""
        return (self.field != 0) | (self.fraction != 0)

    @property
    def is_nan(self) -> Flag:
        """Whether it is NaN, of the part of these."""
        return self.fraction != 0

    @property
    def significand(self) -> Whole:
        """The magnitude, where the part has one field, in units of `2^unit`."""
        return self.fraction + (1 << self.dtype.precision - 1) if self.part.first else self.fraction

    @property
    def unit(self) -> int:
        """See `significand`."""
        return max(self.part.first, 1) - 1 + self.dtype.smallest


def held(where: Where, magnitude: Whole, size: int, exponent: int, dtype: FloatFormat) -> tuple[Whole, Whole]:
    """The largest number of a dtype not above `magnitude * 2^exponent`, and how far off the next one is; in that unit.

    The step is 0 where there is no next one, and where nothing is beyond the dtype. The magnitude has `size` bits.
    """
    kept, step = magnitude, 0
    for k in range(size):  # by the leading bit
        leading = k + exponent
        last = max(leading - dtype.precision + 1, dtype.smallest)
        drop = last - exponent
        if leading > dtype.largest:
            end = dtype.largest + 1 - exponent
            top = (1 << end) - (1 << max(end - dtype.precision, 0))
            kept, step = where(magnitude >> k != 0, top, kept), where(magnitude >> k != 0, 0, step)
        elif drop > 0:
            here = magnitude >> k != 0
            kept, step = where(here, magnitude >> drop << drop, kept), where(here, 1 << drop, step)
    return kept, step


def float_bits(
    where: Where, negative: Flag, magnitude: Whole, leading: range, exponent: int, dtype: FloatFormat
) -> Whole:
    """The bits of the number `magnitude * 2^exponent`, which the dtype has, with a sign.

    Args:
        leading: where the leading bit of the magnitude may be, ascending; from 0 on, the magnitude may be 0.
    """
    mantissa = dtype.precision - 1
    bits = magnitude & 0
    for k in leading:
        power = k + exponent
        if power < dtype.smallest or power > dtype.largest:
            continue
        normal = power > dtype.smallest + mantissa - 1
        shift = exponent - (power - mantissa if normal else dtype.smallest)
        fraction = (magnitude << shift if shift >= 0 else magnitude >> -shift) & ((1 << mantissa) - 1)
        field = power + dtype.largest if normal else 0
        here = True if 0 < k == leading[0] else magnitude >> k != 0
        bits = where(here, fraction | (field << mantissa), bits)
    return bits | where(negative, 1 << mantissa + exponent_bits(dtype), 0)
