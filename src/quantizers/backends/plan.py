"""What a law needs for widths that are known: its cautions, and its constants in a dtype.

The constants are NumPy's, whichever array library runs the formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._maths.floats import FLOATS, check_step, compute_dtype
from .._maths.law import Cautions, Constants, Law
from .._maths.namespace import Namespace
from .._maths.view import View
from .subnormals import keeps_subnormals

# of NumPy, for constants: of the dtype of the result, and whether powers of two may be beyond normal numbers
MakeNamespace = Callable[[str, bool], Namespace]


class Bound(NamedTuple):
    """A law bound to known widths, those that count, and to the dtype `target` of its results."""

    law: Law
    widths: tuple[Any, ...]
    constants: Constants
    cautions: Cautions
    target: str


def bound(law: Law, widths: tuple[Any, ...], target: str, namespace: MakeNamespace) -> Bound:
    """`law` for widths that are ints or integer arrays.

    Raises ValueError for a step above the largest number of `target`.
    """
    widths = law.whole(np, *widths)
    check_steps(law, widths, target)
    cautions = law.cautions(np, FLOATS[compute_dtype(target)], FLOATS[target], *widths)
    constants = law.constants(namespace(target, cautions.extreme), cautions, *widths)
    return Bound(law, widths, _NumpyView(constants, lambda constant: constant), cautions, target)


def check_steps(law: Law, widths: tuple[Any, ...], target: str) -> None:
    """Refuse widths that count, of which some step is above the largest number of `target`. Raises ValueError."""
    check_step(int(np.max(law.step_exponent(np, *widths), initial=-FLOATS[target].largest)), target)


class _NumpyView(View):
    """Constants of NumPy, whatever the user has it and the processor do where a power of two is beyond the dtype."""

    @keeps_subnormals
    def __getattr__(self, name: str) -> Any:
        with np.errstate(all='ignore'):
            return super().__getattr__(name)


def of_elements(constants: Constants, at: Any) -> Constants:
    """The constants of each element, which says by `at` which of the formats it has; None where there is only one."""
    return constants if at is None else View(constants, lambda constant: _of_elements(constant, at))


def _of_elements(constant: Any, at: Any) -> Any:
    return constant.take(at) if np.size(constant) > 1 else constant
