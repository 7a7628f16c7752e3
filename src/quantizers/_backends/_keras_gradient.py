"""A function of tensors with gradients of its own, summed to the shape of each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import backend, ops

from ._keras_xp import Tensor

# from the gradient of the result to those of some of the inputs, by their names
Gradients = dict[str, Callable[[Tensor], Tensor]]


class Formulas(NamedTuple):
    """A function of `x` and widths, elementwise, and its gradients; in `dtype`.

    Where random numbers are drawn they come after `x`.
    """

    dtype: str
    constants: Callable[..., Any]  # of `x` and the widths by their names
    forward: Callable[..., Tensor]  # of the constants and `x`
    gradients: Callable[..., Gradients]  # of the constants, the result and `x`
    redraws: bool = False  # whether `gradients` needs the random numbers, too


def with_gradient(formulas: Formulas, x: Tensor, widths: dict[str, Tensor], uniform: Tensor = None) -> Tensor:
    """The function of `x`, in `x`'s dtype, differentiable.

    A gradient has the shape of the result and is summed to its input's own; an input without one gets 0. All that is
    kept until the backward pass are the inputs and the result.
    """
    names = tuple(widths)
    if backend.backend() == 'torch':
        from ._torch_gradient import Function

        return Function.apply(formulas, names, uniform, x, *widths.values())  # type: ignore[no-untyped-call]

    def wide(tensor: Tensor) -> Tensor:
        return ops.cast(tensor, formulas.dtype)

    @ops.custom_gradient  # type: ignore[untyped-decorator]
    def run(x: Tensor, *tensors: Tensor) -> Any:
        # what JAX differentiates by may be a number of Python, which has no shape
        x, tensors = ops.convert_to_tensor(x), tuple(map(ops.convert_to_tensor, tensors))
        named = dict(zip(names, tensors, strict=False))
        drawn = tensors[len(names) :]
        result = ops.cast(formulas.forward(formulas.constants(wide(x), **named), wide(x), *drawn), x.dtype)

        def backward(g: Tensor) -> Any:
            again = drawn if formulas.redraws else ()
            of = formulas.gradients(formulas.constants(wide(x), **named), wide(result), wide(x), *again)
            own = [
                sum_to(t, of[name](wide(g))) if name in of else ops.zeros_like(t)
                for name, t in zip(('x', *names), (x, *tensors), strict=False)
            ]
            own = [ops.cast(own[0], x.dtype), *own[1:], *(ops.zeros_like(t) for t in drawn)]
            return own[0] if len(own) == 1 else tuple(own)

        return result, backward

    # TensorFlow's own variables must be read outside
    return run(ops.cast(x, x.dtype), *widths.values(), *(() if uniform is None else (uniform,)))


def sum_to(tensor: Tensor, gradient: Tensor) -> Tensor:
    """`gradient` summed over the axes along which `tensor` was broadcast."""
    leading = len(gradient.shape) - len(tensor.shape)
    stretched = [leading + n for n, size in enumerate(tensor.shape) if size == 1 and gradient.shape[leading + n] != 1]
    axes = (*range(leading), *stretched)
    if axes:
        gradient = ops.sum(gradient, axis=axes, keepdims=True)
        gradient = ops.squeeze(gradient, tuple(range(leading))) if leading else gradient
    return gradient
