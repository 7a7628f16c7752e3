"""Blocks of tensors."""

from __future__ import annotations

from math import inf

from ..._maths.law import Law
from ..._maths.namespace import Number
from ..blocks import Blocks, axis_in
from . import kernels
from .gradient import straight_through
from .library import Library, Tensor, TensorNamespace


class TensorBlocks:
    """See `_maths.blocks.Arrays`.

    Args:
        target: the name of the dtype of results.
        training: whether elements are computed as in training.
        seed: where random numbers come from, by which they are rounded; None where they are not.
    """

    def __init__(self, library: Library, target: str, training: bool, seed: object) -> None:
        self.xp: TensorNamespace = library.namespace(target)
        self._library, self._training, self._seed = library, training, seed

    def number(self, x: Tensor) -> Tensor:
        return self._library.tensor(self.xp.held(x), self.xp.dtype)

    def magnitudes(self, x: Tensor) -> tuple[Tensor, Tensor]:
        number = self.xp.abs(self.number(x))
        has_nan = self.xp.isnan(number)
        # not every library says what the largest number beside a NaN is
        amax = self._library.largest(self.xp.where(has_nan, 0.0, number), whole=False)
        return amax, self._library.largest(self.xp.where(has_nan, 1.0, 0.0), whole=False) > 0

    def largest_finite(self, x: Tensor) -> Tensor:
        number = self.xp.abs(self.number(x))
        return self._library.largest(self.xp.where(number < inf, number, 0.0), whole=True)

    def float32(self, x: Tensor) -> Tensor:
        return self._library.tensor(self._library.tensor(x, 'float32'), self.xp.dtype)

    def by_law(self, law: Law, x: Tensor, *widths: Number) -> Tensor:
        return self._by_law(law, x, None, widths)

    def drawn(self, law: Law, x: Tensor, *widths: Number) -> Tensor:
        return self._by_law(law.in_training if self._training else law, x, self._seed, widths)

    def _by_law(self, law: Law, x: Tensor, seed: object, widths: tuple[Number, ...]) -> Tensor:
        # widths of blocks are whole numbers, which are no less in a floating dtype
        own = {
            name: self._library.tensor(width, self.xp.dtype) if self._library.is_tensor(width) else width
            for name, width in zip(law.widths, widths, strict=True)
        }
        return kernels.quantize(self._library, law, x, own, seed)

    def spread(self, x: Tensor, condition: Tensor) -> Tensor:
        # by which -0 stays as it is
        return x - self._library.tensor(self.xp.where(condition, float('nan'), 0.0), self._library.dtype_of(x))

    def straight_through(self, value: Tensor, x: Tensor) -> Tensor:
        value = self._library.tensor(value, self._library.dtype_of(x))
        return self._library.attached(straight_through(self._library, self.xp), value, x, {})


def quantize(library: Library, spec: Blocks, x: Tensor, training: bool, seed: object) -> Tensor:
    """`x`, a tensor of a floating dtype, in blocks."""
    axis = axis_in(x.shape, spec.axis)
    length = x.shape[axis]
    if 0 in tuple(x.shape):
        return x
    with library.on_device_of(x):
        blocks = library.in_blocks(x, axis, spec.size)
        result = spec.law.quantize(TensorBlocks(library, library.dtype_of(x), training, seed), blocks)
        return library.of_blocks(result, axis, length)
