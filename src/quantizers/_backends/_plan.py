"""What a fixed-point or minifloat format of known widths needs in a dtype: its constants and their cautions.

The constants are NumPy's, whichever array library runs the formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._maths import fixed, minifloat
from .._maths.floats import FLOATS, check_step, compute_dtype
from ._subnormals import keeps_subnormals

# makes the namespace of constants for: the dtype computed in, the dtype of the result, whether exponents are extreme
MakeNamespace = Callable[[str, str, bool], Any]


class FixedPlan(NamedTuple):
    """A fixed-point format bound to a dtype."""

    grid: fixed.Grid  # in the dtype that is computed in; but the min and max of SAT and SAT_SYM are those of `ends`
    ends: fixed.Grid  # its min and max are numbers of the result's dtype
    coarse: bool  # some f is negative
    extreme: bool  # powers of two may be beyond the dtype's normal numbers
    inexact: bool  # some value of the format is no number of the result's dtype


@keeps_subnormals
def fixed_plan(
    k: Any, i: Any, f: Any, overflow: str, saturation_bits: int, target: str, namespace: MakeNamespace
) -> FixedPlan:
    """The plan for whole `k, i, f`: ints or integer arrays, `i` at least `-f`.

    Raises ValueError for a step above the largest number of `target`.
    """
    check_step(int(np.max(-np.asarray(f), initial=-FLOATS[target].largest)), target)
    name = compute_dtype(target)
    compute = FLOATS[name]
    reach = compute.precision + saturation_bits + 2
    extreme = bool(
        np.any(np.abs(f) >= compute.largest - 1)
        or np.any(np.abs(k + i) + reach >= compute.largest)
        or np.any(k + i + f + reach >= compute.largest)
    )
    coarse = bool(np.any(np.asarray(f) < 0))
    with np.errstate(all='ignore'):
        xp = namespace(name, name, extreme)
        ends = grid = fixed.make_grid(xp, k, i, f, overflow, saturation_bits, coarse=coarse, guard=extreme)
        if name != target:
            narrow = namespace(name, target, extreme)
            ends = fixed.make_grid(narrow, k, i, f, overflow, saturation_bits, coarse=coarse, guard=extreme)
    if overflow in fixed.CLIPPING:
        grid = grid._replace(min=ends.min, max=ends.max)
    _, precision, smallest, largest = FLOATS[target]
    inexact = bool(np.any(i + f > precision) or np.any(-f < smallest) or np.any(i > largest))
    return FixedPlan(grid, ends, coarse, extreme, inexact)


@keeps_subnormals
def binades_plan(m: Any, e: Any, e0: Any, target: str, namespace: MakeNamespace) -> minifloat.Binades:
    """The constants of a minifloat; `m, e, e0` are ints or integer arrays. Raises as `fixed_plan` does."""
    name = compute_dtype(target)
    compute = FLOATS[name]
    emin, emax = minifloat.exponent_range(np, e, e0)
    check_step(int(np.max(emin - np.maximum(m, 0), initial=-compute.largest)), target)
    normal = compute.smallest + compute.precision - 1
    with np.errstate(all='ignore'):
        xp = namespace(name, target, False)
        return minifloat.make_binades(xp, m, emin, emax, lift=bool(np.any(emin - np.maximum(m, 0) < normal)))


class LookedUp:
    """The constants of each element, where formats share a plan: looked up by `at` when a formula asks for them."""

    def __init__(self, constants: Any, at: Any) -> None:
        self._constants, self._at = constants, at

    def __getattr__(self, name: str) -> Any:
        constant = getattr(self._constants, name)
        if isinstance(constant, tuple):
            constant = LookedUp(constant, self._at)
        elif np.size(constant) > 1:
            constant = constant.take(self._at)
        setattr(self, name, constant)
        return constant


def looked_up(constants: Any, at: Any) -> Any:
    """The constants themselves where `at` is None."""
    return constants if at is None else LookedUp(constants, at)


def mapped(function: Callable[[Any], Any], constants: Any) -> Any:
    """`function` of every constant of a tuple, named or not, and of the tuples in it."""
    if not isinstance(constants, tuple):
        return function(constants)
    items = [mapped(function, item) for item in constants]
    return type(constants)(*items) if hasattr(constants, '_fields') else tuple(items)
