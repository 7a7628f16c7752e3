"""What fixed point and ternary have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._maths.floats import times_power
from .._maths.laws import FixedLaw
from .._maths.view import once
from ..modes import deterministic, without_defaults
from .base import Format
from .parts import CppClass, Modes

if TYPE_CHECKING:
    from .._maths.floats import Exact
    from ..backends.numpy.integers import WordCodes
    from ..codes.codecs import Integers
    from ..modes import OverflowMode, RoundingMode
    from .spacing import Multiples


class FixedFormat(Format):
    """The derived numbers of a fixed-point format; `eps`, `min` and `max` are exact: ints or Fractions."""

    if TYPE_CHECKING:
        width: int
        integer: int
        signed: bool
        rounding: RoundingMode
        overflow: OverflowMode
        saturation_bits: int

    cpp_class = CppClass('ap_fixed.h', 'range()', 'quantizers_bits<{type}, {bits}>("{digits}")')

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
        return times_power(self.codec.low, -self.f)

    @property
    def max(self) -> Exact:
        """The largest value."""
        return times_power(self.codec.high, -self.f)

    @once
    def cpp_type(self) -> str:
        """The type in C++, default modes left out: `ap_fixed<8, 3, AP_RND, AP_SAT>`."""
        modes = without_defaults(self.rounding, self.overflow, self.saturation_bits)
        arguments = [mode if mode.isdecimal() else f'AP_{mode}' for mode in modes]
        name = 'ap_fixed' if self.signed else 'ap_ufixed'
        return f'{name}<{", ".join([str(self.width), str(self.integer), *arguments])}>'

    @once
    def law(self) -> FixedLaw:
        """Rounding and overflow; a stochastic mode is the deterministic one of its name."""
        return FixedLaw(deterministic(self.rounding), self.overflow, self.saturation_bits)

    @property
    def law_widths(self) -> tuple[int, int, int]:
        """`k, i, f`."""
        return self.k, self.i, self.f

    @once
    def codec(self) -> Integers:
        """Multiples of the step.

        :meta private:
        """
        from ..codes.codecs import Integers

        high = (1 << (self.width - self.k)) - 1
        low = 0 if not self.signed else -high if self.overflow == 'SAT_SYM' else -high - 1
        return Integers(self.width, self.f, low, high)

    @once
    def spacing(self) -> Multiples:
        """One step everywhere.

        :meta private:
        """
        from .spacing import Multiples

        return Multiples(self.k, self.i, self.f, self.rounding)

    @property
    def significant_bits(self) -> int:
        """All but the sign.

        :meta private:
        """
        return self.i + self.f

    @property
    def wraps(self) -> bool:
        """Under WRAP and WRAP_SM.

        :meta private:
        """
        return self.law.wraps

    @property
    def stochastic(self) -> bool:
        """With S_RND and S_RND_CONV.

        :meta private:
        """
        return self.rounding.startswith('S_')

    @property
    def modes(self) -> Modes:
        """Those of the fields.

        :meta private:
        """
        return Modes(self.rounding, self.overflow, self.saturation_bits)

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """The three numbers of bits.

        :meta private:
        """
        return (('sign, integer, fraction bits', f'{self.k}, {self.i}, {self.f}'),)

    @property
    def layout(self) -> dict[str, int]:
        """The point, too.

        :meta private:
        """
        return {'width': self.width, 'fraction': self.f}

    @property
    def word_codes(self) -> WordCodes | None:
        """Up to the widest that words are made of.

        :meta private:
        """
        from ..backends.numpy.integers import MAX_WIDTH, word_codes

        return word_codes(self.k, self.width, self.f, *self.modes) if self.width <= MAX_WIDTH else None
