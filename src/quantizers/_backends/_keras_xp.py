"""The namespace `xp` of `_maths` in `keras.ops`, for tensors of one floating dtype, and its constants."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import keras
import numpy as np
from keras import backend, ops
from numpy.typing import NDArray

from .._maths.floats import FLOATS
from . import _numpy_xp

Tensor = Any  # of the framework that Keras runs on
Function = TypeVar('Function', bound=Callable[..., Any])
# numbers of a width that are looked at, where that is possible, so that its constants are made by NumPy
AT_HAND = 256 * 1024


def at_trace_time(function: Function) -> Function:
    """A function of constants, which torch.compile is to call, not to compile; it would run NumPy as PyTorch."""
    if backend.backend() != 'torch':
        return function
    from torch.compiler import assume_constant_result

    return assume_constant_result(function)  # type: ignore[no-any-return, no-untyped-call]


def compiling() -> bool:
    """Whether torch.compile is at work."""
    if backend.backend() != 'torch':
        return False
    from torch.compiler import is_compiling

    return is_compiling()


def device_of(x: Tensor) -> AbstractContextManager[Any]:
    """Where new tensors are made on the device of `x`; Keras' PyTorch would move all to its own."""
    if backend.backend() != 'torch' or x.device == ops.convert_to_tensor(0).device:
        return nullcontext()
    return keras.device(str(x.device))  # type: ignore[no-any-return]


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

    rint, abs, sigmoid = staticmethod(ops.round), staticmethod(ops.abs), staticmethod(ops.sigmoid)
    half = 0.5

    def __init__(self, dtype: str, target: str) -> None:
        self.dtype, self.target = dtype, target
        self.compute_precision = FLOATS[dtype].precision
        _, self.precision, self.smallest, self.largest = FLOATS[target]
        self._mantissa_bits = self.compute_precision - 1
        self._bits = 'int64' if dtype == 'float64' else 'int32'
        self._bias = FLOATS[dtype].largest
        self._exponent_bits = int(np.array(np.inf, dtype).view(self._bits))
        self._tiny = float(np.finfo(dtype).smallest_normal)
        self._largest = float(np.finfo(dtype).max)

    def tensor(self, value: Any) -> Tensor:
        """A tensor of the dtype that is computed in."""
        return ops.convert_to_tensor(value, dtype=self.dtype)

    def at_hand(self, width: Tensor) -> NDArray[Any] | None:
        """The numbers of a tensor, where they are known and it costs little to look at them."""
        if backend.backend() == 'jax':
            from jax.core import Tracer

            known = not isinstance(width, Tracer) and width.is_fully_addressable
        else:
            # in a graph TensorFlow's tensors have no numbers, and its variables come as tensors
            known = hasattr(width, 'numpy')
        if not known or math.prod(width.shape) > AT_HAND:
            return None
        return np.asarray(width.numpy() if hasattr(width, 'numpy') else width)

    def signed_like(self, result: Tensor, x: Tensor) -> Tensor:
        """`result` with the sign of `x`, which it has already but where `clip` loses the sign of a zero."""
        return result

    def all_between(self, x: Tensor, low: Tensor, high: Tensor) -> bool:
        """Whether all numbers are in `[low, high]`; False where they are not at hand."""
        return False

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
        n = ops.clip(n, *_reach(self.dtype))
        half = ops.right_shift(n, 1)
        return self._normal_power2(half), self._normal_power2(n - half)

    def _normal_power2(self, n: Tensor) -> Tensor:
        bits = ops.cast(n + self._bias, self._bits) * (1 << self._mantissa_bits)
        return _view(bits, self.dtype)

    def scale(self, x: Tensor, power: tuple[Tensor, ...]) -> Tensor:
        if len(power) == 2 and backend.backend() == 'tensorflow':
            # else TensorFlow multiplies the factors, which are smaller than x or constant, with one another first
            return self.kept(x * power[0]) * power[1]
        for factor in power:
            x = x * factor
        return x

    def kept(self, x: Tensor) -> Tensor:
        # the optimizer of TensorFlow's graphs reorders sums and products, and not what is around a selection
        return self.where(x > self._largest, self._largest, x) if backend.backend() == 'tensorflow' else x

    def sticky_scale(self, x: Tensor, power: tuple[Tensor, ...]) -> Tensor:
        y = self.scale(x, power)
        lost = (y == 0) & (x != 0)
        return ops.where(lost, self.where(x < 0, -self._tiny, self._tiny), y)

    def leading_power(self, x: Tensor) -> Tensor:
        exponent = ops.convert_to_tensor(self._exponent_bits, dtype=self._bits)
        return _view(ops.bitwise_and(_view(x, self._bits), exponent), self.dtype)

    def leading_exponent(self, x: Tensor) -> Tensor:
        """floor(log2 |x|) as an int32 tensor, for numbers that are normal."""
        bits = ops.right_shift(_view(self.leading_power(x), self._bits), self._mantissa_bits)
        return ops.cast(bits, 'int32') - self._bias


def _reach(dtype: str) -> tuple[int, int]:
    """The exponents that two factors, each a normal power of two, can reach."""
    largest = FLOATS[dtype].largest
    return 2 * (1 - largest), 2 * largest


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
