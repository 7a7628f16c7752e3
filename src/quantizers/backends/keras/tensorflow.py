"""TensorFlow under Keras."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from ..._maths.floats import UNBOUNDED
from ..._maths.law import Law
from ..._maths.namespace import Number
from ..tensors.backend import TensorBackend
from ..tensors.library import Function
from ..worth import WorthWhile
from . import xp as keras_xp
from .library import KerasLibrary
from .xp import Tensor

if TYPE_CHECKING:
    from ..tensors.gradient import Widths

# numbers of a width that are looked at, so that NumPy makes its constants
AT_HAND = 256 * 1024
# far below the last bit of 1, and far above the smallest normal number, in each dtype
_SMALL = 2.0**-100
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


class Namespace(keras_xp.Namespace):
    """TensorFlow's primitives, by few nodes, where the optimizer of its graphs would merge what must not be."""

    rint, sigmoid, isnan = staticmethod(tf.round), staticmethod(tf.sigmoid), staticmethod(tf.math.is_nan)
    held = staticmethod(tf.stop_gradient)

    def tensor(self, value: Number) -> Tensor:
        return constant(value, self.dtype) if isinstance(value, int | float) else tf.cast(value, self.dtype)

    def abs(self, x: Tensor, /) -> Tensor:
        return tf.abs(x)

    def floor(self, x: Tensor) -> Tensor:
        return tf.floor(x)

    def ceil(self, x: Tensor) -> Tensor:
        return tf.math.ceil(x)

    def minimum(self, a: Number, b: Number) -> Tensor:
        return tf.minimum(*self._alike(a, b))

    def maximum(self, a: Number, b: Number) -> Tensor:
        return tf.maximum(*self._alike(a, b))

    def _beside(self, number: float, tensor: Tensor) -> Tensor:
        return constant(number, tensor.dtype.name)

    def _selected(self, condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
        return tf.where(condition, yes, no)

    def clip(self, x: Tensor, low: Number, high: Number) -> Tensor:
        # of the two, NaN stays where it is the first
        return tf.minimum(tf.maximum(x, self._alike(low, x)[0]), self._alike(high, x)[0])

    def scale(self, x: Tensor, power: tuple[Tensor, ...]) -> Tensor:
        x, *second = x * power[0], *power[1:]
        # two factors that are smaller than `x`, or constant, would be multiplied with one another first
        return tf.math.multiply_no_nan(second[0], x) if second else x  # where `x` is -0 it is 0

    def signed_scale(self, x: Tensor, power: tuple[Tensor, ...]) -> Tensor:
        x, *second = x * power[0], *power[1:]
        return self.kept(x) * second[0] if second else x

    def kept(self, x: Tensor) -> Tensor:
        # sums and products are reordered, and not what is around a selection
        return self.where(x > self._number(self._largest, self.dtype), self._largest, x)

    def signed_like(self, result: Tensor, x: Tensor) -> Tensor:
        sign = self._masked(self._view(x, self._bits), int(np.iinfo(self._bits).min))
        return self._view(tf.bitwise.bitwise_or(self._view(tf.abs(result), self._bits), sign), self.dtype)

    def large(self, x: Tensor) -> Tensor:
        return tf.math.is_inf(x + x)

    def sticky_scale(self, x: Tensor, power: tuple[Tensor, ...]) -> Tensor:
        # what is added is lost beside any number that is not near 0
        return self.scale(x, power) + self._clamped(x, -_SMALL, _SMALL)

    def _number(self, value: float, dtype: str) -> Tensor:
        return constant(value, dtype)

    def _view(self, x: Tensor, dtype: str) -> Tensor:
        return tf.bitcast(x, dtype)

    def _cast(self, x: Tensor, dtype: str) -> Tensor:
        return tf.cast(x, dtype)

    def _clamped(self, n: Tensor, low: float, high: float) -> Tensor:
        return tf.raw_ops.ClipByValue(
            t=n, clip_value_min=constant(low, n.dtype.name), clip_value_max=constant(high, n.dtype.name)
        )

    def _shifted(self, n: Tensor, bits: int) -> Tensor:
        return tf.bitwise.right_shift(n, constant(bits, n.dtype.name))

    def _masked(self, n: Tensor, mask: int) -> Tensor:
        return tf.bitwise.bitwise_and(n, constant(mask, n.dtype.name))


class Library(KerasLibrary):
    """See `KerasLibrary`. In a graph tensors have no numbers, and variables come as tensors."""

    name = 'tensorflow'
    namespaces: Any = Namespace

    def __init__(self) -> None:
        super().__init__()
        self._worth_while = WorthWhile()

    def as_written(self, function: Function) -> Function:
        return tf.autograph.experimental.do_not_convert(function)  # type: ignore[no-any-return]

    def integers(self, width: Any) -> Tensor:
        if not tf.is_tensor(width):
            return tf.constant(width, 'int32')
        low, high = (constant(end, width.dtype.name) for end in (-UNBOUNDED, UNBOUNDED))
        return tf.cast(tf.raw_ops.ClipByValue(t=tf.round(width), clip_value_min=low, clip_value_max=high), 'int32')

    def at_hand(self, width: Tensor) -> NDArray[Any] | None:
        return width.numpy() if tf.executing_eagerly() and width.shape.num_elements() <= AT_HAND else None

    def compiles(self, law: Law, x: Tensor, widths: Widths) -> bool:
        if not tf.executing_eagerly():
            return bool(widths)  # for constants in the graph: all calls of a law share one function, traced once
        return self._worth_while((law, x.dtype, tuple(x.shape)), x.shape.num_elements())

    def compiled(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        @lru_cache(maxsize=64)
        def fused(by_xla: bool | None, _: Hashable) -> Callable[..., Tensor]:
            return tf.function(function, reduce_retracing=True, autograph=False, jit_compile=by_xla)  # type: ignore[no-any-return]

        def call(*tensors: Tensor) -> Tensor:
            tensors = tuple(map(tf.convert_to_tensor, tensors))
            # in a graph that is being made it is for its maker to say how that is compiled
            by_xla = True if tf.executing_eagerly() else None
            # what is traced again has sizes that are unknown, but for which axes there are and are broadcast
            alone = tuple(tuple(size == 1 for size in tensor.shape) for tensor in tensors)
            return fused(by_xla, alone)(*tensors)

        return call

    def joined(self, real: Tensor, imaginary: Tensor) -> Tensor:
        return tf.complex(real, imaginary)

    def here(self, tensor: Tensor) -> Tensor:
        return tf.identity(tensor)


if keras.backend.backend() != 'tensorflow':
    raise TypeError(
        f"'x' is a tensor of tensorflow, for which Keras must run on it, and it runs on {keras.backend.backend()}: "
        'set the environment variable KERAS_BACKEND=tensorflow before Keras is imported'
    )
backend = TensorBackend(Library())
