"""The functional API on NumPy: bit widths are arguments, numbers or arrays that broadcast to `x`.

Here `i` does not count the sign bit: `W = k + i + f`. Widths that are no integers are rounded half to even.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .._backends._binding import Binding, binding_for
from .._backends._numpy import as_real_array, float_name, refuse_training
from .._backends._numpy_integers import fixed_values, minifloat_values
from .._backends._numpy_kernels import Kernel, plan_fixed, plan_minifloat
from .._backends._numpy_run import apply
from .._backends._numpy_xp import Array
from .._backends._subnormals import keeps_subnormals
from .._maths.minifloat import exponent_range
from ._arrays import Family, quantize
from ._quantizer import FixedQuantizer
from ._widths import sign_bits, width

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class FixedQuantizerNumpy(FixedQuantizer):
    """A fixed-point quantizer of NumPy arrays; made by `get_fixed_quantizer_np`."""

    _factory = 'get_fixed_quantizer_np'

    @keeps_subnormals
    def __call__(
        self, x: ArrayLike, k: ArrayLike, i: ArrayLike, f: ArrayLike, training: bool = False, seed_gen: Any = None
    ) -> NDArray[Any]:
        """Quantize `x` to `k` sign bits (0 or 1), `i` integer bits without the sign bit, and `f` fraction bits.

        The order is x, k, i, f; some texts list integer and fraction bits first. `k, i, f` are numbers or arrays that
        broadcast with `x`; `i` below `-f` counts as `-f`, so an unsigned format of no bits holds 0 only. Very large `i`
        and `f` mean no bound and no rounding. A stochastic mode rounds as the deterministic one.

        Returns an array of `x`'s floating dtype (float64 for integers). NaN, Inf and exactness are as for a spec.

        Raises ValueError for `k` other than 0 and 1, widths that are NaN, `training=True`, a step above the dtype's
        largest number, and saturation bits that the width has no room for. TypeError where `x` is no real number.
        """
        if training:
            refuse_training()
        array = as_real_array(x)
        name = float_name(array)
        modes = self.round_mode, self.overflow_mode, self.saturation_bits
        signs, integers, fractions = sign_bits(k), width('i', i), width('f', f)
        if self.saturation_bits and np.any(signs + np.maximum(integers + fractions, 0) <= self.saturation_bits):
            raise ValueError(f"'saturation_bits' must be less than k + i + f: {self.saturation_bits}")
        return quantize(_fixed(*modes, name), array, (signs, integers, fractions))


def get_fixed_quantizer_np(
    round_mode: str = 'TRN', overflow_mode: str = 'WRAP', saturation_bits: int = 0
) -> FixedQuantizerNumpy:
    """A callable `(x, k, i, f, training=False, seed_gen=None)` that quantizes NumPy arrays.

    Mode names as in `FixedQ`; where `k` is 0, WRAP_SM wraps as WRAP. Raises ValueError for unknown modes, and for
    saturation bits with a saturating mode. Source: UG1399, "Arbitrary Precision Fixed-Point Data Types".

    >>> get_fixed_quantizer_np('RND', 'SAT')(1.02, k=1, i=2, f=5)
    array(1.03125)
    """
    return FixedQuantizerNumpy(round_mode, overflow_mode, saturation_bits)


@keeps_subnormals
def float_quantize_np(x: ArrayLike, m: ArrayLike, e: ArrayLike, e0: ArrayLike = 0) -> NDArray[Any]:
    """Quantize `x` to minifloats of `m` mantissa bits, `e` exponent bits and exponent offset `e0`; see `MinifloatQ`.

    `m, e, e0` are numbers or arrays that broadcast with `x`; `e <= 1` counts as 1, and `m <= -1` gives 0. Very large
    widths mean no rounding, or no bound. A zero keeps its sign; NaN gives NaN, Inf saturates.

    Raises ValueError for a width that is NaN, and for a step above the dtype's largest number. TypeError where `x` is
    no real number.
    """
    array = as_real_array(x)
    name = float_name(array)
    widths = (width('m', m), np.minimum(width('e', e), 15), width('e0', e0))
    return quantize(_minifloat(name), array, widths)


@keeps_subnormals
def float_decompose_np(
    x: ArrayLike, m: ArrayLike, e: ArrayLike, e0: ArrayLike = 0
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The mantissa and the exponent of `float_quantize_np(x, m, e, e0)`, which is `mantissa * 2^exponent`.

    `1 <= |mantissa| < 2`; subnormals and zero have the exponent emin and a smaller mantissa. Both are of `x`'s floating
    dtype. NaN has the mantissa NaN and the exponent emin. Raises as `float_quantize_np` does.
    """
    quantized = float_quantize_np(x, m, e, e0)
    emin, _ = exponent_range(np, np.minimum(width('e', e), 15), width('e0', e0))
    wide = quantized.astype(np.float64)
    exponent = np.maximum(np.frexp(wide)[1] - 1, emin)
    exponent = np.where((wide == 0) | np.isnan(wide), emin, exponent).astype(np.int32)
    return np.ldexp(wide, -exponent).astype(quantized.dtype), exponent.astype(quantized.dtype)


@keeps_subnormals
def binary_quantize_np(x: ArrayLike) -> NDArray[Any]:
    """1 for `x > 0`, else -1 (zero included), NaN for NaN. TypeError where `x` is no real number."""
    array = as_real_array(x)
    name = float_name(array)
    kernel = binding_for(array.size).binary_kernel(name)
    return apply(kernel, array, name, None, None)


def ternary_quantize_np(x: ArrayLike) -> NDArray[Any]:
    """-1, 0 or 1: fixed point with `k = 1, i = 1, f = 0`, RND_CONV, SAT_SYM. TypeError where `x` is no real number."""
    return _TERNARY(x, k=1, i=1, f=0)


_TERNARY = get_fixed_quantizer_np('RND_CONV', 'SAT_SYM')


@lru_cache(maxsize=256)
def _fixed(rounding: str, overflow: str, saturation_bits: int, name: str) -> Family:
    def plan(k: Any, i: Any, f: Any) -> Any:
        return plan_fixed(k, np.maximum(i, -f), f, overflow, saturation_bits, name)

    def kernel(binding: Binding, plan: Any) -> Kernel:
        return binding.fixed_kernel(plan, rounding, overflow, saturation_bits, name)  # type: ignore[no-any-return]

    return Family(
        plan,
        kernel,
        large=lambda x, k, i, f: fixed_values(x, k, _at_least(i, -f), f, rounding, overflow, saturation_bits),
        cached=lru_cache(maxsize=256)(lambda binding, *widths: kernel(binding, plan(*widths))),
    )


@lru_cache(maxsize=8)
def _minifloat(name: str) -> Family:
    def kernel(binding: Binding, binades: Any) -> Kernel:
        return binding.minifloat_kernel(binades, name)  # type: ignore[no-any-return]

    def plan(m: Any, e: Any, e0: Any) -> Any:
        return plan_minifloat(m, e, e0, name)

    return Family(
        plan,
        kernel,
        large=lambda x, m, e, e0: minifloat_values(x, m, e, e0, _floats),
        cached=lru_cache(maxsize=256)(lambda binding, *widths: kernel(binding, plan(*widths))),
    )


def _at_least(i: Any, low: Any) -> Any:
    return max(i, low) if isinstance(i, int) else np.maximum(i, low)


def _floats(x: Array, *widths: Any) -> Array:
    return quantize(_minifloat('float64'), x, tuple(map(np.asarray, widths)))
