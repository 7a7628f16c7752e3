"""Small floats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from .._checks.capabilities import CPP_ALONE
from .._checks.fields import Integer, check_fields, checked
from .._maths import exact
from .._maths.laws import MINIFLOAT
from .._maths.minifloat import exponent_range
from .._maths.view import once
from .base import MAX_BITS
from .parts import CppClass
from .quantizer import check_kind
from .small_format import SmallFloat

if TYPE_CHECKING:
    from .small_floats import SignExponentMantissa


@checked
@dataclass(frozen=True, eq=False, repr=False)  # which are those of `Quantizer`
class MinifloatQ(SmallFloat, kind='minifloat'):
    """A small float without Inf and NaN: a sign bit, `exponent_bits` and `mantissa_bits`.

    In C++ it is `ap_minifloat<m, e, e0>`, of this package.

    The exponent field `c` means `E = c - 2^(e-1) + e0`. `c > 0` is `(1 + M/2^m) * 2^E`; `c = 0` is subnormal,
    `M/2^m * 2^(E+1)`. Rounding is to nearest, ties to even; overflow saturates; a zero keeps its sign.
    OCP's FP4 E2M1, FP6 E2M3 and FP6 E3M2 are `MinifloatQ(1, 2, 1)`, `MinifloatQ(3, 2, 1)` and `MinifloatQ(2, 3, 1)`.

    Args:
        mantissa_bits: 0 to 52.
        exponent_bits: 1 to 11.
        exponent_zero: e0, -4096 to 4096.

    Raises FieldError for anything else. Source: OCP Microscaling Formats (MX) Specification 1.0, section 5.3.
    """

    mantissa_bits: Annotated[int, Integer(0, 52)]
    exponent_bits: Annotated[int, Integer(1, 11)]
    exponent_zero: Annotated[int, Integer(-MAX_BITS, MAX_BITS, 'added to every exponent')] = 0
    kind: Literal['minifloat'] = field(default='minifloat', kw_only=True, repr=False)
    law = MINIFLOAT
    can = CPP_ALONE
    cpp_class = CppClass('ap_minifloat.h', 'bits()', '{type}::from_bits(0x{digits}ULL)')

    def __post_init__(self) -> None:
        check_fields(self)
        check_kind(self, 'minifloat')

    @classmethod
    def presets(cls) -> dict[str, MinifloatQ]:
        """Those of OCP without Inf and NaN.

        :meta private:
        """
        return {'OCP FP4 E2M1': cls(1, 2, 1), 'OCP FP6 E2M3': cls(3, 2, 1), 'OCP FP6 E3M2': cls(2, 3, 1)}

    @property
    def law_widths(self) -> tuple[int, int, int]:
        """`m, e, e0`."""
        return self.mantissa_bits, self.exponent_bits, self.exponent_zero

    @property
    def emin(self) -> int:
        """The exponent of the smallest normal value and of the subnormals."""
        emin: int = exponent_range(exact, self.exponent_bits, self.exponent_zero)[0]
        return emin

    @once
    def cpp_type(self) -> str:
        """The type in C++: `ap_minifloat<m, e, e0>`."""
        return f'ap_minifloat<{self.mantissa_bits}, {self.exponent_bits}, {self.exponent_zero}>'

    @once
    def codec(self) -> SignExponentMantissa:
        """The fields.

        :meta private:
        """
        from .small_floats import SignExponentMantissa

        magnitude_bits = self.exponent_bits + self.mantissa_bits
        return SignExponentMantissa(self.exponent_bits, self.mantissa_bits, self.emin, (1 << magnitude_bits) - 1)
