"""A function of tensors with a gradient of its own, summed to the shape of each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

Tensor = Any  # of the framework that Keras runs on
# from the gradient of the result to that of one input
Gradient = Callable[[Tensor], Tensor]


def with_gradient(forward: Callable[..., tuple[Tensor, dict[str, Gradient]]], inputs: dict[str, Tensor]) -> Tensor:
    """The result of `forward(**inputs)`, differentiable by the gradients that it returns beside it.

    A gradient has the shape of the result and is summed to its input's own; an input without one gets 0. All that
    is kept until the backward pass is what the gradients refer to.
    """

    @ops.custom_gradient  # type: ignore[untyped-decorator]
    def run(*tensors: Tensor) -> Any:
        named = dict(zip(inputs, tensors, strict=True))
        result, gradients = forward(**named)

        # JAX and TensorFlow give the upstream gradient as the one argument, PyTorch by name
        def backward(*arguments: Tensor, upstream: Tensor | None = None) -> Any:
            g = arguments[0] if upstream is None else upstream
            own = [
                _sum_to(tensor, gradients[name](g)) if name in gradients else ops.zeros_like(tensor)
                for name, tensor in named.items()
            ]
            return own[0] if len(own) == 1 else tuple(own)

        return result, backward

    return run(*inputs.values())


def _sum_to(tensor: Tensor, gradient: Tensor) -> Tensor:
    """`gradient` summed over the axes along which `tensor` was broadcast."""
    leading = len(gradient.shape) - len(tensor.shape)
    stretched = [leading + n for n, size in enumerate(tensor.shape) if size == 1 and gradient.shape[leading + n] != 1]
    axes = (*range(leading), *stretched)
    if axes:
        gradient = ops.sum(gradient, axis=axes, keepdims=True)
        gradient = ops.squeeze(gradient, tuple(range(leading))) if leading else gradient
    return gradient
