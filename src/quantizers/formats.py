"""The number formats: one frozen object is one format, on every array library and in C++."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal, Union, get_args

from ._fixed_format import FixedFormat
from ._format import Format
from ._maths import exact
from ._maths.floats import times_power
from ._maths.minifloat import exponent_range
from ._maths.result_type import minus, negative, plus, times
from ._printable import shown
from ._validation import boolean, integer_between
from .modes import canonical_overflow, canonical_rounding

if TYPE_CHECKING:
    from ._maths.floats import Exact

MAX_BITS = 4096


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

    Raises ValueError for anything else, with the field, the rule and the value; a missing or unknown argument is
    Python's own TypeError. Source: UG1399, "Arbitrary Precision Fixed-Point Data Types".

    >>> FixedQ(8, 3, True, 'RND', 'SAT')(1.02)
    array(1.03125)
    """

    width: int
    integer: int
    signed: bool = True
    rounding: str = 'TRN'
    overflow: str = 'WRAP'
    saturation_bits: int = 0
    kind: Literal['fixed'] = field(default='fixed', kw_only=True, repr=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, 'width', integer_between('width', self.width, 1, MAX_BITS))
        put(self, 'integer', integer_between('integer', self.integer, -MAX_BITS, MAX_BITS))
        put(self, 'signed', boolean('signed', self.signed))
        put(self, 'rounding', canonical_rounding(self.rounding))
        put(self, 'overflow', canonical_overflow(self.overflow))
        bits = integer_between('saturation_bits', self.saturation_bits, 0, MAX_BITS)
        put(self, 'saturation_bits', bits)
        _tag(self, 'fixed')
        if self.overflow == 'WRAP_SM' and not self.signed:
            raise ValueError("'overflow' WRAP_SM must go with a signed format: signed=False")
        if bits and self.overflow not in ('WRAP', 'WRAP_SM'):
            raise ValueError(
                f"'saturation_bits' must be 0 unless 'overflow' is WRAP or WRAP_SM: {bits}, {self.overflow}"
            )
        if bits >= self.width and bits:
            raise ValueError(f"'saturation_bits' must be less than 'width' ({self.width}): {bits}")
        if self.overflow == 'SAT_SYM' and self.signed and self.width == 1:
            raise ValueError(
                "'width' must be at least 2 for a signed format with 'overflow' SAT_SYM: 1 (it holds only 0)"
            )

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
class MinifloatQ(Format):
    """A small float without Inf and NaN: a sign bit, `exponent_bits` and `mantissa_bits`; `ap_float<m, e, e0>` in C++.

    The exponent field `c` means `E = c - 2^(e-1) + e0`. `c > 0` is `(1 + M/2^m) * 2^E`; `c = 0` is subnormal,
    `M/2^m * 2^(E+1)`. Rounding is to nearest, ties to even; overflow saturates; a zero keeps its sign.
    OCP's FP4 E2M1, FP6 E2M3 and FP6 E3M2 are `MinifloatQ(1, 2, 1)`, `MinifloatQ(3, 2, 1)` and `MinifloatQ(2, 3, 1)`.

    Args:
        mantissa_bits: 0 to 52.
        exponent_bits: 1 to 11.
        exponent_zero: e0, -4096 to 4096.

    Raises ValueError for anything else. Source: OCP Microscaling Formats (MX) Specification 1.0, section 5.3.
    """

    mantissa_bits: int
    exponent_bits: int
    exponent_zero: int = 0
    kind: Literal['minifloat'] = field(default='minifloat', kw_only=True, repr=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, 'mantissa_bits', integer_between('mantissa_bits', self.mantissa_bits, 0, 52))
        put(self, 'exponent_bits', integer_between('exponent_bits', self.exponent_bits, 1, 11))
        put(self, 'exponent_zero', integer_between('exponent_zero', self.exponent_zero, -MAX_BITS, MAX_BITS))
        _tag(self, 'minifloat')

    @property
    def bits(self) -> int:
        """Total width in bits."""
        return 1 + self.exponent_bits + self.mantissa_bits

    @property
    def emin(self) -> int:
        """The exponent of the smallest normal value and of the subnormals."""
        emin: int = exponent_range(exact, self.exponent_bits, self.exponent_zero)[0]
        return emin

    @property
    def emax(self) -> int:
        """The largest exponent."""
        emax: int = exponent_range(exact, self.exponent_bits, self.exponent_zero)[1]
        return emax

    @property
    def eps(self) -> Exact:
        """The smallest positive value, `2^(emin - m)`: the step of the subnormals."""
        return times_power(1, self.emin - self.mantissa_bits)

    @property
    def max(self) -> Exact:
        """The largest value, `(2 - 2^-m) * 2^emax`."""
        return times_power((2 << self.mantissa_bits) - 1, self.emax - self.mantissa_bits)

    @property
    def min(self) -> Exact:
        """The smallest value, `-max`."""
        return -self.max

    @cached_property
    def cpp_type(self) -> str:
        """The type in C++: `ap_float<m, e, e0>`."""
        return f'ap_float<{self.mantissa_bits}, {self.exponent_bits}, {self.exponent_zero}>'


@dataclass(frozen=True, eq=False)  # equality is that of `Format`
class BinaryQ(Format):
    """One bit: 1 (code 1) for `x > 0`, else -1 (code 0), zero included. NaN gives NaN."""

    kind: Literal['binary'] = field(default='binary', kw_only=True, repr=False)
    bits: ClassVar[int] = 1
    eps: ClassVar[int] = 2
    min: ClassVar[int] = -1
    max: ClassVar[int] = 1
    cpp_type: ClassVar[str] = 'ap_binary'

    def __post_init__(self) -> None:
        _tag(self, 'binary')


@dataclass(frozen=True, eq=False)  # equality is that of `Format`
class TernaryQ(FixedFormat):
    """-1, 0 or 1: `FixedQ(2, 2, True, 'RND_CONV', 'SAT_SYM')` under a name of its own."""

    kind: Literal['ternary'] = field(default='ternary', kw_only=True, repr=False)
    width = 2
    integer = 2
    signed = True
    rounding = 'RND_CONV'
    overflow = 'SAT_SYM'
    saturation_bits = 0

    def __post_init__(self) -> None:
        _tag(self, 'ternary')


def _tag(spec: FixedQ | MinifloatQ | BinaryQ | TernaryQ, kind: str) -> None:
    if spec.kind != kind:
        raise ValueError(f"'kind' must be {kind!r}: {shown(spec.kind)}")


Spec = Union[FixedQ, MinifloatQ, BinaryQ, TernaryQ]  # noqa: UP007  (a typing.Union: pydantic and get_args take it on 3.10)
SPECS: tuple[type[Spec], ...] = get_args(Spec)
