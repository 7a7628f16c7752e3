"""A function of tensors with derivatives of its own, summed to the shape of each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import backend, ops

from .._maths.surrogate import LN2
from ._keras_xp import Tensor

Widths = dict[str, Tensor]  # by their names
# from the gradient of the result to those of some of the inputs, by their names
Gradients = dict[str, Callable[[Tensor], Tensor]]


def no_constants(*_: Any, **__: Any) -> tuple[()]:
    """For formulas that need none."""
    return ()


class Formulas(NamedTuple):
    """A function of `x` and widths, elementwise, and its gradients; in `dtype`.

    Where random numbers are drawn they come after `x`. The result, `x` and the widths that `gradients` is given have
    their derivatives, so that those of a gradient follow; the constants have none.
    """

    dtype: str
    constants: Callable[..., Any]  # of `x` and the widths by their names
    forward: Callable[..., Tensor]  # of the constants and `x`
    gradients: Callable[..., Gradients]  # of the constants, the widths, the result and `x`
    redraws: bool = False  # whether `gradients` needs the random numbers, too


def with_gradient(formulas: Formulas, x: Tensor, widths: Widths, uniform: Tensor = None) -> Tensor:
    """The function of `x`, in `x`'s dtype, differentiable any number of times.

    A gradient has the shape of the result and is summed to its input's own; an input without one gets 0. All that is
    kept until the backward pass are the inputs and the result.
    """
    if backend.backend() == 'torch':
        from ._torch_gradient import Function

        return Function.apply(formulas, tuple(widths), uniform, x, *widths.values())  # type: ignore[no-untyped-call]
    drawn = () if uniform is None else (uniform,)
    x = ops.cast(x, x.dtype)  # TensorFlow's own variables must be read outside
    value = formulas.forward(_constants(formulas, x, widths), _numbers(formulas, x), *drawn)
    return attached(formulas, ops.cast(value, x.dtype), x, widths, drawn if formulas.redraws else ())


def attached(formulas: Formulas, value: Tensor, x: Tensor, widths: Widths, drawn: tuple[Tensor, ...] = ()) -> Tensor:
    """`value`, which is the function of `x` already, with the derivatives of `formulas` and no others."""
    name = backend.backend()
    if name == 'jax':
        from ._jax_gradient import attach
    elif name == 'torch':
        from ._torch_gradient import attach
    else:
        from ._tensorflow_gradient import attach
    return attach(formulas, value, x, widths, drawn)


def power_of_two(value: Tensor, width: Tensor, sign: int) -> Tensor:
    """`value`, which is `2^(sign * width)`, with the derivatives of that, straight through the rounding of `width`."""

    def gradients(_: Any, widths: Widths, value: Tensor, width: Tensor) -> Gradients:
        return {'x': lambda g: g * (sign * LN2) * value}

    dtype = backend.standardize_dtype(value.dtype)
    return attached(Formulas(dtype, no_constants, no_constants, gradients), value, width, {})


def gradients_of(
    formulas: Formulas, g: Tensor, value: Tensor, x: Tensor, widths: Widths, drawn: tuple[Tensor, ...]
) -> list[Tensor]:
    """The gradients to `x` and to each width, each in the shape and dtype of its own."""

    def wide(tensor: Tensor) -> Tensor:
        return ops.cast(tensor, formulas.dtype)

    constants = _constants(formulas, x, widths)
    of, g = formulas.gradients(constants, widths, wide(value), wide(x), *drawn), wide(g)
    return [
        ops.cast(sum_to(tensor, of[name](g)), tensor.dtype) if name in of else ops.zeros_like(tensor)
        for name, tensor in {'x': x, **widths}.items()
    ]


def _constants(formulas: Formulas, x: Tensor, widths: Widths) -> Any:
    return formulas.constants(_numbers(formulas, x), **{name: _numbers(formulas, w) for name, w in widths.items()})


def _numbers(formulas: Formulas, tensor: Tensor) -> Tensor:
    """A tensor without derivatives; what JAX differentiates by may be a number of Python, which has no shape."""
    return ops.convert_to_tensor(ops.stop_gradient(tensor), dtype=formulas.dtype)


def sum_to(tensor: Tensor, gradient: Tensor) -> Tensor:
    """`gradient` summed over the axes along which `tensor` was broadcast."""
    leading = len(gradient.shape) - len(tensor.shape)
    stretched = [leading + n for n, size in enumerate(tensor.shape) if size == 1 and gradient.shape[leading + n] != 1]
    axes = (*range(leading), *stretched)
    if axes:
        gradient = ops.sum(gradient, axis=axes, keepdims=True)
        gradient = ops.squeeze(gradient, tuple(range(leading))) if leading else gradient
    return gradient
