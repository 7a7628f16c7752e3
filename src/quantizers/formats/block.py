"""Blocks of numbers that share a scale: OCP Microscaling, NVFP4, block floating point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np

from .._checks.capabilities import ALL, Capability, require
from .._checks.fields import FieldError, Integer, Word, check_fields, checked
from .._checks.shown import shown
from .._maths.blocks import RULES, BlockLaw
from .._maths.view import once
from ..backends import backend_for
from . import block_codes
from .base import Format
from .block_law import DOUBLE, block_law, in_float64
from .fixed import FixedQ
from .float import FloatQ
from .quantizer import Quantizer, check_kind, spec_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

Rule = Literal['floor', 'even', 'ceil', 'rceil', 'two_level']
Nan = Literal['scale', 'element']
_SATURATING = 'SAT', 'SAT_SYM'
_AXES = 64  # of an array of NumPy


class BlockCodes(NamedTuple):
    """What `BlockQ.encode` gives, and `BlockQ.decode` takes.

    Attributes:
        codes: the raw bits of the elements, unsigned, in the shape of the array.
        scales: those of the scales, one a block along the axis.
        tensor_scale: the one float32 of `two_level`; else 1.
    """

    codes: NDArray[Any]
    scales: NDArray[Any]
    tensor_scale: float = 1.0


@checked
@dataclass(frozen=True, eq=False, repr=False)  # which are those of `Quantizer`
class BlockQ(Quantizer, kind='block'):
    """Blocks of `size` numbers along an axis, which share a scale: a value is that of an element times the scale.

    The scale `S` follows from `amax`, the largest magnitude of the block. Where scales are powers of two it is
    `2^(floor(log2 amax) - emax)`, `emax` being the exponent of the largest element, or twice that, by the `rule`:

    - `floor`: never, which is OCP's rule. The largest numbers may saturate.
    - `even`: where `amax`, rounded to the bits of an element, half up, has a larger exponent.
    - `ceil`: where `amax` is no power of two.
    - `rceil`: where `amax` is above the largest element times the scale, so that nothing saturates.

    It is at least the smallest scale, which is that of a block of zeros, and at most the largest. All that is exact, in
    every dtype that holds the result; what is above the dtype's largest number becomes the largest value in it.

    `two_level` is NVFP4's rule, for scales with a mantissa: one float32 a tensor, `g = amax(tensor) / (largest scale *
    largest element)`, in the normal numbers of float32, and `s`, the scale nearest to `amax / largest element / g`, a
    block; `S = s * g`. Where that is 0, elements are 0. Quotients and products are those of the dtype, float32 for
    float16 and bfloat16.

    Elements are `x / S` in their own format, which saturates, and -0 is what it is there. The last block may have fewer
    numbers. Inf saturates: its block has the largest scale, and `g` is that of finite numbers. A NaN is by `nan`:

    - `scale`: the whole block is NaN. Encoded it is the NaN of the scale, where that has one, with elements of 0.
    - `element`: the NaN alone, of elements that have one; the scale is that of the other numbers.

    Gradients are straight through, the scale being a constant: 1 for every element that is a float, out of range too,
    and for an integer 0 where it saturates, above the largest and below the smallest element times the scale.

    Args:
        element: a FloatQ, MinifloatQ or, but for `two_level`, a FixedQ, with the overflow SAT or SAT_SYM.
        scale: a FloatQ: one without sign, mantissa and zero, such as `formats.E8M0FNU` or, for the exponent of block
            floating point, `FloatQ.power_of_two(5, 15, signed=False, zero=False)`; for `two_level` any other.
        size: the numbers of a block, 1 to 2^20.
        axis: along which blocks lie, -64 to 63; a negative one counts from the last.
        rule: which scale.
        nan: what a NaN does.

    Raises FieldError for anything else. Source: OCP Microscaling Formats (MX) Specification 1.0, sections 5 and 6.3;
    NVIDIA, "Introducing NVFP4"; PyTorch's torchao for the other rules.

    >>> from quantizers import formats
    >>> formats.MXFP4([0.3, -1.0, 4.9, 100.0])
    array([ 0., -0.,  8., 96.])
    """

    element: Format
    scale: FloatQ
    size: Annotated[int, Integer(1, 1 << 20, 'the numbers of a block')]
    axis: Annotated[int, Integer(-_AXES, _AXES - 1, 'along which blocks lie; a negative one counts from the last')] = -1
    rule: Annotated[Rule, Word((*RULES, 'two_level'), 'which scale a block has')] = 'floor'
    nan: Annotated[Nan, Word(('scale', 'element'), 'what a NaN makes NaN')] = 'scale'
    kind: Literal['block'] = field(default='block', kw_only=True, repr=False)
    can: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.NUMPY, Capability.TENSORS, Capability.LAYERS, Capability.CONFIG}
    )
    why_not: ClassVar[Mapping[Capability, str]] = MappingProxyType(
        {
            use: f"the kind 'block' cannot {use.value}: its values depend on all numbers of a block; its 'element' and "
            "'scale' are formats by themselves"
            for use in ALL - can
        }
    )

    def __post_init__(self) -> None:
        check_fields(self)
        check_kind(self, 'block')
        if not isinstance(self.element, Quantizer):
            raise FieldError('element', 'must be a format', self.element)
        require(self.element, Capability.BLOCK)
        law = self.element.law
        if getattr(law, 'overflow', None) not in _SATURATING:
            raise FieldError('element', "must saturate, by the overflow 'SAT'", self.element)
        if not (self.element.max > 0 and self.element.significant_bits <= DOUBLE.precision):
            raise FieldError('element', 'must have positive values of at most 53 bits', self.element)
        if isinstance(self.element, FloatQ) and self.element.law.traits.even is not None:
            raise FieldError('element', 'must have a mantissa where ties go by exponents, as in P3109', self.element)
        if not isinstance(self.scale, FloatQ):
            raise FieldError('scale', 'must be a FloatQ', self.scale)
        powers = not (self.scale.mantissa_bits or self.scale.signed or self.scale.zero)
        if powers is (self.rule == 'two_level'):
            rule = "must be 'two_level' for scales with a mantissa or a zero, and for no others"
            raise FieldError('rule', rule, self.rule)
        if self.rule == 'two_level' and isinstance(self.element, FixedQ):
            raise FieldError(
                'element', "must be a float for 'two_level', whose gradients know no saturation", self.element
            )
        if powers and not in_float64(self.element, self.scale):
            raise FieldError('scale', 'must leave every value a number of float64', self.scale)
        if self.nan == 'element' and self.element.codec.nan is None:
            raise FieldError('nan', "must be 'scale' where elements have no NaN", self.nan)

    def __call__(
        self, x: object, *, out: object = None, training: bool = False, seed_gen: object = None, threads: int | None = 1
    ) -> Any:
        """Quantize `x` in blocks.

        The result is of `x`'s array library, shape and floating dtype; NumPy computes integers, bools and lists in
        float64. Masked entries count as 0, and stay masked. The input is not changed.

        Args:
            x: an array of one axis at least, or a list.
            out: None.
            training: only where the array library has gradients; NumPy takes it with a stochastic mode alone.
            seed_gen: the source of random numbers of a stochastic mode of the elements, in training.
            threads: 1.

        Raises TypeError for complex numbers, integers beyond 2^53 and arrays of libraries that have no blocks (dask);
        ValueError where `x` has not the axis.
        """
        if out is not None or threads != 1:
            raise ValueError(f"'out' must be None and 'threads' 1 for blocks: {shown(out)}, {threads}")
        by_blocks = getattr(backend_for(x), 'by_blocks', None)
        if by_blocks is None:
            raise TypeError(f'{self.kind!r} formats cannot quantize arrays of this type: {type(x).__name__}')
        return by_blocks(self, x, training=training, seed_gen=seed_gen)

    @once
    def law(self) -> BlockLaw:
        """What becomes of blocks.

        :meta private:
        """
        return block_law(self)

    @property
    def stochastic(self) -> bool:
        """Whether elements are rounded at random.

        :meta private:
        """
        return self.element.stochastic

    @property
    def rounding(self) -> str:
        """That of the elements.

        :meta private:
        """
        return self.element.law.rounding  # type: ignore[attr-defined, no-any-return]  # which all have that saturate

    @property
    def bits_per_number(self) -> Fraction:
        """Those of an element, and its share of the scale's: 4.25 of MXFP4."""
        return self.element.bits + Fraction(self.scale.bits, self.size)

    @property
    def label(self) -> str:
        """The name that others have given it, else the spec.

        :meta private:
        """
        from .named_blocks import BLOCKS

        return next((name for name, spec in BLOCKS.items() if spec == self), repr(self))

    def encode(self, x: ArrayLike) -> BlockCodes:
        """The raw bits of the elements of `self(x)` and of the scales, by NumPy.

        Powers of two are exact whatever the dtype of `x`; `two_level` computes in its dtype. Raises ValueError for NaN
        where it has no code, and as the call does.
        """
        return BlockCodes(*block_codes.encode(self, x))

    def decode(self, codes: ArrayLike, scales: ArrayLike, tensor_scale: float = 1.0) -> NDArray[np.float64]:
        """The values, `element * scale * tensor_scale`, in float64: exact but where three factors have more bits.

        Raises ValueError for raw bits outside the formats, and for scales that are not one a block.
        """
        return block_codes.decode(self, codes, scales, tensor_scale)

    def pack(self, codes: ArrayLike) -> NDArray[np.uint8]:
        """Raw bits of elements without gaps along the axis, the first in the lowest bits of the first byte.

        Two of MXFP4 are a byte, four of MXFP6 three bytes. Raises ValueError for bits outside the element.
        """
        return block_codes.pack(self, codes)

    def unpack(self, packed: ArrayLike, length: int) -> NDArray[Any]:
        """The `length` raw bits along the axis that `pack` has packed.

        Raises ValueError where there are not as many bytes as that takes; TypeError for no bytes.
        """
        return block_codes.unpack(self, packed, length)

    def get_config(self) -> dict[str, Any]:
        """The fields as plain data, formats by their own configurations; `from_config` takes it back."""
        config = super().get_config()
        return config | {name: config[name].get_config() for name in ('element', 'scale')}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The spec of a configuration.

        Raises FieldError for a field that is not allowed, TypeError for one that is missing or unknown.
        """
        made = {name: spec_of(config[name]) for name in ('element', 'scale') if name in config}
        return cls(**{**config, **made})
