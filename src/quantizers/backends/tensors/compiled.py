"""A call as one compiled function, made once for a law, a dtype and which widths are learned; widths are its inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from ..._maths.floats import FLOATS, check_step, compute_dtype
from ..._maths.law import ALL_CAUTIONS, Cautions, Constants, Law
from .constants import in_the_graph, of_x
from .gradient import of_law
from .library import Library, Tensor


def in_one_call(
    library: Library,
    law: Law,
    target: str,
    x: Tensor,
    learned: Mapping[str, Tensor],
    known: Mapping[str, Any],
    uniform: Tensor | None,
) -> Tensor:
    """`x` by a law, with gradients to the learned widths.

    Args:
        learned: widths that are tensors of real numbers.
        known: widths that are ints or NumPy arrays of integers.
    """
    selected = {name: known[name] for name in law.selectors if isinstance(known.get(name), int)}
    cautions = ALL_CAUTIONS if learned else _cautions(law, tuple(known.values()), target)
    widths = (
        learned[name] if name in learned else np.asarray(known[name], np.int32)
        for name in law.widths
        if name not in selected
    )
    return _compiled(library, law, target, cautions, tuple(selected.items()))(
        x, *widths, *(() if uniform is None else (uniform,))
    )


def _cautions(law: Law, widths: tuple[Any, ...], target: str) -> Cautions:
    """Those that known widths ask for; ValueError for a step above the dtype's numbers."""
    of = _asked if any(isinstance(width, np.ndarray) for width in widths) else _asked_once
    return of(law, widths, target)


def _asked(law: Law, widths: tuple[Any, ...], target: str) -> Cautions:
    widths = law.whole(np, *widths)
    check_step(int(np.max(law.step_exponent(np, *widths), initial=-FLOATS[target].largest)), target)
    return law.cautions(np, FLOATS[compute_dtype(target)], FLOATS[target], *widths)


_asked_once = lru_cache(maxsize=256)(_asked)


@lru_cache(maxsize=256)
def _compiled(
    library: Library, law: Law, target: str, cautions: Cautions, selected: tuple[tuple[str, int], ...]
) -> Callable[..., Tensor]:
    """A function of `x`, the widths that are not selected, and random numbers; integers have no gradient."""
    xp, fixed = library.namespace(target), dict(selected)
    names = [name for name in law.widths if name not in fixed]

    def constants(x: Tensor, **widths: Tensor) -> Constants:
        if cautions.extreme and not any(map(library.is_real, widths.values())):
            widths = {name: of_x(library, xp, x, width) for name, width in widths.items()}
        return in_the_graph(library, xp, law, cautions, {**fixed, **widths}, x)

    formulas = of_law(library, xp, law, constants)

    def call(x: Tensor, *tensors: Tensor) -> Tensor:
        widths = {
            name: library.tensor(width, xp.dtype) if library.is_real(width) else width
            for name, width in zip(names, tensors, strict=False)
        }
        return library.differentiable(formulas, x, widths, next(iter(tensors[len(names) :]), None))

    return library.compiled(call)
