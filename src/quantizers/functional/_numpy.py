"""The functional API on NumPy: bit widths are arguments, numbers or arrays that broadcast to `x`.

Here `i` does not count the sign bit: `W = k + i + f`. Widths that are no integers are rounded half to even. Of complex
numbers the real and the imaginary part are quantized.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._maths.laws import BINARY, MINIFLOAT
from .._maths.minifloat import decomposed, exponent_range
from ..backends.numpy.backend import refuse_training
from ..backends.numpy.inputs import as_array, as_real_array, float_name
from ..backends.numpy.kernels import namespace
from ..backends.numpy.run import by_parts
from ..backends.subnormals import keeps_subnormals
from ..modes import OverflowMode, RoundingMode
from ._arrays import Family, family
from ._quantizer import FixedQuantizer
from ._widths import width

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .._maths.law import Law


class FixedQuantizerNumpy(FixedQuantizer):
    """A fixed-point quantizer of NumPy arrays; made by `get_fixed_quantizer_np`."""

    _factory = 'get_fixed_quantizer_np'

    def __init__(self, round_mode: RoundingMode, overflow_mode: OverflowMode, saturation_bits: int) -> None:
        super().__init__(round_mode, overflow_mode, saturation_bits)
        self._families: dict[str, Family] = {}

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
        largest number, and saturation bits that the width has no room for. TypeError where `x` is of no numbers.
        """
        if training:
            refuse_training()
        array = as_array(x)
        if array.dtype.kind == 'c':
            return by_parts(lambda part: self(part, k, i, f), array)
        array = as_real_array(array)
        name = float_name(array)
        if name not in self._families:
            self._families[name] = family(self.law, name)
        return self._families[name](array, k, i, f)


def get_fixed_quantizer_np(
    round_mode: RoundingMode = 'TRN', overflow_mode: OverflowMode = 'WRAP', saturation_bits: int = 0
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
    of no numbers.
    """
    return _quantized(MINIFLOAT, as_array(x), m, e, e0)


@keeps_subnormals
def float_decompose_np(
    x: ArrayLike, m: ArrayLike, e: ArrayLike, e0: ArrayLike = 0
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The mantissa and the exponent of `float_quantize_np(x, m, e, e0)`, which is `mantissa * 2^exponent`.

    `1 <= |mantissa| < 2`; subnormals and zero have the exponent emin and a smaller mantissa. Both are of `x`'s floating
    dtype. NaN has the mantissa NaN and the exponent emin. Raises as `float_quantize_np` does, and for complex numbers.
    """
    quantized = float_quantize_np(as_real_array(x), m, e, e0)
    emin, _ = exponent_range(np, *MINIFLOAT.whole(np, 0, width('e', e), width('e0', e0))[1:])
    mantissa, exponent = decomposed(namespace('float64', extreme=True), quantized.astype(np.float64), emin)
    return mantissa.astype(quantized.dtype), exponent.astype(quantized.dtype)


@keeps_subnormals
def binary_quantize_np(x: ArrayLike) -> NDArray[Any]:
    """1 for `x > 0`, else -1 (zero included), NaN for NaN. TypeError where `x` is of no numbers."""
    return _quantized(BINARY, as_array(x))


def ternary_quantize_np(x: ArrayLike) -> NDArray[Any]:
    """-1, 0 or 1: fixed point with `k = 1, i = 1, f = 0`, RND_CONV, SAT_SYM. TypeError where `x` is of no numbers."""
    return _TERNARY(x, k=1, i=1, f=0)


def _quantized(law: Law, x: NDArray[Any], *widths: ArrayLike) -> NDArray[Any]:
    if x.dtype.kind == 'c':
        return by_parts(lambda part: _quantized(law, part, *widths), x)
    array = as_real_array(x)
    return family(law, float_name(array))(array, *widths)


_TERNARY = get_fixed_quantizer_np('RND_CONV', 'SAT_SYM')
