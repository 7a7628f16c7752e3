"""The namespace `xp` of `_maths` in JAX's own functions."""

from __future__ import annotations

import jax
from jax import lax
from jax import numpy as jnp

from ..._maths.namespace import Number
from ..tensors.namespace import BitNamespace

Tensor = jax.Array


class Namespace(BitNamespace):
    """JAX's primitives; see `BitNamespace`."""

    rint, sigmoid, isnan = staticmethod(jnp.rint), staticmethod(jax.nn.sigmoid), staticmethod(jnp.isnan)
    held = staticmethod(lax.stop_gradient)

    def tensor(self, value: Number) -> Tensor:
        return jnp.asarray(value, self.dtype)

    def abs(self, x: Tensor, /) -> Tensor:
        return jnp.abs(x)

    def floor(self, x: Tensor) -> Tensor:
        return jnp.floor(x)

    def ceil(self, x: Tensor) -> Tensor:
        return jnp.ceil(x)

    def trunc(self, x: Tensor) -> Tensor:
        return jnp.trunc(x)

    def _beside(self, number: float, tensor: Tensor) -> Tensor:
        return jnp.asarray(number, tensor.dtype)

    def _selected(self, condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
        return jnp.where(condition, yes, no)

    def _view(self, x: Tensor, dtype: str) -> Tensor:
        return lax.bitcast_convert_type(x, dtype)

    def _cast(self, x: Tensor, dtype: str) -> Tensor:
        return x.astype(dtype)

    def _clamped(self, n: Tensor, low: int, high: int) -> Tensor:
        return jnp.clip(n, low, high)

    def _shifted(self, n: Tensor, bits: int) -> Tensor:
        return jnp.right_shift(n, bits)

    def _masked(self, n: Tensor, mask: int) -> Tensor:
        return jnp.bitwise_and(n, jnp.asarray(mask, self._bits))
