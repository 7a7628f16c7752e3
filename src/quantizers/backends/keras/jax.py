"""JAX under Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax

from .library import KerasLibrary
from .xp import Tensor

if TYPE_CHECKING:
    from ..._maths.law import Law
    from ..tensors.gradient import Formulas, Widths


class Library(KerasLibrary):
    """See `KerasLibrary`."""

    def compiles(self, law: Law, x: Tensor) -> bool:
        return True

    def compiled(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        return jax.jit(function)

    def joined(self, real: Tensor, imaginary: Tensor) -> Tensor:
        return jax.lax.complex(real, imaginary)

    def attached(
        self, formulas: Formulas, value: Tensor, x: Tensor, widths: Widths, drawn: tuple[Tensor, ...] = ()
    ) -> Tensor:
        # `jax.custom_gradient`, which Keras has, loses the derivatives of the values that it keeps

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
            to_x, *to_widths = formulas.gradients_of(g, value, x, widths, drawn)
            return None, to_x, dict(zip(widths, to_widths, strict=True)), None

        run.defvjp(forward, backward)
        return run(value, x, widths, drawn)
