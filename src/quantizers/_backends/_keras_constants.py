"""The constants of a format as Keras' tensors.

A width is known (an int, or a NumPy array of integers) or a tensor of real numbers, which is rounded half to even.
Where all are known NumPy makes the constants, else the graph does; torch.compile always makes a graph of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from keras import backend, ops

from .._maths import fixed, minifloat, surrogate
from .._maths.floats import FLOATS, UNBOUNDED, compute_dtype
from ._keras_xp import Constants, Namespace, Tensor, compiling
from ._plan import binades_plan, fixed_plan, mapped


def _namespaces() -> dict[str, Namespace]:
    kind: type[Namespace] = Namespace
    if backend.backend() == 'torch':
        from . import _torch_xp

        kind = _torch_xp.Namespace
    return {target: kind(compute_dtype(target), target) for target in FLOATS}


# for each dtype of a result
NAMESPACES = _namespaces()


class FixedConstants(NamedTuple):
    """What fixed point and its gradients need."""

    wide: fixed.Grid  # of the dtype that is computed in
    grid: fixed.Grid  # the same, but min and max are numbers of the result's dtype
    top: Tensor  # 2^i
    inexact: bool  # some value of the format may be no number of the result's dtype


class MinifloatConstants(NamedTuple):
    """What minifloats and their gradients need."""

    binades: minifloat.Binades
    regions: surrogate.Regions


def fixed_constants(
    xp: Namespace, overflow: str, saturation_bits: int, known: dict[str, Any]
) -> Callable[..., FixedConstants]:
    """What makes the constants of the tensors among `k, i, f`; `i` below `-f` counts as `-f`."""
    if len(known) == len('kif') and not compiling():
        numbers = _once(_known_fixed, xp.target, overflow, saturation_bits, known['k'], known['i'], known['f'])
        if len(numbers.wide.step.up) == 1:
            return lambda x: _as_tensors(xp, numbers)
        known = {'k': known['k']} | {name: np.asarray(known[name], xp.dtype) for name in 'if'}

    def make(k: Any, i: Any, f: Any) -> FixedConstants:
        valid = _valid(xp, k, i, f)
        k, i, f = (k if isinstance(k, int) else whole(k)), whole(i), whole(f)
        i = xp.maximum(i, -f)
        wide = ends = fixed.make_grid(NAMESPACES[xp.dtype], k, i, f, overflow, saturation_bits, coarse=True, guard=True)
        if xp.dtype != xp.target:
            ends = fixed.make_grid(xp, k, i, f, overflow, saturation_bits, coarse=True, guard=True)
        top = xp.power2(xp.minimum(i, xp.largest))
        constants = FixedConstants(wide, wide._replace(min=ends.min, max=ends.max), top, inexact=True)
        return _made_once(constants, valid)  # type: ignore[no-any-return]

    def make_for(x: Tensor, **tensors: Tensor) -> FixedConstants:
        ordinary = _ordinary(xp, known, tensors) if tensors else None
        if ordinary is not None:
            return _as_tensors(xp, _known_fixed(xp.target, overflow, saturation_bits, **ordinary))  # type: ignore[no-any-return]
        if tensors or compiling():
            return make(**known, **tensors)
        return make(known['k'], *(_unknown(xp, x, known[name]) for name in 'if'))

    return make_for


def step_constants(xp: Namespace, known: dict[str, Any]) -> Callable[..., fixed.Step]:
    """What makes the constants of rounding alone, to `f` fraction bits."""
    if known and not compiling():
        numbers = _once(_known_step, xp.target, known['f'])
        if len(numbers.up) == 1:
            return lambda x: _as_tensors(xp, numbers)

    def make(f: Any) -> fixed.Step:
        return _made_once(fixed.make_step(xp, whole(f), coarse=True, guard=True), _valid(xp, f))  # type: ignore[no-any-return]

    def make_for(x: Tensor, **tensors: Tensor) -> fixed.Step:
        ordinary = _ordinary(xp, known, tensors) if tensors else None
        if ordinary is not None:
            return _as_tensors(xp, _known_step(xp.target, **ordinary))  # type: ignore[no-any-return]
        return make(**tensors) if tensors else make(_unknown(xp, x, known['f']))

    return make_for


def minifloat_constants(xp: Namespace, known: dict[str, Any]) -> Callable[..., MinifloatConstants]:
    """What makes the constants of the tensors among `m, e, e0`; `e <= 1` counts as 1."""
    if len(known) == len(('m', 'e', 'e0')) and not compiling():
        numbers = _once(_known_minifloat, xp.target, known['m'], known['e'], known['e0'])
        return lambda x: _as_tensors(xp, numbers)

    def make(m: Any, e: Any, e0: Any) -> MinifloatConstants:
        valid = _valid(xp, m, e, e0)
        m, e, e0 = whole(m), xp.minimum(whole(e), 15), whole(e0)
        binades = minifloat.make_binades(xp, m, *minifloat.exponent_range(xp, e, e0), lift=True)
        return _made_once(MinifloatConstants(binades, surrogate.make_regions(xp, e, e0)), valid)  # type: ignore[no-any-return]

    def make_for(x: Tensor, **tensors: Tensor) -> MinifloatConstants:
        ordinary = _ordinary(xp, known, tensors) if tensors else None
        # for a step that float16 cannot hold the constants of known widths are an error
        if ordinary is not None and np.all(ordinary['e0'] < 16):
            return _as_tensors(xp, _known_minifloat(xp.target, **ordinary))  # type: ignore[no-any-return]
        return make(**known, **tensors)

    return make_for


def whole(width: Any) -> Tensor:
    """A width as an int32 tensor, rounded half to even."""
    if not ops.is_tensor(width):
        return ops.convert_to_tensor(width, dtype='int32')
    return ops.cast(ops.clip(ops.round(width), -UNBOUNDED, UNBOUNDED), 'int32')


def _ordinary(xp: Namespace, known: dict[str, Any], tensors: dict[str, Tensor]) -> dict[str, Any] | None:
    """All widths, with the tensors as integers, where these are at hand and no power of two is beyond any dtype."""
    widths = dict(known)
    for name, tensor in tensors.items():
        numbers = xp.at_hand(tensor)
        if numbers is None:
            return None
        widths[name] = np.rint(numbers)
    # also false for NaN
    if not all(np.all((width >= -15) & (width <= 32)) for width in widths.values()):
        return None
    return {name: width.astype(np.int64) if name in tensors else width for name, width in widths.items()}


def _unknown(xp: Namespace, x: Tensor, width: Any) -> Tensor:
    """`width` as a tensor that depends on `x`: compilers would multiply constant factors with one another."""
    return xp.tensor(width) + xp.where(ops.isnan(x), 1, 0)


def _once(make: Callable[..., Any], *arguments: Any) -> Any:
    """`make(*arguments)`; made once where no argument is an array, so that a spec's constants are."""
    arrays = any(isinstance(argument, np.ndarray) for argument in arguments)
    return make(*arguments) if arrays else _made(make, *arguments)


