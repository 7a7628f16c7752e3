"""The codes of blocks: raw bits of elements and of scales, packed bytes, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._checks.fields import integer_between
from .._checks.shown import shown
from .._maths.blocks import SharedExponent
from ..backends.blocks import axis_in
from ..backends.numpy.blocks import NumpyBlocks, in_blocks, of_blocks, real_numbers
from ..backends.numpy.inputs import float_name
from ..backends.subnormals import keeps_subnormals
from ..codes import packing

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .block import BlockQ

_MOST = 1 << 31


@keeps_subnormals
def encode(spec: BlockQ, x: ArrayLike) -> tuple[NDArray[Any], NDArray[Any], float]:
    """See `BlockQ.encode`."""
    array = real_numbers(x)
    if np.ma.is_masked(array):
        raise ValueError("'x' must have no masked entries, which have no code")
    axis, law = axis_in(array.shape, spec.axis), spec.law
    exact = isinstance(law.scale, SharedExponent)
    name = 'float64' if exact else float_name(array)
    blocks = in_blocks(np.asarray(array).astype(name, copy=False), axis, spec.size)
    arrays = NumpyBlocks(name)
    amax, has_nan = arrays.magnitudes(blocks)
    without = has_nan & law.spreads
    if without.any() and spec.scale.codec.nan is None:
        raise ValueError(f'NaN has no code in {spec!r}')
    blocks = np.where(without, blocks.dtype.type(0), blocks)
    of_tensor = 1.0
    with np.errstate(all='ignore'):
        if isinstance(law.scale, SharedExponent):
            exponents = law.scale.exponents(arrays, law.element, amax)
            scales = np.ldexp(1.0, exponents)
            elements = np.ldexp(law.scale.quantize(arrays, law.element, blocks, amax), -exponents)
        else:
            scales, g = law.scale.scales(arrays, law.element, blocks, amax)
            elements, of_tensor = law.scale.quotient(arrays, blocks, scales * g), float(g.item())
    codes = of_blocks(spec.element.to_bits(elements), axis, array.shape[axis])
    raw = spec.scale.to_bits(np.where(without, np.nan, scales) if without.any() else scales)
    return codes, np.ascontiguousarray(np.moveaxis(raw[..., 0], -1, axis)), of_tensor


def decode(spec: BlockQ, codes: ArrayLike, scales: ArrayLike, tensor_scale: float) -> NDArray[np.float64]:
    """See `BlockQ.decode`."""
    elements, factors = spec.element.from_bits(codes), spec.scale.from_bits(scales)
    axis = axis_in(elements.shape, spec.axis)
    count = -(-elements.shape[axis] // spec.size)
    if factors.shape != (*elements.shape[:axis], count, *elements.shape[axis + 1 :]):
        raise ValueError(
            f"'scales' must have {count} along the axis {spec.axis} of codes of the shape {elements.shape}:"
            f' {factors.shape}'
        )
    blocks = in_blocks(elements, axis, spec.size)
    with np.errstate(all='ignore'):
        values = blocks * np.moveaxis(factors, axis, -1)[..., None] * np.float64(tensor_scale)
    return of_blocks(values, axis, elements.shape[axis])


def pack(spec: BlockQ, codes: ArrayLike) -> NDArray[np.uint8]:
    """See `BlockQ.pack`."""
    array, bits = np.asarray(codes), spec.element.bits
    spec.element.from_bits(array)  # which refuses what are no raw bits
    return packing.pack(array, bits, axis_in(array.shape, spec.axis))


def unpack(spec: BlockQ, packed: ArrayLike, length: int) -> NDArray[Any]:
    """See `BlockQ.unpack`."""
    array, length = np.asarray(packed), integer_between('length', length, 0, _MOST)
    if array.dtype != np.uint8:
        raise TypeError(f"'packed' must be of uint8: dtype {array.dtype}")
    axis, bits = axis_in(array.shape, spec.axis), spec.element.bits
    if array.shape[axis] != -(-length * bits // 8):
        raise ValueError(
            f"'packed' must have {-(-length * bits // 8)} bytes along the axis {spec.axis} for {length} codes of "
            f'{bits} bits: shape {shown(array.shape)}'
        )
    return packing.unpack(array, bits, length, axis)
