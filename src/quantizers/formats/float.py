"""Floats of any exponent and mantissa, with the special codes of IEEE 754, OCP, P3109 and of chips, or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from .._checks.capabilities import CPP_ALONE, Capability
from .._checks.fields import Boolean, FieldError, Integer, Mode, Word, check_fields, checked
from .._maths.float_overflow import Traits
from .._maths.laws import FloatLaw
from .._maths.view import once
from ..modes import FLOAT_OVERFLOWS, ROUNDINGS, FloatOverflowMode, RoundingMode, deterministic
from .quantizer import check_kind
from .small_format import SmallFloat
from .specials import SPECIALS, Specials, SpecialsName

if TYPE_CHECKING:
    from .small_floats import SignExponentMantissa

_WITHOUT_ZERO = ('none', 'fn'), ('none',)  # of those without a sign, and with one


@checked
@dataclass(frozen=True, eq=False, repr=False)  # which are those of `Quantizer`
class FloatQ(SmallFloat, kind='float'):
    """A float of any exponent, mantissa and bias, with the special codes that others give it.

    A code is a sign bit, if there is a sign, the exponent field `E` and the mantissa field `M` of `m` bits. `E = 0` is
    subnormal, `M * 2^(1 - bias - m)`, any other `E` is `(1 + M/2^m) * 2^(E - bias)`. Special are, by `specials`:

    - `none`: no code.
    - `ieee`: all of the largest `E`: Inf where `M = 0`, else NaN.
    - `fn`: NaN where all bits of `E` and `M` are set.
    - `fnuz`: NaN is the code of -0, which there is not.
    - `p3109`: NaN is the code of -0, or, without a sign, the last code; there is no -0.
    - `p3109_extended`: besides, Inf is the largest code of each sign that is not NaN.

    A number is rounded to the step of its binade, as if exponents had no end; what is then above the largest value or
    below the smallest one becomes, by `overflow`:

    - `SAT`: that end, of Inf too.
    - `INF`: Inf with its sign; NaN below 0 without a sign.
    - `NAN`: NaN.
    - `SAT_PROPAGATE`: the end; Inf stays Inf.
    - `SAT_NONE`: Inf, but the end where a rounding is directed towards it (TRN and TRN_ZERO above, CEIL and TRN_ZERO
      below); the end where there is no Inf, and NaN below 0 without a sign. This is IEEE 754's own rule, and P3109's
      SatNone.

    NaN gives NaN, and encodes to one code: the quiet one of `ieee`. A zero keeps its sign where there is -0. Ties of
    RND_CONV go to the even mantissa, up where there is no mantissa bit, and of P3109's formats without one to the even
    exponent field.

    Args:
        exponent_bits: 1 to 16.
        mantissa_bits: 0 to 52.
        bias: of the exponent, -65536 to 65536; that of IEEE 754 is `2^(exponent_bits - 1) - 1`.
        specials: which codes are special.
        rounding: a name of `Rounding`; a stochastic name draws in training only, up with the probability of what lies
            beyond the step below.
        overflow: what becomes of numbers out of range.
        signed: whether there is a sign bit.
        zero: False for powers of two without 0, of which the code 0 is `2^-bias`: what is nearer to 0 becomes that,
            with a sign the negative of it below 0. Without a sign 0 and negative numbers are out of range.

    Raises FieldError for anything else. Source: IEEE 754-2019, sections 3.4, 4.3 and 7.4; OCP 8-bit Floating Point
    Specification 1.0; OCP Microscaling Formats (MX) Specification 1.0; IEEE P3109, a draft of 2026.

    >>> FloatQ(4, 3, 7, 'fn')([3.3, 1000])
    array([  3.25, 448.  ])
    """

    exponent_bits: Annotated[int, Integer(1, 16)]
    mantissa_bits: Annotated[int, Integer(0, 52)]
    bias: Annotated[int, Integer(-(1 << 16), 1 << 16, 'taken from every exponent field')]
    specials: Annotated[SpecialsName, Word(tuple(SPECIALS), 'the codes that are Inf and NaN')] = 'none'
    rounding: Annotated[RoundingMode, Mode(ROUNDINGS)] = 'RND_CONV'
    overflow: Annotated[FloatOverflowMode, Mode(FLOAT_OVERFLOWS)] = 'SAT'
    signed: Annotated[bool, Boolean('whether there is a sign bit')] = True
    zero: Annotated[bool, Boolean('whether there is a zero')] = True
    kind: Literal['float'] = field(default='float', kw_only=True, repr=False)
    can = CPP_ALONE - {Capability.AP, Capability.HEADER, Capability.VERIFY, Capability.QONNX}

    def __post_init__(self) -> None:
        check_fields(self)
        check_kind(self, 'float')
        specials = self._specials
        if specials.binade and not (self.mantissa_bits and self.exponent_bits > 1):
            rule = "must not be 'ieee' without a mantissa bit and two exponent bits, which Inf, NaN and numbers take"
            raise FieldError('specials', rule, self.specials)
        if self.specials == 'fnuz' and not self.signed:
            raise FieldError('specials', "must not be 'fnuz' without a sign, as there is no -0", self.specials)
        if not self.zero and (self.mantissa_bits or self.specials not in _WITHOUT_ZERO[self.signed]):
            rule = "must be True but for formats without mantissa, whose 'specials' are 'none', or 'fn' without a sign"
            raise FieldError('zero', rule, self.zero)
        if self.overflow not in specials.overflows:
            rule = f"must be one of {', '.join(specials.overflows)} where 'specials' is {self.specials!r}"
            raise FieldError('overflow', rule, self.overflow)
        if specials.top(*self._widths) >> self.mantissa_bits < self.zero:
            raise FieldError('exponent_bits', 'must leave a number beside 0 and the special codes', self.exponent_bits)

    @property
    def _specials(self) -> Specials:
        return SPECIALS[self.specials]

    @property
    def _widths(self) -> tuple[int, int, bool]:
        return self.exponent_bits, self.mantissa_bits, self.signed

    @once
    def law(self) -> FloatLaw:
        """Rounding, overflow, and what is at the ends; a stochastic mode is the deterministic one of its name."""
        specials = self._specials
        last = (1 << self.exponent_bits + self.mantissa_bits) - 1
        dropped, missing = divmod(last - specials.top(*self._widths), 1 << self.mantissa_bits)
        by_exponent = not self.mantissa_bits and self.specials.startswith('p3109')
        traits = Traits(
            self.signed,
            dropped,
            missing,
            specials.infinite,
            self.signed and specials.negative_zero and self.zero,
            self.zero,
            self.bias % 2 if by_exponent else None,
        )
        return FloatLaw(deterministic(self.rounding), self.overflow, traits)

    @property
    def law_widths(self) -> tuple[int, int, int]:
        """`m, e, e0`."""
        return self.mantissa_bits, self.exponent_bits, (1 << self.exponent_bits - 1) - self.bias

    @property
    def emin(self) -> int:
        """The exponent of the smallest normal value, and of the subnormals."""
        return self.zero - self.bias

    @once
    def codec(self) -> SignExponentMantissa:
        """The fields.

        :meta private:
        """
        from .small_floats import SignExponentMantissa

        specials, (e, m, signed) = self._specials, self._widths
        top, nan = specials.top(e, m, signed), specials.nan(e, m, signed)
        signed_zero = signed and specials.negative_zero and self.zero
        return SignExponentMantissa(e, m, 1 - self.bias, top, signed, specials.infinite, nan, signed_zero, self.zero)

    @classmethod
    def power_of_two(
        cls,
        bits: int,
        max_exponent: int,
        signed: bool = True,
        zero: bool = True,
        rounding: RoundingMode = 'RND_CONV',
    ) -> FloatQ:
        """Powers of two up to `2^max_exponent`, by which hardware multiplies with a shift: no mantissa, saturating.

        With a sign there are `2^(bits-1)` magnitudes, else `2^bits`; the smallest is 0 if there is a zero. A number
        midway between two powers goes to the larger one under RND_CONV; TRN_ZERO rounds the exponent down, AWAY up.

        Args:
            bits: the sign and the exponent, 2 to 17 with a sign, else 1 to 16.
            max_exponent: that of the largest value.
            signed: whether there is a sign bit.
            zero: whether there is a 0; else 0 becomes the smallest positive value.
            rounding: see `FloatQ`.

        Raises FieldError for anything else. Source: QKeras, "quantized_po2", whose `log2_rounding='floor'` is TRN_ZERO.

        >>> FloatQ.power_of_two(4, 0)([0.3, -0.7, 5, 0])
        array([ 0.25, -0.5 ,  1.  ,  0.  ])
        """
        signed = Boolean()('signed', signed)
        exponent_bits = Integer(1 + signed, 16 + signed)('bits', bits) - signed
        bias = (1 << exponent_bits) - 1 - Integer(-(1 << 15), 1 << 15)('max_exponent', max_exponent)
        return cls(exponent_bits, 0, bias, 'none', rounding, 'SAT', signed, zero)

    @classmethod
    def presets(cls) -> Mapping[str, FloatQ]:
        """Those that NumPy and ml_dtypes have named.

        :meta private:
        """
        from .named import NUMPY

        return NUMPY

    @property
    def label(self) -> str:
        """The name that others have given it, else the spec.

        :meta private:
        """
        from .named import name_of

        return name_of(self) or repr(self)

    @property
    def stochastic(self) -> bool:
        """With S_RND and S_RND_CONV.

        :meta private:
        """
        return self.rounding.startswith('S_')

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """The exponents, and what is special.

        :meta private:
        """
        special = [name for name, has in (('Inf', self._specials.infinite), ('NaN', self.codec.nan is not None)) if has]
        return (*super().facts, ('special codes', ', '.join(special) or 'none'))
