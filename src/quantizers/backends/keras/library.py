"""What Keras answers of tensors, whatever it runs on; what a framework answers otherwise is a class of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from keras import Variable, backend, config, ops, random

from ..._maths.floats import FLOATS, UNBOUNDED
from ..blocks import missing
from ..tensors.library import Plain
from .xp import Namespace, Tensor

if TYPE_CHECKING:
    from ..tensors.gradient import Formulas, Widths
    from ..tensors.library import TensorNamespace


class KerasLibrary(Plain):
    """The answers in `keras.ops`; those of a framework are a subclass. See `tensors.library.Library`."""

    name = 'keras'

    namespaces: Callable[[str], TensorNamespace] = Namespace

    def __init__(self) -> None:
        self._namespaces = {target: type(self).namespaces(target) for target in FLOATS}

    def namespace(self, target: str) -> TensorNamespace:
        return self._namespaces[target]

    def dtype_of(self, x: Tensor) -> str:
        name: str = backend.standardize_dtype(x.dtype)
        return name

    def is_tensor(self, value: object) -> bool:
        return bool(ops.is_tensor(value)) and not isinstance(value, Variable)  # which is one for TensorFlow

    def is_real(self, tensor: Tensor) -> bool:
        return 'float' in backend.standardize_dtype(tensor.dtype)

    def default_float(self) -> str:
        name: str = config.floatx()
        return name

    def made_of(self, value: object) -> Tensor:
        return ops.convert_to_tensor(value)

    def tensor(self, value: Any, dtype: str) -> Tensor:
        return ops.cast(value, dtype) if ops.is_tensor(value) else ops.convert_to_tensor(value, dtype=dtype)

    def integers(self, width: Any) -> Tensor:
        if not ops.is_tensor(width):
            return ops.convert_to_tensor(width, dtype='int32')
        return ops.cast(ops.clip(ops.round(width), -UNBOUNDED, UNBOUNDED), 'int32')

    def parts(self, x: Tensor) -> Tensor:
        return ops.stack([ops.real(x), ops.imag(x)])

    def joined(self, real: Tensor, imaginary: Tensor) -> Tensor:
        return ops.view_as_complex(ops.stack([real, imaginary], -1))  # of complex64

    def uniform(self, x: Tensor, dtype: str, seed: Any) -> Tensor:
        return random.uniform(ops.shape(x), dtype=dtype, seed=seed)

    def taken(self, x: Tensor, indices: Sequence[int], axis: int) -> Tensor:
        return ops.take(x, indices, axis)

    def concatenated(self, tensors: Sequence[Tensor], axis: int) -> Tensor:
        return ops.concatenate(tensors, axis)

    def in_blocks(self, x: Tensor, axis: int, size: int) -> Tensor:
        last = ops.moveaxis(x, axis, -1)
        last = ops.pad(last, [(0, 0)] * (len(x.shape) - 1) + [(0, missing(x.shape[axis], size))])
        *others, length = ops.shape(last)  # of which some may be known when it is computed
        return ops.reshape(last, (*others, length // size, size))

    def of_blocks(self, blocks: Tensor, axis: int, length: int) -> Tensor:
        *others, count, size = ops.shape(blocks)
        return ops.moveaxis(ops.reshape(blocks, (*others, count * size))[..., :length], -1, axis)

    def largest(self, x: Tensor, *, whole: bool) -> Tensor:
        return ops.max(x, axis=None if whole else -1, keepdims=True)

    def zeros_like(self, tensor: Tensor) -> Tensor:
        return ops.zeros_like(tensor)

    def differentiable(self, formulas: Formulas, x: Tensor, widths: Widths, uniform: Tensor | None) -> Tensor:
        drawn = () if uniform is None else (uniform,)
        x = ops.cast(x, x.dtype)  # TensorFlow's own variables must be read outside
        value = formulas.forward(formulas.constants_of(x, widths), formulas.number(x), *drawn)
        return self.attached(formulas, ops.cast(value, x.dtype), x, widths, drawn if formulas.redraws else ())

    def attached(
        self, formulas: Formulas, value: Tensor, x: Tensor, widths: Widths, drawn: tuple[Tensor, ...] = ()
    ) -> Tensor:
        @ops.custom_gradient  # type: ignore[untyped-decorator]
        def run(x: Tensor, *tensors: Tensor) -> Any:
            def backward(g: Tensor) -> Any:
                here = self.here(value), self.here(x), dict(zip(widths, map(self.here, tensors), strict=True))
                drawn_here = tuple(map(self.here, drawn))
                # tapes that record this pass, for the next order, find the derivatives of the value as well
                again = self.attached(formulas, *here, drawn_here)
                return formulas.gradients_of(g, again, *here[1:], drawn_here, _summed_to)

            return value, backward

        return run(x, *widths.values())

    def here(self, tensor: Tensor) -> Tensor:
        """`tensor` in the graph that is being made, which may be another one than its own."""
        return tensor


def _summed_to(tensor: Tensor, gradient: Tensor) -> Tensor:
    """`gradient` summed over the axes along which `tensor` was broadcast, in the dtype of `tensor`."""
    leading = tuple(range(len(gradient.shape) - len(tensor.shape)))
    own = enumerate(tensor.shape, len(leading))
    axes = (*leading, *(n for n, size in own if size == 1 and gradient.shape[n] != 1))
    if axes:
        gradient = ops.sum(gradient, axis=axes, keepdims=True)
        gradient = ops.squeeze(gradient, leading) if leading else gradient  # without axes it is all of them
    return ops.cast(gradient, tensor.dtype)
