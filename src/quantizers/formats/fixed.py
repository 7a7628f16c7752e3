"""Fixed point."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from .._checks.capabilities import ALL, FIXED_ALONE, Capability
from .._checks.fields import Boolean, FieldError, Integer, Mode, boolean, check_fields, checked, integer_between
from .._maths.laws import TERNARY
from .._maths.result_type import minus, negative, over, plus, times
from ..modes import OVERFLOWS, ROUNDINGS, OverflowMode, RoundingMode
from .base import MAX_BITS
from .fixed_format import FixedFormat
from .quantizer import check_kind


@checked
@dataclass(frozen=True, eq=False, repr=False)  # which are those of `Quantizer`
class FixedQ(FixedFormat, kind='fixed'):
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

    `a + b`, `a - b`, `a * b`, `a / b` and `-a` are the types of such results in C++: see `quantizers.result_type`.

    Raises FieldError, a ValueError with the field, the rule and the value, for anything else; a missing or unknown
    argument is Python's own TypeError. Source: UG1399, "Arbitrary Precision Fixed-Point Data Types".

    >>> FixedQ(8, 3, True, 'RND', 'SAT')(1.02)
    array(1.03125)
    """

    width: Annotated[int, Integer(1, MAX_BITS, 'total width in bits')]
    integer: Annotated[int, Integer(-MAX_BITS, MAX_BITS, 'integer bits, the sign bit included')]
    signed: Annotated[bool, Boolean('whether there is a sign bit')] = True
    rounding: Annotated[RoundingMode, Mode(ROUNDINGS)] = 'TRN'
    overflow: Annotated[OverflowMode, Mode(OVERFLOWS)] = 'WRAP'
    saturation_bits: Annotated[int, Integer(0, MAX_BITS, 'N, for WRAP and WRAP_SM; less than the width')] = 0
    kind: Literal['fixed'] = field(default='fixed', kw_only=True, repr=False)
    can = ALL

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

    def __truediv__(self, other: FixedQ) -> FixedQ:
        return FixedQ(*over(self, other)) if isinstance(other, FixedQ) else NotImplemented

    def __neg__(self) -> FixedQ:
        return FixedQ(*negative(self))

    @classmethod
    def presets(cls) -> dict[str, FixedQ]:
        """Those that users begin with.

        :meta private:
        """
        return {
            "hls4ml's default": FixedQ(16, 6),
            '8 bits, rounded, saturating': FixedQ(8, 3, True, 'RND', 'SAT'),
            'activations after ReLU': FixedQ(8, 3, False, 'RND', 'SAT'),
            'Q15': FixedQ(16, 1, True, 'RND_CONV', 'SAT'),
            'int8, symmetric': FixedQ(8, 8, True, 'RND_CONV', 'SAT_SYM'),
        }

    @classmethod
    def from_kif(
        cls,
        k: int,
        i: int,
        f: int,
        rounding: RoundingMode = 'TRN',
        overflow: OverflowMode = 'WRAP',
        saturation_bits: int = 0,
    ) -> FixedQ:
        """The format with `k` sign bits (0 or 1), `i` integer bits without the sign, and `f` fraction bits."""
        signed = boolean('k', k)
        i, f = integer_between('i', i, -2 * MAX_BITS, MAX_BITS), integer_between('f', f, -MAX_BITS, 2 * MAX_BITS)
        return cls(signed + i + f, signed + i, signed, rounding, overflow, saturation_bits)


@dataclass(frozen=True, eq=False, repr=False)  # which are those of `Quantizer`
class TernaryQ(FixedFormat, kind='ternary'):
    """-1, 0 or 1: `FixedQ(2, 2, True, 'RND_CONV', 'SAT_SYM')` under a name of its own."""

    kind: Literal['ternary'] = field(default='ternary', kw_only=True, repr=False)
    width = 2
    integer = 2
    signed = True
    rounding = 'RND_CONV'
    overflow = 'SAT_SYM'
    saturation_bits = 0
    law = TERNARY
    can = ALL - FIXED_ALONE - {Capability.BLOCK}

    def __post_init__(self) -> None:
        check_kind(self, 'ternary')

    @classmethod
    def presets(cls) -> dict[str, TernaryQ]:
        """It alone.

        :meta private:
        """
        return {'ternary: -1, 0, 1': cls()}

    @property
    def general(self) -> FixedQ:
        """Its `FixedQ`.

        :meta private:
        """
        return FixedQ(self.width, self.integer, self.signed, *self.modes)
