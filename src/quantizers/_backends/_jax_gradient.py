"""JAX's own form of a value with derivatives: `jax.custom_gradient` loses those of the values that it keeps."""

from __future__ import annotations

from typing import Any

import jax

from ._keras_gradient import Formulas, Widths, gradients_of
from ._keras_xp import Tensor


def attach(formulas: Formulas, value: Tensor, x: Tensor, widths: Widths, drawn: tuple[Tensor, ...]) -> Tensor:
    """See `attached`."""

    @jax.custom_vjp
    def run(value: Tensor, x: Tensor, widths: Widths, drawn: tuple[Tensor, ...]) -> Tensor:
        return value

    def forward(value: Tensor, *inputs: Any) -> Any:
        # what is kept has its derivatives by being a result itself: the next order is that of this one
        value = run(value, *inputs)
        return value, (value, *inputs)

    def backward(kept: Any, g: Tensor) -> Any:
        # what JAX differentiates by may be a number of Python, which has no shape
        value, x, widths, drawn = jax.tree.map(jax.numpy.asarray, kept)
        to_x, *to_widths = gradients_of(formulas, g, value, x, widths, drawn)
        return None, to_x, dict(zip(widths, to_widths, strict=True)), None

    run.defvjp(forward, backward)
    return run(value, x, widths, drawn)