@lru_cache(maxsize=256)
def _made(make: Callable[..., Any], *arguments: Any) -> Any:
    return make(*arguments)


def _known_fixed(target: str, overflow: str, saturation_bits: int, k: Any, i: Any, f: Any) -> FixedConstants:
    i = np.maximum(i, -f)
    plan = fixed_plan(k, i if i.ndim else int(i), f, overflow, saturation_bits, target, Constants)
    xp = Constants(compute_dtype(target), target, False)
    top = xp.power2(np.minimum(i, xp.largest))
    grid = plan.grid._replace(min=plan.ends.min, max=plan.ends.max)
    return FixedConstants(plan.grid, grid, top, plan.inexact)


def _known_step(target: str, f: Any) -> fixed.Step:
    name = compute_dtype(target)
    extreme = bool(np.any(np.abs(f) >= FLOATS[name].largest - 1))
    with np.errstate(over='ignore', under='ignore'):
        return fixed.make_step(Constants(name, name, extreme), f, coarse=True, guard=True)


def _known_minifloat(target: str, m: Any, e: Any, e0: Any) -> MinifloatConstants:
    e = np.minimum(e, 15)
    with np.errstate(over='ignore', under='ignore'):
        regions = surrogate.make_regions(Constants(compute_dtype(target), target, False), e, e0)
    binades = binades_plan(m, e, e0, target, Constants)
    return MinifloatConstants(binades, regions)


def _valid(xp: Namespace, *widths: Any) -> Tensor:
    """1, or NaN where a width is NaN, which training must be able to show."""
    total = sum(width for width in widths if ops.is_tensor(width))
    return xp.where(ops.isnan(xp.tensor(total)), float('nan'), 1)


def _made_once(constants: Any, valid: Tensor) -> Any:
    """`constants` divided by `valid`.

    A division, since XLA computes what costs less anew for each element that shares the width.
    """
    return mapped(lambda item: item / valid if ops.is_tensor(item) and item.dtype == valid.dtype else item, constants)


def _as_tensors(xp: Namespace, constants: Any) -> Any:
    """NumPy's arrays as tensors; None and bools are left."""

    def tensor(item: Any) -> Any:
        if item is None or isinstance(item, bool):
            return item
        return ops.convert_to_tensor(item, dtype='bool' if item.dtype == bool else xp.dtype)

    return mapped(tensor, constants)
