"""The functional API on NumPy: bit widths are arguments, numbers or arrays that broadcast to `x`.

Here `i` does not count the sign bit: `W = k + i + f`. Widths that are no integers are rounded half to even.
"""

from __future__ import annotations

import math
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .._backends._numpy import BLOCK, apply, as_real_array, float_name, redo_large, refuse_training
from .._backends._numpy_kernels import binary_kernel, fixed_kernel, minifloat_kernel
from .._maths import exact, lowbit
from .._maths.exact import ExactFixed, ExactMinifloat
from .._maths.floats import compute_dtype
from .._maths.minifloat import exponent_range
from ._quantizer import FixedQuantizer
from ._widths import sign_bits, width

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class FixedQuantizerNumpy(FixedQuantizer):
    """A fixed-point quantizer of NumPy arrays; made by `get_fixed_quantizer_np`."""

    _factory = 'get_fixed_quantizer_np'

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
        integers = np.maximum(integers, -fractions)
        if self.saturation_bits and np.any(signs + integers + fractions <= self.saturation_bits):
            raise ValueError(f"'saturation_bits' must be less than k + i + f: {self.saturation_bits}")
        widths = (signs, integers, fractions)
        return _quantize(
            array,
            widths,
            lambda k, i, f: _cached_fixed(k, i, f, *modes, name),
            lambda k, i, f: fixed_kernel(k, i, f, *modes, name),
            lambda k, i, f: ExactFixed(k, i, f, *modes),
        )


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
    return _quantize(
        array,
        widths,
        lambda m, e, e0: _cached_minifloat(m, e, e0, name),
        lambda m, e, e0: minifloat_kernel(m, e, e0, name),
        lambda m, e, e0: ExactMinifloat(m, *exponent_range(exact, e, e0)),
    )


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


def binary_quantize_np(x: ArrayLike) -> NDArray[Any]:
    """1 for `x > 0`, else -1 (zero included), NaN for NaN. TypeError where `x` is no real number."""
    array = as_real_array(x)
    name = float_name(array)
    return apply(binary_kernel(name), array, name, None, lambda: partial(lowbit.binary, exact))


def ternary_quantize_np(x: ArrayLike) -> NDArray[Any]:
    """-1, 0 or 1: fixed point with `k = 1, i = 1, f = 0`, RND_CONV, SAT_SYM. TypeError where `x` is no real number."""
    return _TERNARY(x, k=1, i=1, f=0)


_TERNARY = get_fixed_quantizer_np('RND_CONV', 'SAT_SYM')
_cached_fixed = lru_cache(maxsize=256)(fixed_kernel)
_cached_minifloat = lru_cache(maxsize=256)(minifloat_kernel)


def _quantize(array: NDArray[Any], widths: Any, cached: Any, kernel_of: Any, exact_of: Any) -> NDArray[Any]:
    """Quantize by widths that are all numbers, or some of them arrays: then a few rows of the first axis at a time.

    Args:
        array: as `as_real_array` gives it.
        widths: integer arrays.
        cached: makes the kernel of widths that are ints.
        kernel_of: makes the kernel of widths that are arrays.
        exact_of: makes the quantizer of one exact number, of widths that are ints.
    """
    name = float_name(array)
    if all(w.ndim == 0 for w in widths):
        numbers = [int(w) for w in widths]
        return apply(cached(*numbers), array, name, None, lambda: exact_of(*numbers))
    shape = np.broadcast_shapes(array.shape, *(w.shape for w in widths))
    source = np.broadcast_to(np.asarray(array), shape)
    result = np.empty(shape, array.dtype if array.dtype.name == name else name)
    if result.size:
        padded = [w.reshape((1,) * (len(shape) - w.ndim) + w.shape) for w in widths]
        varies = any(w.shape[0] > 1 for w in padded)
        kernel = None if varies else kernel_of(*padded)
        rows = max(1, BLOCK // math.prod(shape[1:]))
        for start in range(0, shape[0], rows):
            part = slice(start, start + rows)
            run = kernel or kernel_of(*(w[part] if w.shape[0] > 1 else w for w in padded))
            with np.errstate(all='ignore'):
                result[part] = run(source[part].astype(compute_dtype(name), copy=False))
        every = [np.broadcast_to(w, shape) for w in padded]
        redo_large(source, result, lambda index: exact_of(*(int(w[index]) for w in every)))
    if isinstance(array, np.ma.MaskedArray):
        mask = np.broadcast_to(np.ma.getmaskarray(array), shape)
        return np.ma.MaskedArray(result, mask=mask.copy())
    return result
