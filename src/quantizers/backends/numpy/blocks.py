"""Blocks of NumPy arrays."""

from __future__ import annotations

import numpy as np

from ..._maths.law import Law
from ..._maths.namespace import Number
from ..blocks import Blocks, axis_in, missing
from ..widths import bounds_of
from . import call as by_ufuncs
from . import kernels
from .binding import binding_for
from .inputs import as_real_array, float_name
from .run import WHOLE, masked_as
from .xp import Array, Namespace


class NumpyBlocks:
    """See `_maths.blocks.Arrays`.

    Args:
        target: the name of the dtype of results.
        seed_gen: of random numbers, where elements are rounded at random.
    """

    def __init__(self, target: str, seed_gen: np.random.Generator | None = None) -> None:
        self.xp: Namespace = kernels.namespace(target, True)
        self._target, self._seed_gen = target, seed_gen

    def number(self, x: Array) -> Array:
        return x.astype(self.xp.dtype, copy=False)

    def magnitudes(self, x: Array) -> tuple[Array, Array]:
        number = np.abs(self.number(x))
        amax = np.maximum.reduce(number, axis=-1, keepdims=True)
        has_nan = np.isnan(amax)
        if has_nan.any():
            amax = np.fmax.reduce(number, axis=-1, keepdims=True, initial=0)
        return amax, has_nan

    def largest_finite(self, x: Array) -> Array:
        number = np.abs(self.number(x))
        return np.asarray(np.max(number, where=np.isfinite(number), initial=0)).reshape((1,) * x.ndim)

    def float32(self, x: Array) -> Array:
        return x.astype(np.float32).astype(self.xp.dtype, copy=False)

    def by_law(self, law: Law, x: Array, *widths: Number) -> Array:
        return self._by_law(law, x, None, widths)

    def drawn(self, law: Law, x: Array, *widths: Number) -> Array:
        if self._seed_gen is None:
            return self._by_law(law, x, None, widths)
        uniform = self._seed_gen.random(x.shape, self.xp.dtype.type)
        return self._by_law(law.in_training, x, uniform, widths)

    def _by_law(self, law: Law, x: Array, uniform: Array | None, widths: tuple[Number, ...]) -> Array:
        if not x.size:
            return x
        own = dict(zip(law.widths, widths, strict=True))
        bounds, binding = bounds_of(own), binding_for(x.size)
        assert bounds is not None, own
        call = (by_ufuncs if binding is kernels else binding).Call(law, self._target, x.shape, own, bounds)
        result: Array = call.forward(self.number(x), uniform).astype(x.dtype, copy=False)
        return result

    def spread(self, x: Array, condition: Array) -> Array:
        return np.where(condition, x.dtype.type(np.nan), x) if condition.any() else x

    def straight_through(self, value: Array, x: Array) -> Array:
        return value.astype(x.dtype, copy=False)


def by_blocks(spec: Blocks, x: object, seed_gen: np.random.Generator | None = None) -> Array:
    """`x`, of any kind that NumPy takes, in blocks."""
    array = real_numbers(x)
    axis = axis_in(array.shape, spec.axis)
    name = float_name(array)
    plain = np.ma.filled(array, 0) if isinstance(array, np.ma.MaskedArray) else np.asarray(array)
    blocks = in_blocks(plain.astype(name, copy=False), axis, spec.size)
    with np.errstate(all='ignore'):
        result = spec.law.quantize(NumpyBlocks(name, seed_gen), blocks)
    return masked_as(array, of_blocks(result, axis, array.shape[axis]))


def real_numbers(x: object) -> Array:
    """`x` as an array of real numbers. TypeError for others, and for integers that float64 does not hold."""
    array = as_real_array(x)
    if array.dtype.kind in 'iu' and array.size and not -WHOLE <= int(array.min()) <= int(array.max()) <= WHOLE:
        raise TypeError(f"'x' must have integers up to 2^53; x.astype('float64') rounds others: dtype {array.dtype}")
    return array


def in_blocks(x: Array, axis: int, size: int) -> Array:
    """Blocks as the last two axes, the last one filled up with 0."""
    last = np.moveaxis(x, axis, -1)
    lacking = missing(last.shape[-1], size)
    if lacking:
        last = np.pad(last, [(0, 0)] * (last.ndim - 1) + [(0, lacking)])
    return last.reshape(*last.shape[:-1], last.shape[-1] // size, size)


def of_blocks(blocks: Array, axis: int, length: int) -> Array:
    """The numbers of blocks along the axis, as far as there were any; an array of its own."""
    *others, count, size = blocks.shape
    return np.ascontiguousarray(np.moveaxis(blocks.reshape(*others, count * size)[..., :length], -1, axis))
