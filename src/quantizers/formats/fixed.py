"""Fixed point."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from .. import codes
from .._maths.floats import times_power
from .._maths.laws import TERNARY, FixedLaw
from .._maths.result_type import minus, negative, plus, times
from .._validation import Boolean, FieldError, Integer, Mode, boolean, check_fields, checked, integer_between
from ..modes import Overflow, Rounding, deterministic, without_defaults
from .base import MAX_BITS, Format, check_kind

if TYPE_CHECKING:
    from .._maths.floats import Exact


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

    @cached_property
    def law(self) -> FixedLaw:
        """Rounding and overflow; a stochastic mode is the deterministic one of its name."""
        return FixedLaw(deterministic(self.rounding), self.overflow, self.saturation_bits)

    @property
    def stochastic(self) -> bool:  # type: ignore[override]
        """Whether rounding draws in training."""
        return self.rounding.startswith('S_')

    @property
    def law_widths(self) -> tuple[int, int, int]:
        """`k, i, f`."""
        return self.k, self.i, self.f

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


@checked
@dataclass(frozen=True, eq=False)  # equality is that of `Format`
class FixedQ(FixedFormat):
    """A fixed-point format, `ap_fixed<width, integer, AP_rounding, AP_overflow, saturation_bits>` in C++.

    A code is an integer of `width` bits, two's complement when signed; its value is `code * 2^-f`, `f = width -
    integer`. Modes are accepted in any case and with or without the prefix `AP_`.

    Args:
        width: total width in bits, 1 to 4096.
        integer: integer bits, the sign bit included, -4096 to 4096; it may be negative, or larger than `width`.
        signed: whether there is a sign bit (`ap_fixed`) or none (`ap_ufixed`).
        rounding: a name of `Rounding`; a stochastic name draws in training only.
        overflow: a name of `Overflow`; WRAP_SM is for signed formats.
        saturation_bits: N, for WRAP and WRAP_SM, less than `width`.

    `a + b`, `a - b`, `a * b` and `-a` are the types of such results in C++: see `quantizers.result_type`.

    Raises FieldError, a ValueError with the field, the rule and the value, for anything else; a missing or unknown
    argument is Python's own TypeError. Source: UG1399, "Arbitrary Precision Fixed-Point Data Types".

    >>> FixedQ(8, 3, True, 'RND', 'SAT')(1.02)
    array(1.03125)
    """

    width: Annotated[int, Integer(1, MAX_BITS, 'total width in bits')]
    integer: Annotated[int, Integer(-MAX_BITS, MAX_BITS, 'integer bits, the sign bit included')]
    signed: Annotated[bool, Boolean('whether there is a sign bit')] = True
    rounding: Annotated[str, Mode(Rounding)] = 'TRN'
    overflow: Annotated[str, Mode(Overflow)] = 'WRAP'
    saturation_bits: Annotated[int, Integer(0, MAX_BITS, 'N, for WRAP and WRAP_SM; less than the width')] = 0
    kind: Literal['fixed'] = field(default='fixed', kw_only=True, repr=False)

    def __post_init__(self) -> None:
        check_fields(self)
        check_kind(self, 'fixed')
        bits = self.saturation_bits
        if self.overflow == 'WRAP_SM' and not self.signed:
            raise FieldError('overflow', 'WRAP_SM must go with a signed format', self.overflow, 'signed=False')
        if bits and self.overflow not in ('WRAP', 'WRAP_SM'):
            rule = "must be 0 unless 'overflow' is WRAP or WRAP_SM"
            raise FieldError('saturation_bits', rule, bits, f'{bits}, {self.overflow}')
        if bits >= self.width and bits:
            raise FieldError('saturation_bits', f"must be less than 'width' ({self.width})", bits)
        if self.overflow == 'SAT_SYM' and self.signed and self.width == 1:
            rule = "must be at least 2 for a signed format with 'overflow' SAT_SYM"
            raise FieldError('width', rule, self.width, '1 (it holds only 0)')

    def __add__(self, other: FixedQ) -> FixedQ:
        return FixedQ(*plus(self, other)) if isinstance(other, FixedQ) else NotImplemented

    def __sub__(self, other: FixedQ) -> FixedQ:
        return FixedQ(*minus(self, other)) if isinstance(other, FixedQ) else NotImplemented

    def __mul__(self, other: FixedQ) -> FixedQ:
        return FixedQ(*times(self, other)) if isinstance(other, FixedQ) else NotImplemented

    def __neg__(self) -> FixedQ:
        return FixedQ(*negative(self))

    @classmethod
    def from_kif(
        cls, k: int, i: int, f: int, rounding: str = 'TRN', overflow: str = 'WRAP', saturation_bits: int = 0
    ) -> FixedQ:
        """The format with `k` sign bits (0 or 1), `i` integer bits without the sign, and `f` fraction bits."""
        signed = boolean('k', k)
        i, f = integer_between('i', i, -2 * MAX_BITS, MAX_BITS), integer_between('f', f, -MAX_BITS, 2 * MAX_BITS)
        return cls(signed + i + f, signed + i, signed, rounding, overflow, saturation_bits)


@dataclass(frozen=True, eq=False)  # equality is that of `Format`
class TernaryQ(FixedFormat):
    """-1, 0 or 1: `FixedQ(2, 2, True, 'RND_CONV', 'SAT_SYM')` under a name of its own."""

    kind: Literal['ternary'] = field(default='ternary', kw_only=True, repr=False)
    width = 2
    integer = 2
    signed = True
    law = TERNARY
    rounding = 'RND_CONV'
    overflow = 'SAT_SYM'
    saturation_bits = 0

    def __post_init__(self) -> None:
        check_kind(self, 'ternary')
