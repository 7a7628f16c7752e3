"""The namespace `xp` of `_maths` in `keras.ops`, for tensors of one floating dtype, and its constants."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from keras import ops

from .._maths.floats import FLOATS
from . import _numpy_xp

Tensor = Any  # of the framework that Keras runs on


class Constants(_numpy_xp.Namespace):
    """NumPy's namespace, for constants of known widths; a power of two is one factor, or two that multiply to it."""

    def power(self, n: Any) -> Any:
        if not self.extreme:
            return (self.power2(n),)
        half = np.clip(n, *_reach(self.dtype.name)) // 2
        return self.power2(half), self.power2(np.clip(n, *_reach(self.dtype.name)) - half)


class Namespace:
    """Keras' primitives for tensors of float32 or float64; widths are int32 tensors.

    `keras.ops.exp2` and `power` are inexact for whole exponents on some frameworks, so powers of two are made of bits.

    Args:
        dtype: what is computed in.
        target: the name of the dtype that the result must belong to, when it is narrower.
    """

    floor, ceil, trunc = staticmethod(ops.floor), staticmethod(ops.ceil), staticmethod(ops.trunc)
    rint, abs, tanh = staticmethod(ops.round), staticmethod(ops.abs), staticmethod(ops.tanh)
    half = 0.5

    def __init__(self, dtype: str, target: str) -> None:
        self.dtype, self.target = dtype, target
        self.compute_precision = FLOATS[dtype].precision
        _, self.precision, self.smallest, self.largest = FLOATS[target]
        self._mantissa_bits = self.compute_precision - 1
        self._bits = 'int64' if dtype == 'float64' else 'int32'
        self._bias = FLOATS[dtype].largest
        self._exponent_bits = np.array(np.inf, dtype).view(self._bits)
        self._tiny = float(np.finfo(dtype).smallest_normal)

    def tensor(self, value: Any) -> Tensor:
        """A tensor of the dtype that is computed in."""
        return ops.convert_to_tensor(value, dtype=self.dtype)

    def minimum(self, a: Any, b: Any) -> Tensor:
        return ops.minimum(*_alike(a, b))

    def maximum(self, a: Any, b: Any) -> Tensor:
        return ops.maximum(*_alike(a, b))

    def clip(self, x: Tensor, low: Any, high: Any) -> Tensor:
        return self.minimum(self.maximum(x, low), high)

    def where(self, condition: Any, yes: Any, no: Any) -> Tensor:
        if isinstance(condition, bool):
            return self.tensor(yes if condition else no)
        yes, no = (self.tensor(value) if isinstance(value, int | float) else value for value in (yes, no))
        return ops.where(condition, yes, no)

    def power2(self, n: Tensor) -> Tensor:
        first, second = self.power(n)
        return first * second

    def power(self, n: Tensor) -> tuple[Tensor, ...]:
        n = ops.clip(n, *_reach(self.dtype))
        half = ops.floor_divide(n, 2)
        return self._normal_power2(half), self._normal_power2(n - half)

    def _normal_power2(self, n: Tensor) -> Tensor:
        bits = ops.cast(n + self._bias, self._bits) * (1 << self._mantissa_bits)
        return _view(bits, self.dtype)

    def scale(self, x: Tensor, power: tuple[Tensor, ...]) -> Tensor:
        for factor in power:
            x = x * factor
        return x

    def sticky_scale(self, x: Tensor, power: tuple[Tensor, ...]) -> Tensor:
        y = self.scale(x, power)
        if len(power) == 1:
            return y
        lost = (y == 0) & (x != 0)
        return ops.where(lost, self.where(x < 0, -self._tiny, self._tiny), y)

    def leading_power(self, x: Tensor) -> Tensor:
        exponent = ops.convert_to_tensor(self._exponent_bits, dtype=self._bits)
        return _view(ops.bitwise_and(_view(x, self._bits), exponent), self.dtype)

    def leading_exponent(self, x: Tensor) -> Tensor:
        """floor(log2 |x|) as an int32 tensor, for numbers that are normal."""
        bits = ops.right_shift(_view(self.leading_power(x), self._bits), self._mantissa_bits)
        return ops.cast(bits, 'int32') - self._bias


namespace = lru_cache(maxsize=8)(Namespace)


def _reach(dtype: str) -> tuple[int, int]:
    """The exponents that two factors, each a normal power of two, can reach."""
    largest = FLOATS[dtype].largest
    return 2 * (1 - largest), 2 * largest


def _alike(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """Both as tensors; a Python number takes the other's dtype."""
    if isinstance(a, int | float):
        return ops.convert_to_tensor(a, dtype=b.dtype), b
    if isinstance(b, int | float):
        return a, ops.convert_to_tensor(b, dtype=a.dtype)
    return a, b


def _view(x: Tensor, dtype: str) -> Tensor:
    """The same bits as another dtype; by way of one more axis, since TensorFlow must know the last one's size."""
    return ops.squeeze(ops.view(ops.expand_dims(x, -1), dtype), -1)
