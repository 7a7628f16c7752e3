"""The namespace `xp` of `_maths` in `keras.ops`, for tensors of one floating dtype."""

from __future__ import annotations

from typing import Any

from keras import ops

from ..._maths.namespace import Number
from ..tensors.namespace import BitNamespace

Tensor = Any  # of the framework that Keras runs on


class Namespace(BitNamespace):
    """Keras' primitives; see `BitNamespace`."""

    rint, sigmoid = staticmethod(ops.round), staticmethod(ops.sigmoid)
    isnan, held = staticmethod(ops.isnan), staticmethod(ops.stop_gradient)

    def tensor(self, value: Number) -> Tensor:
        return ops.convert_to_tensor(value, dtype=self.dtype)

    def abs(self, x: Tensor, /) -> Tensor:
        return ops.abs(x)

    def floor(self, x: Tensor) -> Tensor:
        if self.dtype == 'float32':
            return ops.floor(x)
        # keras.ops.floor and ceil give float32 for float64 on some frameworks
        whole = ops.trunc(x)
        return ops.where(x < whole, whole - 1, whole)

    def trunc(self, x: Tensor) -> Tensor:
        return ops.trunc(x)

    def ceil(self, x: Tensor) -> Tensor:
        return ops.ceil(x) if self.dtype == 'float32' else -self.floor(-x)

    def _beside(self, number: float, tensor: Tensor) -> Tensor:
        return ops.convert_to_tensor(number, dtype=tensor.dtype)

    def _selected(self, condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
        return ops.where(condition, yes, no)

    def _view(self, x: Tensor, dtype: str) -> Tensor:
        # by way of one more axis, since TensorFlow must know the last one's size
        return ops.squeeze(ops.view(ops.expand_dims(x, -1), dtype), -1)

    def _cast(self, x: Tensor, dtype: str) -> Tensor:
        return ops.cast(x, dtype)

    def _clamped(self, n: Tensor, low: int, high: int) -> Tensor:
        return ops.clip(n, low, high)

    def _shifted(self, n: Tensor, bits: int) -> Tensor:
        return ops.right_shift(n, bits)

    def _masked(self, n: Tensor, mask: int) -> Tensor:
        return ops.bitwise_and(n, ops.convert_to_tensor(mask, dtype=self._bits))
