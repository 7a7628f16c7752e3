"""JAX under Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
from jax import lax
from jax.custom_derivatives import SymbolicZero

from .library import KerasLibrary
from .xp import Tensor

if TYPE_CHECKING:
    from ..._maths.law import Law
    from ..tensors.gradient import Formulas, Widths

# elements from which on a loop of its own for each constant takes less time than the constants of each element
_WORTH_A_PASS = 1 << 13


class Library(KerasLibrary):
    """See `KerasLibrary`."""

    def compiles(self, law: Law, x: Tensor, widths: Widths) -> bool:
        return True

    def compiled(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        return jax.jit(function)

    def computed_once(self, constant: Tensor, x: Tensor) -> Tensor:
        small = isinstance(x.size, int) and x.size < _WORTH_A_PASS  # a size may be a symbol, for `jax.export`
        alone = constant.shape == x.shape or all(size == 1 for size in constant.shape)
        if small or alone or constant.dtype == bool:
            return constant
        # XLA computes anew for each element what is broadcast to all, unless it is as costly as to divide integers
        bits = lax.bitcast_convert_type(constant, f'int{8 * constant.dtype.itemsize}')
        one = lax.clamp(bits.dtype.type(1), bits, bits.dtype.type(1))
        return lax.bitcast_convert_type(lax.div(bits, one), constant.dtype)

    def joined(self, real: Tensor, imaginary: Tensor) -> Tensor:
        return jax.lax.complex(real, imaginary)

    def attached(
        self, formulas: Formulas, value: Tensor, x: Tensor, widths: Widths, drawn: tuple[Tensor, ...] = ()
    ) -> Tensor:
        # `jax.custom_gradient`, which Keras has, has no forward mode, and loses the derivatives of what it keeps

        @jax.custom_jvp
        def run(value: Tensor, x: Tensor, widths: Widths, drawn: tuple[Tensor, ...]) -> Tensor:
            return value

        def both(primals: Any, tangents: Any) -> tuple[Tensor, Tensor]:
            # what JAX differentiates by may be a number of Python, which has no shape
            value, *inputs = jax.tree.map(jax.numpy.asarray, primals)
            # what is kept has its derivatives by being a result itself: the next order is that of this one
            value = run(value, *inputs)
            _, to_x, to_widths, _ = tangents
            moved = {name: t for name, t in {'x': to_x, **to_widths}.items() if not isinstance(t, SymbolicZero)}
            # in reverse mode no more is kept than what goes in here
            return value, jax.checkpoint(formulas.tangent_of, prevent_cse=False)(value, *inputs, moved)

        run.defjvp(both, symbolic_zeros=True)
        return run(value, x, widths, drawn)
