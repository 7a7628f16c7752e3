"""The namespace `xp` of `_maths` in `keras.ops`, for tensors of one floating dtype."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops

from ..._maths.floats import FLOATS, compute_dtype
from ..._maths.law import Constants, Reach
from ..._maths.minifloat import LIFT
from ..tensors.constants import reach

Tensor = Any  # of the framework that Keras runs on


class Namespace:
    """Keras' primitives for tensors of float32 or float64; widths are int32 tensors.

    `keras.ops.exp2` and `power` are inexact for whole exponents on some frameworks, so powers of two are made of bits.

    Args:
        target: the name of the dtype of the result; float16 and bfloat16 are computed in float32.
    """

    rint, abs, sigmoid = staticmethod(ops.round), staticmethod(ops.abs), staticmethod(ops.sigmoid)
    isnan, held = staticmethod(ops.isnan), staticmethod(ops.stop_gradient)
    half = 0.5

    def __init__(self, target: str) -> None:
        dtype = self.dtype = compute_dtype(target)
        self.compute, self.target = FLOATS[dtype], FLOATS[target]
        self._mantissa_bits = self.compute.precision - 1
        self._bits = 'int64' if dtype == 'float64' else 'int32'
        self._bias = FLOATS[dtype].largest
        self._exponent_bits = int(np.array(np.inf, dtype).view(self._bits))
        self._tiny = float(np.finfo(dtype).smallest_normal)
        self._largest = float(np.finfo(dtype).max)

    def tensor(self, value: Any) -> Tensor:
        """A tensor of the dtype that is computed in."""
        return ops.convert_to_tensor(value, dtype=self.dtype)

    def signed_like(self, result: Tensor, x: Tensor) -> Tensor:
        """`result` with the sign of `x`, which it has already but where `clip` loses the sign of a zero."""
        return result

    def zero_above(self, result: Tensor) -> Tensor:
        """`result`, in which -0 may be left."""
        return result

    def reach(self, x: Tensor, constants: Constants) -> Reach:
        """Where all numbers are; ANYWHERE where they are not at hand."""
        return Reach.ANYWHERE

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

    # keras.ops.minimum gives float32 for float64 on some frameworks; and in XLA's loops a selection costs less
    def minimum(self, a: Any, b: Any) -> Tensor:
        a, b = alike(a, b)
        return ops.where(a < b, a, b)

    def maximum(self, a: Any, b: Any) -> Tensor:
        a, b = alike(a, b)
        return ops.where(a > b, a, b)

    def clip(self, x: Tensor, low: Any, high: Any) -> Tensor:
        return self.where(x > high, high, self.where(x < low, low, x))

    def where(self, condition: Any, yes: Any, no: Any) -> Tensor:
        if isinstance(condition, bool):
            return self.tensor(yes if condition else no)
        yes, no = (self.tensor(value) if isinstance(value, int | float) else value for value in (yes, no))
        return ops.where(condition, yes, no)

    def power2(self, n: Tensor) -> Tensor:
        first, second = self.power(n)
        return first * second

    def power(self, n: Tensor) -> tuple[Tensor, ...]:
        n = ops.clip(n, *reach(self.dtype))
        half = ops.right_shift(n, 1)
        return self._normal_power2(half), self._normal_power2(n - half)

    def _normal_power2(self, n: Tensor) -> Tensor:
        bits = ops.cast(n + self._bias, self._bits) * (1 << self._mantissa_bits)
        return _view(bits, self.dtype)

    def scale(self, x: Tensor, power: tuple[Tensor, ...]) -> Tensor:
        for factor in power:
            x = x * factor
        return x

    def kept(self, x: Tensor) -> Tensor:
        return x

    def sticky_scale(self, x: Tensor, power: tuple[Tensor, ...]) -> Tensor:
        y = self.scale(x, power)
        lost = (y == 0) & (x != 0)
        return ops.where(lost, self.where(x < 0, -self._tiny, self._tiny), y)

    def leading_power(self, x: Tensor) -> Tensor:
        exponent = ops.convert_to_tensor(self._exponent_bits, dtype=self._bits)
        return _view(ops.bitwise_and(_view(x, self._bits), exponent), self.dtype)

    def leading_exponent(self, x: Tensor) -> Tensor:
        # subnormal numbers have no exponent of their own
        small = ops.abs(x) < 1
        lifted = ops.where(small, x * 2.0**LIFT, x)
        bits = ops.right_shift(_view(self.leading_power(lifted), self._bits), self._mantissa_bits)
        return ops.cast(bits, 'int32') - self._bias - ops.where(small, LIFT, 0)


def alike(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """Both as tensors; a Python number takes the other's dtype."""
    if isinstance(a, int | float):
        return ops.convert_to_tensor(a, dtype=b.dtype), b
    if isinstance(b, int | float):
        return a, ops.convert_to_tensor(b, dtype=a.dtype)
    return a, b


def _view(x: Tensor, dtype: str) -> Tensor:
    """The same bits as another dtype; by way of one more axis, since TensorFlow must know the last one's size."""
    return ops.squeeze(ops.view(ops.expand_dims(x, -1), dtype), -1)
