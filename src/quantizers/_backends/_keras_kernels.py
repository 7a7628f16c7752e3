"""The formulas on Keras' tensors, each with its surrogate gradient as one closed form."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from keras import backend, ops, random

from .._maths import fixed, lowbit, minifloat, surrogate
from .._maths.overflow import inverted
from ..modes import deterministic
from ._keras_constants import (
    NAMESPACES,
    FixedConstants,
    MinifloatConstants,
    fixed_constants,
    minifloat_constants,
    step_constants,
    whole,
)
from ._keras_gradient import Formulas, Gradients, Widths, attached, no_constants, power_of_two, with_gradient
from ._keras_xp import Function, Namespace, Tensor, device_of


class Modes(NamedTuple):
    """How a fixed-point quantizer rounds and overflows, and in training where its random numbers come from."""

    rounding: str  # may be a stochastic mode
    overflow: str
    saturation_bits: int = 0
    training: bool = False
    seed_gen: Any = None


def _on_its_device(function: Function) -> Function:
    """Let all tensors be made on the device of the first argument."""

    @wraps(function)
    def run(x: Tensor, *arguments: Any) -> Any:
        with device_of(x):
            return function(x, *arguments)

    return run  # type: ignore[return-value]


@_on_its_device
def quantize_fixed(x: Tensor, k: Any, i: Any, f: Any, modes: Modes) -> Tensor:
    """`x`, a tensor of a floating dtype, in fixed point."""
    if modes.overflow == 'WRAP' and modes.training:
        return round_fixed(x, f, modes)
    rounding, overflow, saturation_bits = deterministic(modes.rounding), modes.overflow, modes.saturation_bits
    xp = _namespace(x)
    known, tensors = _split(xp, k=k, i=i, f=f)
    constants = fixed_constants(xp, overflow, saturation_bits, known)

    def forward(constants: FixedConstants, x: Tensor, uniform: Tensor = None) -> Tensor:
        wide, grid, _, inexact = constants
        if overflow in fixed.CLIPPING:
            return fixed.quantize(xp, x, grid, rounding, overflow, saturation_bits, uniform=uniform)
        if xp.all_between(x, grid.min, grid.max):
            return fixed.round_to_step(xp, x, wide.step, rounding, uniform)
        bounded = xp.all_between(x, -wide.limit, wide.limit)
        result = fixed.quantize(xp, x, wide, rounding, overflow, saturation_bits, bounded=bounded, uniform=uniform)
        return xp.clip(result, grid.min, grid.max) if inexact else result

    def saturating(constants: FixedConstants, widths: Widths, q: Tensor, x: Tensor) -> Gradients:
        _, grid, top, _ = constants
        above, below = x > grid.max, x < grid.min

        def fraction(g: Tensor) -> Tensor:
            eps = power_of_two(grid.eps, widths['f'], -1)
            return surrogate.fraction(xp, g, x, q, above, below, grid._replace(eps=eps), overflow)

        def integer(g: Tensor) -> Tensor:
            return surrogate.integer(xp, g, x, above, below, grid, power_of_two(top, widths['i'], 1))

        return {'x': lambda g: surrogate.inside(xp, g, above, below), 'f': fraction, 'i': integer}

    def wrapping(constants: FixedConstants, widths: Widths, q: Tensor, x: Tensor, uniform: Tensor = None) -> Gradients:
        grid, numbers = constants.wide, ops.stop_gradient(x)

        def turned(g: Tensor) -> Tensor:
            if overflow == 'WRAP':
                return g
            near = xp.clip(numbers, -grid.limit, grid.limit)
            value = fixed.round_to_step(xp, near, grid.step, rounding, uniform)
            return xp.where(inverted(xp, value, near, grid, saturation_bits), -g, g)

        def fraction(g: Tensor) -> Tensor:
            value = fixed.round_to_step(xp, numbers, grid.step, rounding, uniform)
            rounded = attached(rounds, value, x, {'f': widths['f']})
            return surrogate.rounding(xp, turned(g), x, rounded)

        return {'x': turned, 'f': fraction}

    rounds = Formulas(xp.dtype, no_constants, no_constants, _straight_through(xp))

    wraps = overflow.startswith('WRAP')
    formulas = Formulas(xp.dtype, constants, forward, wrapping if wraps else saturating, redraws=wraps)
    return _run(formulas, x, tensors, modes)


@_on_its_device
def round_fixed(x: Tensor, f: Any, modes: Modes) -> Tensor:
    """`x` rounded to `f` fraction bits, and in no range."""
    rounding = deterministic(modes.rounding)
    xp = _namespace(x)
    known, tensors = _split(xp, f=f)

    def forward(step: fixed.Step, x: Tensor, uniform: Tensor = None) -> Tensor:
        return fixed.round_to_step(xp, x, step, rounding, uniform)

    return _run(Formulas(xp.dtype, step_constants(xp, known), forward, _straight_through(xp)), x, tensors, modes)


@_on_its_device
def quantize_minifloat(x: Tensor, m: Any, e: Any, e0: Any) -> Tensor:
    """`x`, a tensor of a floating dtype, in minifloats."""
    xp = _namespace(x)
    known, tensors = _split(xp, m=m, e=e, e0=e0)

    def forward(constants: MinifloatConstants, x: Tensor) -> Tensor:
        return xp.signed_like(minifloat.quantize(xp, x, constants.binades), x)

    def gradients(constants: MinifloatConstants, widths: Widths, q: Tensor, x: Tensor) -> Gradients:
        regions = constants.regions

        def exponent(g: Tensor) -> Tensor:
            a = power_of_two(regions.a, widths['e'], 1)
            return surrogate.exponent(xp, g, x, q, regions._replace(a=a))

        return {
            'x': lambda g: g,
            'm': lambda g: surrogate.mantissa(xp, g, x, q, regions),
            'e': exponent,
            'e0': lambda g: surrogate.exponent_zero(xp, g, x, q, regions),
        }

    return _run(Formulas(xp.dtype, minifloat_constants(xp, known), forward, gradients), x, tensors)


@_on_its_device
def decompose_minifloat(x: Tensor, m: Any, e: Any, e0: Any) -> tuple[Tensor, Tensor]:
    """The mantissa, with the gradient of the quantized value, and the exponent of `quantize_minifloat(x, m, e, e0)`."""
    xp = _namespace(x)
    q = ops.cast(quantize_minifloat(x, m, e, e0), xp.dtype)
    emin, _ = minifloat.exponent_range(xp, xp.minimum(whole(e), 15), whole(e0))
    fixed_q = ops.stop_gradient(q)
    small = xp.abs(fixed_q) < 1
    lifted = xp.where(small, fixed_q * 2.0**minifloat.LIFT, fixed_q)
    exponent = xp.leading_exponent(lifted) - ops.where(small, minifloat.LIFT, 0)
    exponent = ops.where((fixed_q == 0) | ops.isnan(fixed_q), emin, xp.maximum(exponent, emin))
    mantissa = xp.scale(q, xp.power(-exponent))
    return ops.cast(mantissa, xp.target), ops.cast(exponent, xp.target)


@_on_its_device
def quantize_binary(x: Tensor) -> Tensor:
    """1 for `x > 0`, -1 for the rest."""
    xp = _namespace(x)
    return _run(Formulas(xp.dtype, lambda x: (), lambda _, x: lowbit.binary(xp, x), _tanh(xp)), x, {})


@_on_its_device
def quantize_ternary(x: Tensor) -> Tensor:
    """-1, 0 or 1."""
    xp = _namespace(x)
    constants = fixed_constants(xp, 'SAT_SYM', 0, {'k': 1, 'i': 1, 'f': 0})

    def forward(constants: FixedConstants, x: Tensor) -> Tensor:
        return fixed.quantize(xp, x, constants.grid, 'RND_CONV', 'SAT_SYM', 0)

    return _run(Formulas(xp.dtype, constants, forward, _tanh(xp)), x, {})


def _straight_through(xp: Namespace) -> Callable[..., Gradients]:
    return lambda _, widths, q, x: {'x': lambda g: g, 'f': lambda g: surrogate.rounding(xp, g, x, q)}


def _tanh(xp: Namespace) -> Callable[..., Gradients]:
    return lambda _, widths, q, x: {'x': lambda g: surrogate.tanh(xp, g, x)}


def _namespace(x: Tensor) -> Namespace:
    return NAMESPACES[backend.standardize_dtype(x.dtype)]


def _run(formulas: Formulas, x: Tensor, tensors: dict[str, Tensor], modes: Modes | None = None) -> Tensor:
    uniform = None
    if modes is not None and modes.training and modes.rounding.startswith('S_'):
        uniform = random.uniform(ops.shape(x), dtype=formulas.dtype, seed=modes.seed_gen)
    return with_gradient(formulas, x, tensors, uniform)


def _split(xp: Namespace, **widths: Any) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The widths that are known, and those that are tensors."""
    tensors = {name: ops.cast(width, xp.dtype) for name, width in widths.items() if ops.is_tensor(width)}
    return {name: width for name, width in widths.items() if name not in tensors}, tensors
