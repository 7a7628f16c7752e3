"""TensorFlow under Keras."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import tensorflow as tf

from . import _keras_xp
from ._keras_library import Function, KerasLibrary
from ._keras_xp import Tensor
from .tensors.constants import reach


# constants of a graph, which TensorFlow makes anew for each number of Python
_constants: WeakKeyDictionary[Any, dict[tuple[float, str], Tensor]] = WeakKeyDictionary()


def constant(value: float, dtype: str) -> Tensor:
    """A number as a tensor, one for all its uses in a graph."""
    if tf.executing_eagerly():
        return tf.constant(value, dtype)
    own = _constants.setdefault(tf.compat.v1.get_default_graph(), {})
    key = value, dtype
    if key not in own:
        own[key] = tf.constant(value, dtype)
    return own[key]


class Namespace(_keras_xp.Namespace):
    """TensorFlow's primitives, by few nodes, where the optimizer of its graphs would merge what must not be."""

    rint, abs, sigmoid = staticmethod(tf.round), staticmethod(tf.abs), staticmethod(tf.sigmoid)
    isnan, held = staticmethod(tf.math.is_nan), staticmethod(tf.stop_gradient)

    def tensor(self, value: Any) -> Tensor:
        return constant(value, self.dtype) if isinstance(value, int | float) else tf.cast(value, self.dtype)

    def floor(self, x: Tensor) -> Tensor:
        return tf.floor(x)

    def ceil(self, x: Tensor) -> Tensor:
        return tf.math.ceil(x)

    def minimum(self, a: Any, b: Any) -> Tensor:
        return tf.minimum(*_alike(a, b))

    def maximum(self, a: Any, b: Any) -> Tensor:
        return tf.maximum(*_alike(a, b))

    def where(self, condition: Any, yes: Any, no: Any) -> Tensor:
        if isinstance(condition, bool):
            return self.tensor(yes if condition else no)
        if isinstance(yes, int | float) and isinstance(no, int | float):
            yes, no = self.tensor(yes), self.tensor(no)
        return tf.where(condition, *_alike(yes, no))

    def power(self, n: Tensor) -> tuple[Tensor, ...]:
        low, high = (constant(end, 'int32') for end in reach(self.dtype))
        n = tf.raw_ops.ClipByValue(t=n, clip_value_min=low, clip_value_max=high)
        half = tf.bitwise.right_shift(n, constant(1, 'int32'))
        return self._normal_power2(half), self._normal_power2(n - half)

    def _normal_power2(self, n: Tensor) -> Tensor:
        bits = tf.cast(n + constant(self._bias, 'int32'), self._bits)
        return tf.bitcast(tf.bitwise.left_shift(bits, constant(self._mantissa_bits, self._bits)), self.dtype)

    def scale(self, x: Tensor, power: tuple[Tensor, ...]) -> Tensor:
        if len(power) == 2:
            # it multiplies the factors, which are smaller than x or constant, with one another first
            return self.kept(x * power[0]) * power[1]
        return super().scale(x, power)

    def kept(self, x: Tensor) -> Tensor:
        # it reorders sums and products, and not what is around a selection
        return self.where(x > constant(self._largest, self.dtype), self._largest, x)

    def leading_power(self, x: Tensor) -> Tensor:
        bits = tf.bitwise.bitwise_and(tf.bitcast(x, self._bits), constant(self._exponent_bits, self._bits))
        return tf.bitcast(bits, self.dtype)


def _alike(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    if isinstance(a, int | float):
        return constant(a, b.dtype.name), b
    if isinstance(b, int | float):
        return a, constant(b, a.dtype.name)
    return a, b


class Library(KerasLibrary):
    """See `KerasLibrary`. In a graph tensors have no numbers, and variables come as tensors."""

    namespaces: Any = Namespace

    def as_written(self, function: Function) -> Function:
        return tf.autograph.experimental.do_not_convert(function)  # type: ignore[no-any-return]

    def compiles_calls(self) -> bool:
        return True

    def compiled(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        @lru_cache(maxsize=64)
        def traced(_: Any) -> Callable[..., Tensor]:
            return tf.function(function, reduce_retracing=True, autograph=False, jit_compile=True)  # type: ignore[no-any-return]

        def call(*tensors: Tensor) -> Tensor:
            tensors = tuple(map(tf.convert_to_tensor, tensors))
            if any(tensor.shape.rank is None for tensor in tensors):
                return function(*tensors)
            # a size that is traced as unknown is none that is broadcast
            broadcast = tuple(tuple(size == 1 for size in tensor.shape) for tensor in tensors)
            return traced(broadcast)(*tensors)

        return call

    def here(self, tensor: Tensor) -> Tensor:
        return tf.identity(tensor)
