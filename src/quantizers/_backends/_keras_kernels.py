"""The formulas on Keras' tensors, each with its surrogate gradient as one closed form.

A width is known (an int, or a NumPy array of integers) or a tensor of real numbers, which is rounded half to even and
gets a gradient. Where all are known their constants are made by NumPy, else in the graph.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from keras import backend, ops, random

from .._maths import fixed, lowbit, minifloat, surrogate
from .._maths.floats import compute_dtype
from .._maths.overflow import inverted
from ..modes import deterministic
from ._keras_gradient import with_gradient
from ._keras_xp import Constants, Namespace, Tensor, namespace
from ._plan import FixedPlan, binades_plan, fixed_plan

# far beyond every exponent of float64, so that a larger width means the same
UNBOUNDED = 1 << 13


class Modes(NamedTuple):
    """How a fixed-point quantizer rounds and overflows, and in training where its random numbers come from."""

    rounding: str  # may be a stochastic mode
    overflow: str
    saturation_bits: int = 0
    training: bool = False
    seed_gen: Any = None


def quantize_fixed(x: Tensor, k: Any, i: Any, f: Any, modes: Modes) -> Tensor:
    """`x`, a tensor of a floating dtype, in fixed point."""
    if modes.overflow == 'WRAP' and modes.training:
        return round_fixed(x, f, modes)
    rounding, overflow, saturation_bits = deterministic(modes.rounding), modes.overflow, modes.saturation_bits
    xp = _namespace(x)
    known, tensors = _split(xp, k=k, i=i, f=f)

    def forward(x: Tensor, uniform: Tensor = None, **tensors: Tensor) -> Any:
        plan, integer = _plan(xp, known, tensors, overflow, saturation_bits)
        grid = plan.grid._replace(min=plan.ends.min, max=plan.ends.max)
        if overflow.startswith('WRAP'):
            result = fixed.quantize(xp, x, plan.grid, rounding, overflow, saturation_bits, uniform=uniform)
            result = xp.clip(result, grid.min, grid.max) if plan.inexact else result
        else:
            result = fixed.quantize(xp, x, grid, rounding, overflow, saturation_bits, uniform=uniform)
        q = ops.stop_gradient(result)

        def sign() -> Tensor:
            near = xp.clip(x, -grid.limit, grid.limit)
            value = fixed.round_to_step(xp, near, grid.step, rounding, uniform)
            return xp.where(inverted(xp, value, near, grid, saturation_bits), -1, 1)

        def before_wrapping(g: Tensor) -> Tensor:
            return surrogate.rounding(xp, g, x, fixed.round_to_step(xp, x, grid.step, rounding, uniform))

        if overflow == 'WRAP':
            return result, {'x': lambda g: g, 'f': before_wrapping}
        if overflow == 'WRAP_SM':
            return result, {'x': lambda g: sign() * g, 'f': lambda g: sign() * before_wrapping(g)}
        return result, {
            'x': lambda g: surrogate.inside(xp, g, x, grid),
            'f': lambda g: surrogate.fraction(xp, g, x, q, grid, overflow),
            'i': lambda g: surrogate.integer(xp, g, x, grid, xp.power2(xp.minimum(integer, xp.largest))),
        }

    return _run(xp, forward, x, tensors, modes)


def round_fixed(x: Tensor, f: Any, modes: Modes) -> Tensor:
    """`x` rounded to `f` fraction bits, and in no range."""
    rounding = deterministic(modes.rounding)
    xp = _namespace(x)
    known, tensors = _split(xp, f=f)

    def forward(x: Tensor, f: Tensor = None, uniform: Tensor = None) -> Any:
        if f is None:
            extreme = bool(np.any(np.abs(known['f']) >= xp.largest - 1))
            constants = Constants(xp.dtype, xp.dtype, extreme)
            step = _as_tensors(xp, fixed.make_step(constants, known['f'], coarse=True, guard=True))
        else:
            step = fixed.make_step(xp, _whole(f), coarse=True, guard=True)
        result = fixed.round_to_step(xp, x, step, rounding, uniform)
        q = ops.stop_gradient(result)
        return result, {'x': lambda g: g, 'f': lambda g: surrogate.rounding(xp, g, x, q)}

    return _run(xp, forward, x, tensors, modes)


def quantize_minifloat(x: Tensor, m: Any, e: Any, e0: Any) -> Tensor:
    """`x`, a tensor of a floating dtype, in minifloats."""
    xp = _namespace(x)
    known, tensors = _split(xp, m=m, e=e, e0=e0)

    def forward(x: Tensor, **tensors: Tensor) -> Any:
        m, e, e0 = (_whole(tensors[n]) if n in tensors else _integers(known[n]) for n in ('m', 'e', 'e0'))
        e = xp.minimum(e, 15)
        if tensors:
            emin, emax = minifloat.exponent_range(xp, e, e0)
            binades = minifloat.make_binades(xp, m, emin, emax, lift=True)
            broken = _any_nan(tensors)
            binades = binades._replace(
                min=xp.where(broken, np.nan, binades.min), max=xp.where(broken, np.nan, binades.max)
            )
        else:
            binades = _as_tensors(xp, binades_plan(known['m'], known['e'], known['e0'], xp.target, Constants))
        result = minifloat.quantize(xp, x, binades)
        q = ops.stop_gradient(result)

        def regions() -> tuple[Tensor, Tensor]:
            return surrogate.minifloat_regions(xp, x, e, e0)

        return result, {
            'x': lambda g: xp.where(regions()[0], 0, g),
            'm': lambda g: surrogate.mantissa(xp, g, x, q, regions()[0]),
            'e': lambda g: surrogate.exponent(xp, g, x, q, *regions(), e),
            'e0': lambda g: surrogate.exponent_zero(xp, g, x, q, *regions()),
        }

    return _run(xp, forward, x, tensors)


def decompose_minifloat(x: Tensor, m: Any, e: Any, e0: Any) -> tuple[Tensor, Tensor]:
    """The mantissa, with the gradient of the quantized value, and the exponent of `quantize_minifloat(x, m, e, e0)`."""
    xp = _namespace(x)
    q = ops.cast(quantize_minifloat(x, m, e, e0), xp.dtype)
    e, e0 = (_whole(w) if ops.is_tensor(w) else _integers(w) for w in (e, e0))
    emin, _ = minifloat.exponent_range(xp, xp.minimum(e, 15), e0)
    fixed_q = ops.stop_gradient(q)
    small = xp.abs(fixed_q) < 1
    lifted = xp.where(small, fixed_q * 2.0**minifloat.LIFT, fixed_q)
    exponent = xp.leading_exponent(lifted) - ops.where(small, minifloat.LIFT, 0)
    exponent = ops.where((fixed_q == 0) | ops.isnan(fixed_q), emin, xp.maximum(exponent, emin))
    mantissa = xp.scale(q, xp.power(-exponent))
    return ops.cast(mantissa, xp.target), ops.cast(exponent, xp.target)


def quantize_binary(x: Tensor) -> Tensor:
    """1 for `x > 0`, -1 for the rest."""
    xp = _namespace(x)
    return _run(xp, lambda x: (lowbit.binary(xp, x), {'x': lambda g: surrogate.tanh(xp, g, x)}), x, {})


def quantize_ternary(x: Tensor) -> Tensor:
    """-1, 0 or 1."""
    xp = _namespace(x)

    def forward(x: Tensor) -> Any:
        grid = _as_tensors(xp, fixed_plan(1, 1, 0, 'SAT_SYM', 0, xp.dtype, Constants).grid)
        return fixed.quantize(xp, x, grid, 'RND_CONV', 'SAT_SYM', 0), {'x': lambda g: surrogate.tanh(xp, g, x)}

    return _run(xp, forward, x, {})


def _namespace(x: Tensor) -> Namespace:
    name = backend.standardize_dtype(x.dtype)
    return namespace(compute_dtype(name), name)


def _run(
    xp: Namespace, forward: Callable[..., Any], x: Tensor, tensors: dict[str, Tensor], modes: Modes | None = None
) -> Tensor:
    inputs = {'x': ops.cast(x, xp.dtype), **tensors}
    if modes is not None and modes.training and modes.rounding.startswith('S_'):
        inputs['uniform'] = random.uniform(ops.shape(x), dtype=xp.dtype, seed=modes.seed_gen)
    return ops.cast(with_gradient(forward, inputs), xp.target)


def _split(xp: Namespace, **widths: Any) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The widths that are known, and those that are tensors."""
    tensors = {name: ops.cast(width, xp.dtype) for name, width in widths.items() if ops.is_tensor(width)}
    return {name: width for name, width in widths.items() if name not in tensors}, tensors


