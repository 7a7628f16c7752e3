"""A function of tensors with gradients of its own, summed to the shape of each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import backend, ops

from ._keras_xp import Tensor

# from the gradient of the result to those of some of the inputs, by their names
Gradients = dict[str, Callable[[Tensor], Tensor]]


def with_gradient(
    forward: Callable[..., Tensor], gradients: Callable[..., Gradients], inputs: dict[str, Tensor]
) -> Tensor:
    """`forward(**inputs)`, differentiable: the gradients are `gradients(result, **inputs)`.

    A gradient has the shape of the result and is summed to its input's own; an input without one gets 0. All that is
    kept until the backward pass are the inputs and the result.
    """
    names = tuple(inputs)
    if backend.backend() == 'torch':
        from ._torch_gradient import Function

        return Function.apply(forward, gradients, names, *inputs.values())  # type: ignore[no-untyped-call]

    @ops.custom_gradient  # type: ignore[untyped-decorator]
    def run(*tensors: Tensor) -> Any:
        named = dict(zip(names, tensors, strict=True))
        result = forward(**named)

        def backward(g: Tensor) -> Any:
            of = gradients(result, **named)
            own = [sum_to(t, of[name](g)) if name in of else ops.zeros_like(t) for name, t in named.items()]
            return own[0] if len(own) == 1 else tuple(own)

        return result, backward

    return run(*inputs.values())


def sum_to(tensor: Tensor, gradient: Tensor) -> Tensor:
    """`gradient` summed over the axes along which `tensor` was broadcast."""
    leading = len(gradient.shape) - len(tensor.shape)
    stretched = [leading + n for n, size in enumerate(tensor.shape) if size == 1 and gradient.shape[leading + n] != 1]
    axes = (*range(leading), *stretched)
    if axes:
        gradient = ops.sum(gradient, axis=axes, keepdims=True)
        gradient = ops.squeeze(gradient, tuple(range(leading))) if leading else gradient
    return gradient
