"""What fixed-point formats have in common: the numbers that follow from their fields."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from . import codes
from ._format import Format
from ._maths.floats import times_power
from .modes import without_defaults

if TYPE_CHECKING:
    from ._maths.floats import Exact


class FixedFormat(Format):
    """The derived numbers of a fixed-point format; `eps`, `min` and `max` are exact: ints or Fractions."""

    if TYPE_CHECKING:
        width: int
        integer: int
        signed: bool
        rounding: str
        overflow: str
        saturation_bits: int

    @property
    def k(self) -> int:
        """Sign bits: 1 or 0."""
        return int(self.signed)

    @property
    def i(self) -> int:
        """Integer bits, the sign bit not counted."""
        return self.integer - self.k

    @property
    def f(self) -> int:
        """Fraction bits."""
        return self.width - self.integer

    @property
    def bits(self) -> int:
        """Total width in bits."""
        return self.width

    @property
    def eps(self) -> Exact:
        """The step, 2^-f."""
        return times_power(1, -self.f)

    @property
    def min(self) -> Exact:
        """The smallest value."""
        return times_power(codes.code_range(self)[0], -self.f)

    @property
    def max(self) -> Exact:
        """The largest value."""
        return times_power(codes.code_range(self)[1], -self.f)

    @cached_property
    def cpp_type(self) -> str:
        """The type in C++, default modes left out: `ap_fixed<8, 3, AP_RND, AP_SAT>`."""
        modes = without_defaults(self.rounding, self.overflow, self.saturation_bits)
        arguments = [mode if mode.isdecimal() else f'AP_{mode}' for mode in modes]
        name = 'ap_fixed' if self.signed else 'ap_ufixed'
        return f'{name}<{", ".join([str(self.width), str(self.integer), *arguments])}>'