def _plan(
    xp: Namespace, known: dict[str, Any], tensors: dict[str, Tensor], overflow: str, saturation_bits: int
) -> tuple[FixedPlan, Tensor]:
    """The constants as tensors, and the integer bits, at least `-f`."""
    if not tensors:
        k, i, f = (known[name] for name in 'kif')
        i = np.maximum(i, -f)
        plan = fixed_plan(k, i if i.ndim else int(i), f, overflow, saturation_bits, xp.target, Constants)
        return _as_tensors(xp, plan), _integers(i)
    k, i, f = (_whole(tensors[name]) if name in tensors else known[name] for name in 'kif')
    k, i, f = (k if isinstance(k, int) else _integers(k)), _integers(i), _integers(f)
    i = xp.maximum(i, -f)
    grid = fixed.make_grid(xp, k, i, f, overflow, saturation_bits, coarse=True, guard=True)
    ends = grid
    if xp.dtype != xp.target:
        narrow = namespace(xp.target, xp.target)
        ends = fixed.make_grid(narrow, k, i, f, overflow, saturation_bits, coarse=True, guard=True)
    broken = _any_nan(tensors)
    ends = ends._replace(min=xp.where(broken, np.nan, ends.min), max=xp.where(broken, np.nan, ends.max))
    return FixedPlan(grid, ends, coarse=True, extreme=True, inexact=True), i


def _whole(width: Tensor) -> Tensor:
    return ops.cast(ops.clip(ops.round(width), -UNBOUNDED, UNBOUNDED), 'int32')


def _integers(width: Any) -> Tensor:
    return ops.convert_to_tensor(width, dtype='int32')


def _any_nan(tensors: dict[str, Tensor]) -> Tensor:
    """Where a width is NaN, which training must be able to show."""
    return ops.isnan(sum(tensors.values()))


def _as_tensors(xp: Namespace, constants: Any) -> Any:
    """Named tuples of NumPy's constants as tensors."""
    if isinstance(constants, tuple):
        items = [_as_tensors(xp, item) for item in constants]
        return type(constants)(*items) if hasattr(constants, '_fields') else tuple(items)
    if constants is None or isinstance(constants, bool):
        return constants
    return ops.convert_to_tensor(constants, dtype='bool' if constants.dtype == bool else xp.dtype)
