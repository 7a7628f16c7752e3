"""JAX's answers of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp
from jax.custom_derivatives import SymbolicZero

from ..._checks.shown import shown
from ..._maths.floats import FLOATS, UNBOUNDED
from ..blocks import missing
from ..tensors.library import Plain
from ..tensors.of_keras import floatx, seed_numbers
from .xp import Namespace, Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..._maths.law import Law
    from ..tensors.gradient import Formulas, Widths

# elements from which on a loop of its own for each constant takes less time than the constants of each element
_WORTH_A_PASS = 1 << 13


class JaxLibrary(Plain):
    """JAX's own functions, compiled by XLA. See `tensors.library.Library`."""

    name = 'jax'

    def __init__(self) -> None:
        self._namespaces = {target: Namespace(target) for target in FLOATS}

    def namespace(self, target: str) -> Namespace:
        return self._namespaces[target]

    def dtype_of(self, x: Tensor) -> str:
        return x.dtype.name

    def default_float(self) -> str:
        return floatx(jnp.result_type(float).name)

    def is_tensor(self, value: object) -> bool:
        return isinstance(value, jax.Array)

    def is_real(self, tensor: Tensor) -> bool:
        return jnp.issubdtype(tensor.dtype, jnp.floating)

    def made_of(self, value: object) -> Tensor:
        return jnp.asarray(value)

    def tensor(self, value: Any, dtype: str) -> Tensor:
        return jnp.asarray(value, dtype)

    def integers(self, width: object) -> Tensor:
        if not isinstance(width, jax.Array):
            return jnp.asarray(width, 'int32')
        return jnp.clip(jnp.rint(width), -UNBOUNDED, UNBOUNDED).astype('int32')

    def compiles(self, law: Law, x: Tensor, widths: Widths) -> bool:
        return True

    def compiled(self, function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        return jax.jit(function)

    def computed_once(self, constant: Tensor, x: Tensor) -> Tensor:
        alone = constant.shape == x.shape or all(size == 1 for size in constant.shape)
        if _is_small(x) or alone or constant.dtype == bool:
            return constant
        return _never_in_a_loop(constant)

    def uniform(self, x: Tensor, dtype: str, seed: Any) -> Tensor:
        return jax.random.uniform(_key(seed), x.shape, dtype)

    def parts(self, x: Tensor) -> Tensor:
        return jnp.stack([x.real, x.imag])

    def joined(self, real: Tensor, imaginary: Tensor) -> Tensor:
        return lax.complex(real, imaginary)

    def taken(self, x: Tensor, indices: Sequence[int], axis: int) -> Tensor:
        return jnp.take(x, np.array(indices), axis)

    def concatenated(self, tensors: Sequence[Tensor], axis: int) -> Tensor:
        return jnp.concatenate(tensors, axis)

    def in_blocks(self, x: Tensor, axis: int, size: int) -> Tensor:
        last = jnp.moveaxis(x, axis, -1)
        last = jnp.pad(last, [(0, 0)] * (x.ndim - 1) + [(0, missing(x.shape[axis], size))])
        return last.reshape(*last.shape[:-1], last.shape[-1] // size, size)

    def of_blocks(self, blocks: Tensor, axis: int, length: int) -> Tensor:
        *others, count, size = blocks.shape
        return jnp.moveaxis(blocks.reshape(*others, count * size)[..., :length], -1, axis)

    def largest(self, x: Tensor, *, whole: bool) -> Tensor:
        return jnp.max(x, axis=None if whole else -1, keepdims=True)

    def zeros_like(self, tensor: Tensor) -> Tensor:
        return jnp.zeros_like(tensor)

    def differentiable(self, formulas: Formulas, x: Tensor, widths: Widths, uniform: Tensor | None) -> Tensor:
        drawn = () if uniform is None else (uniform,)
        value = formulas.forward(formulas.constants_of(x, widths), formulas.number(x), *drawn)
        if len(value.shape) == 1 and _is_small(value):  # as a bias, which is added to arrays of more axes
            value = _never_in_a_loop(value)
        return self.attached(formulas, value.astype(x.dtype), x, widths, drawn if formulas.redraws else ())

    def attached(
        self, formulas: Formulas, value: Tensor, x: Tensor, widths: Widths, drawn: tuple[Tensor, ...] = ()
    ) -> Tensor:
        @jax.custom_jvp
        def run(value: Tensor, x: Tensor, widths: Widths, drawn: tuple[Tensor, ...]) -> Tensor:
            return value

        def both(primals: Any, tangents: Any) -> tuple[Tensor, Tensor]:
            # what JAX differentiates by may be a number of Python, which has no shape
            value, *inputs = jax.tree.map(jnp.asarray, primals)
            # what is kept has its derivatives by being a result itself: the next order is that of this one
            value = run(value, *inputs)
            _, to_x, to_widths, _ = tangents
            moved = {name: t for name, t in {'x': to_x, **to_widths}.items() if not isinstance(t, SymbolicZero)}
            # in reverse mode no more is kept than what goes in here
            return value, jax.checkpoint(formulas.tangent_of, prevent_cse=False)(value, *inputs, moved)

        run.defjvp(both, symbolic_zeros=True)
        return run(value, x, widths, drawn)


def _is_small(x: Tensor) -> bool:
    # a size may be a symbol, for `jax.export`
    return isinstance(x.size, int) and x.size < _WORTH_A_PASS


def _never_in_a_loop(tensor: Tensor) -> Tensor:
    """`tensor`, which XLA computes for its own elements alone.

    What is broadcast it computes anew for each element of the result, unless it is as costly as to divide integers.
    """
    bits = lax.bitcast_convert_type(tensor, f'int{8 * tensor.dtype.itemsize}')
    one = lax.clamp(bits.dtype.type(1), bits, bits.dtype.type(1))
    return lax.bitcast_convert_type(lax.div(bits, one), tensor.dtype)


def _key(seed: object) -> Tensor:
    """A key of `jax.random`, of what users give. Raises ValueError for anything else."""
    if isinstance(seed, jax.Array):
        return seed
    numbers = seed_numbers(seed)
    if numbers is None:
        raise ValueError(
            f"'seed_gen' must be an int, a key of jax.random or a keras.random.SeedGenerator: {shown(seed)}"
        )
    return jnp.asarray(numbers if isinstance(numbers, jax.Array) else np.asarray(numbers), 'uint32')
