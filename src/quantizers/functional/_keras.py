"""The functional API on tensors of PyTorch, JAX and Keras, with surrogate gradients.

The library is that of the first tensor or variable, `x` or a width, whatever Keras runs on. Keras is needed for
variables, for tensors of TensorFlow, and where nothing is a tensor: then `x` becomes one of its framework.

Here `i` does not count the sign bit: `W = k + i + f`. Widths are numbers, NumPy arrays, tensors or variables that
broadcast to `x`; those that are no integers are rounded half to even. Tensors and variables get gradients,
straight-through. Of complex numbers the real and the imaginary part are quantized.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from ..modes import OverflowMode, RoundingMode
from ._quantizer import FixedQuantizer

if TYPE_CHECKING:
    from ..backends.hints import Array, OnHost, Tensor


class FixedQuantizerKeras(FixedQuantizer):
    """A fixed-point quantizer of tensors; made by `get_fixed_quantizer`."""

    _factory = 'get_fixed_quantizer'

    @overload
    def __call__(self, x: OnHost, k: Any, i: Any, f: Any, training: bool = ..., seed_gen: Any = ...) -> Any: ...
    @overload
    def __call__(
        self, x: Array[Tensor], k: Any, i: Any, f: Any, training: bool = ..., seed_gen: Any = ...
    ) -> Tensor: ...
    @overload
    def __call__(self, x: Any, k: Any, i: Any, f: Any, training: bool = ..., seed_gen: Any = ...) -> Any: ...

    def __call__(self, x: Any, k: Any, i: Any, f: Any, training: bool = False, seed_gen: Any = None) -> Any:
        """Quantize `x` to `k` sign bits (0 or 1), `i` integer bits without the sign bit, and `f` fraction bits.

        `i` below `-f` counts as `-f`, so an unsigned format of no bits holds 0 only. Very large `i` and `f` mean no
        bound and no rounding. A NumPy array or a list becomes a tensor. Integers are computed in the default dtype of
        PyTorch or JAX, or in `floatx` where Keras is imported.

        Gradients: rounding is straight-through. Under SAT, SAT_SYM and SAT_ZERO `x` gets the incoming gradient in range
        and 0 outside, `f` gets `ln2 * (x - q)` times it in range, and outside `i` and `f` get that of the end that `q`
        is held at. WRAP neither wraps nor saturates in training, and gives no gradient to `i`; nor does WRAP_SM, whose
        gradient changes its sign where the bits are inverted. Each is summed to its width's own shape; a non-finite `x`
        adds nothing. Special values and exactness are as for a spec; a width that is NaN gives NaN.

        Args:
            x: a tensor, a variable or what NumPy makes an array of.
            k: sign bits.
            i: integer bits.
            f: fraction bits.
            training: whether stochastic modes draw, and WRAP does nothing.
            seed_gen: needed by a stochastic mode in training: an int, a `torch.Generator` or a key of `jax.random` for
                their tensors, or a `keras.random.SeedGenerator`. An int draws alike on all devices of a library, on
                PyTorch by Philox4x32-10; `torch.default_generator` means that of each device.

        Returns a tensor of `x`'s floating dtype.

        Raises TypeError for tensors of two libraries, and where `x` is of no numbers; ImportError where Keras is needed
        and missing; ValueError for widths that are refused by `get_fixed_quantizer_np`, where they are known, and for
        no `seed_gen` where one is needed. Source: arXiv 2405.00645.
        """
        from ._tensors import fixed

        return fixed(self, x, k, i, f, training, seed_gen)

    @overload
    def round(self, x: OnHost, f: Any, stochastic: bool = ..., seed_gen: Any = ...) -> Any: ...
    @overload
    def round(self, x: Array[Tensor], f: Any, stochastic: bool = ..., seed_gen: Any = ...) -> Tensor: ...
    @overload
    def round(self, x: Any, f: Any, stochastic: bool = ..., seed_gen: Any = ...) -> Any: ...

    def round(self, x: Any, f: Any, stochastic: bool = False, seed_gen: Any = None) -> Any:
        """`x` rounded to `f` fraction bits, in no range; `f` gets the gradient `ln2 * (x - q)` times the incoming one.

        `stochastic=True` draws, whatever the mode; `seed_gen` as in the call.
        """
        from ._tensors import rounded

        return rounded(self, x, f, stochastic, seed_gen)


def get_fixed_quantizer(
    round_mode: RoundingMode = 'TRN', overflow_mode: OverflowMode = 'WRAP', saturation_bits: int = 0
) -> FixedQuantizerKeras:
    """A differentiable callable `(x, k, i, f, training=False, seed_gen=None)` that quantizes tensors.

    Mode names as in `FixedQ`; where `k` is 0, WRAP_SM wraps as WRAP. Raises ValueError for unknown modes, and for
    saturation bits with a saturating mode. Source: UG1399, "Arbitrary Precision Fixed-Point Data Types", and
    arXiv 2405.00645 for the gradients.
    """
    return FixedQuantizerKeras(round_mode, overflow_mode, saturation_bits)


@overload
def round_conv(x: OnHost) -> Any: ...
@overload
def round_conv(x: Array[Tensor]) -> Tensor: ...
@overload
def round_conv(x: Any) -> Any: ...


def round_conv(x: Any) -> Any:
    """`x` rounded to whole numbers, ties to even; the gradient is the incoming one, straight-through.

    `x` has any shape, and the result its floating dtype; integers become `floatx`. NaN and Inf stay, and a zero may
    lose its sign. TypeError as for a fixed-point quantizer. It is `get_fixed_quantizer('RND_CONV').round(x, 0)`.
    """
    from ._tensors import whole_numbers

    return whole_numbers(x)


@overload
def float_quantize(x: OnHost, m: Any, e: Any, e0: Any = ...) -> Any: ...
@overload
def float_quantize(x: Array[Tensor], m: Any, e: Any, e0: Any = ...) -> Tensor: ...
@overload
def float_quantize(x: Any, m: Any, e: Any, e0: Any = ...) -> Any: ...


def float_quantize(x: Any, m: Any, e: Any, e0: Any = 0) -> Any:
    """Quantize `x` to minifloats of `m` mantissa bits, `e` exponent bits and exponent offset `e0`; see `MinifloatQ`.

    Widths, `x` and the errors are as for a fixed-point quantizer; `e <= 1` counts as 1, and `m <= -1` gives 0. Very
    large widths mean no rounding, or no bound. A zero keeps its sign; NaN gives NaN, Inf saturates.

    `x` gets the incoming gradient `g`. With `d = g * ln2 * (x - q)` and `a = 2^max(e-1, 0)`: `m` gets `d` below
    `2^(emax+1)`; from there on, and below `2^emin`, `e` gets `d * ln2 * a`, and `e0` gets `d` above and `-d` below.
    """
    from ._tensors import minifloat

    return minifloat(x, m, e, e0)


@overload
def float_decompose(x: OnHost, m: Any, e: Any, e0: Any = ...) -> tuple[Any, Any]: ...
@overload
def float_decompose(x: Array[Tensor], m: Any, e: Any, e0: Any = ...) -> tuple[Tensor, Tensor]: ...
@overload
def float_decompose(x: Any, m: Any, e: Any, e0: Any = ...) -> tuple[Any, Any]: ...


def float_decompose(x: Any, m: Any, e: Any, e0: Any = 0) -> tuple[Any, Any]:
    """The mantissa and the exponent of `float_quantize(x, m, e, e0)`, which is `mantissa * 2^exponent`.

    `1 <= |mantissa| < 2`; subnormals and zero have the exponent emin and a smaller mantissa. Both are of `x`'s floating
    dtype. NaN has the mantissa NaN and the exponent emin. The exponent has no gradient. TypeError for complex numbers.
    """
    from ._tensors import decomposed

    return decomposed(x, m, e, e0)


@overload
def binary_quantize(x: OnHost) -> Any: ...
@overload
def binary_quantize(x: Array[Tensor]) -> Tensor: ...
@overload
def binary_quantize(x: Any) -> Any: ...


def binary_quantize(x: Any) -> Any:
    """1 for `x > 0`, else -1 (zero included), NaN for NaN. The gradient is `1 - tanh(x)^2` times the incoming one."""
    from ._tensors import binary

    return binary(x)


@overload
def ternary_quantize(x: OnHost) -> Any: ...
@overload
def ternary_quantize(x: Array[Tensor]) -> Tensor: ...
@overload
def ternary_quantize(x: Any) -> Any: ...


def ternary_quantize(x: Any) -> Any:
    """-1, 0 or 1: fixed point with `k = 1, i = 1, f = 0`, RND_CONV, SAT_SYM; the gradient is as for binary."""
    from ._tensors import ternary

    return ternary(x)
