"""Integers with a scale and a zero point, as TFLite, ONNX and PyTorch have them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from .._checks.capabilities import ALL, Capability
from .._checks.fields import Boolean, FieldError, Integer, Mode, Positive, Word, check_fields, checked
from .._maths.affine import AffineLaw
from .._maths.floats import float_format
from .._maths.view import once
from ..modes import ROUNDINGS, RoundingMode, deterministic
from .base import Format
from .quantizer import check_kind

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..codes.scaled import ScaledIntegers
    from .scales import MultiplesOfScale

# far from the ends of float32
_LEAST, _MOST = 2.0**-100, 2.0**100
_BITS = 16  # so that float32 tells all multiples of the scale from each other


@checked
@dataclass(frozen=True, eq=False, repr=False)  # which are those of `Quantizer`
class AffineQ(Format, kind='affine'):
    """Integers with a scale and a zero point: `clip(round(x / scale) + zero_point, low, high)` is the code.

    The value of a code is `(code - zero_point) * scale`. Division and product are those of the dtype of `x`, float32
    for float16 and bfloat16, and the scale is its nearest number there. There are two divisions, which differ at ties:

    - `division='scale'`: `x / scale`, as ONNX's QuantizeLinear and TFLite do.
    - `division='inverse'`: `x * (1 / scale)`, as PyTorch's fake_quantize does.

    Codes run from `-2^(bits-1)` to `2^(bits-1) - 1`, or from 0 to `2^bits - 1` without a sign; `narrow` leaves the
    smallest one out. NaN gives NaN and has no code; Inf saturates; no result is -0. `encode` works in the dtype of `x`,
    `decode` in float64; ints, Fractions and Decimals of Python are divided exactly. In training the gradient passes
    where the rounded number is in range. For a scale per channel see `PerChannel`.

    Args:
        bits: 1 to 16.
        scale: 2^-100 to 2^100.
        zero_point: the code of 0, one of those above.
        signed: whether codes are below 0, too.
        narrow: whether the smallest code is left out; with a sign alone.
        rounding: a name of `Rounding`; a stochastic name draws in training only.
        division: 'scale' or 'inverse'.

    Raises FieldError for anything else. Source: ONNX, "QuantizeLinear" and "DequantizeLinear"; PyTorch,
    "torch.fake_quantize_per_tensor_affine"; TensorFlow Lite 8-bit quantization specification.

    >>> AffineQ(8, 0.1, 3)([0.26, 100])
    array([ 0.3, 12.4])
    """

    bits: Annotated[int, Integer(1, _BITS)]
    scale: Annotated[float, Positive(_LEAST, _MOST, 'the distance of two values')]
    zero_point: Annotated[int, Integer(-(1 << _BITS), 1 << _BITS, 'the code of 0')] = 0
    signed: Annotated[bool, Boolean('whether codes are below 0, too')] = True
    narrow: Annotated[bool, Boolean('whether the smallest code is left out')] = False
    rounding: Annotated[RoundingMode, Mode(ROUNDINGS)] = 'RND_CONV'
    division: Annotated[
        Literal['scale', 'inverse'], Word(('scale', 'inverse'), 'by the scale, or times its inverse')
    ] = 'scale'
    kind: Literal['affine'] = field(default='affine', kw_only=True, repr=False)
    can = frozenset(
        {Capability.NUMPY, Capability.TENSORS, Capability.LAYERS, Capability.PER_CHANNEL, Capability.CODES}
        | {Capability.CONFIG, Capability.HTML}
    )
    why_not = MappingProxyType(
        {
            use: f"the kind 'affine' cannot {use.value}: its scale is no power of two; FixedQ(bits, bits - f) is the "
            'format of the scale 2^-f and the zero point 0'
            for use in ALL - can - {Capability.PICTURES, Capability.DIFF, Capability.PROVE}
        }
    )
    by_dtype = True

    def __post_init__(self) -> None:
        check_fields(self)
        check_kind(self, 'affine')
        if self.narrow and not self.signed:
            raise FieldError('narrow', 'must be False without a sign', self.narrow)
        if self.narrow and self.bits == 1:
            raise FieldError('bits', 'must be at least 2 where the smallest code is left out', self.bits)
        if not self.codec.low <= self.zero_point <= self.codec.high:
            rule = f'must be one of the codes, {self.codec.low} to {self.codec.high}'
            raise FieldError('zero_point', rule, self.zero_point)

    @once
    def codec(self) -> ScaledIntegers:
        """Codes with a zero point.

        :meta private:
        """
        from ..codes.scaled import ScaledIntegers

        high = (1 << self.bits - self.signed) - 1
        low = self.narrow - high - 1 if self.signed else 0
        return ScaledIntegers(self.bits, self.scale, self.zero_point, low, high)

    @once
    def law(self) -> AffineLaw:
        """Division, rounding and the range; a stochastic mode is the deterministic one of its name."""
        low, high = self.codec.low - self.zero_point, self.codec.high - self.zero_point
        return AffineLaw(self.scale, low, high, deterministic(self.rounding), self.division == 'inverse')

    law_widths = ()

    @property
    def eps(self) -> Fraction:
        """The scale, exactly."""
        return Fraction(self.scale)

    @property
    def min(self) -> Fraction:
        """The value of the smallest code, exactly."""
        return (self.codec.low - self.zero_point) * self.eps

    @property
    def max(self) -> Fraction:
        """The value of the largest code, exactly."""
        return (self.codec.high - self.zero_point) * self.eps

    @once
    def spacing(self) -> MultiplesOfScale:
        """Multiples of the scale.

        :meta private:
        """
        from .scales import MultiplesOfScale

        return MultiplesOfScale(self.law)

    @property
    def significant_bits(self) -> int:
        """Those of the largest multiple, and of the scale.

        :meta private:
        """
        return self.bits + 1 + self.eps.numerator.bit_length()

    @property
    def stochastic(self) -> bool:
        """With S_RND and S_RND_CONV.

        :meta private:
        """
        return self.rounding.startswith('S_')

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """The zero point.

        :meta private:
        """
        return (('zero point', str(self.zero_point)),)

    def fits(self, dtype: DTypeLike) -> bool:
        """Whether results are those of the law in that dtype: of float64 and float32, in which it is computed."""
        import numpy as np

        name = dtype if isinstance(dtype, str) and dtype == 'bfloat16' else np.dtype(dtype).name
        return float_format(name).name in ('float64', 'float32')
