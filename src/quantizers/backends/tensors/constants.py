"""The constants of a law as tensors.

A width is known (an int, or a NumPy array of integers) or a tensor of real numbers, which is rounded half to even.
Where all are known NumPy makes the constants, else the graph does; what is compiled always makes a graph of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._maths.floats import FLOATS
from ..._maths.law import ALL_CAUTIONS, Cautions, Constants, Law
from ..._maths.view import View
from ..numpy import xp as _numpy_xp
from ..plan import Bound, bound
from .library import Library, Tensor, TensorNamespace

Known = Mapping[str, 'int | NDArray[Any]']
# exponents of known widths in this range are ordinary numbers of every dtype
_ORDINARY = -15, 32


class FactorNamespace(_numpy_xp.Namespace):
    """NumPy's namespace for constants; a power of two is one factor, or two that multiply to it."""

    def power(self, n: Any) -> Any:
        if not self.extreme:
            return (self.power2(n),)
        low, high = reach(self.compute.name)
        half = np.clip(n, low, high) // 2
        return self.power2(half), self.power2(np.clip(n, low, high) - half)


def reach(dtype: str) -> tuple[int, int]:
    """The exponents that two factors, each a normal power of two, can reach."""
    largest = FLOATS[dtype].largest
    return 2 * (1 - largest), 2 * largest


class ConstantsMaker:
    """Makes the constants of a law for one call, of what is known and of the tensors among its widths."""

    def __init__(self, library: Library, xp: TensorNamespace, law: Law, known: Known) -> None:
        self._library, self._xp, self._law, self._known = library, xp, law, known

    def __call__(self, x: Tensor, **tensors: Tensor) -> Constants:
        """The constants; `x` and the tensors have no derivatives."""
        if not self._library.compiling():
            numbers = self._numbers(tensors)
            if numbers is not None:
                return self._as_tensors(numbers)
            if not tensors:
                tensors = {
                    name: of_x(self._library, self._xp, x, width)
                    for name, width in self._known.items()
                    if name not in self._law.selectors or not isinstance(width, int)
                }
        return in_the_graph(self._library, self._xp, self._law, ALL_CAUTIONS, {**self._known, **tensors}, x)

    def _numbers(self, tensors: dict[str, Tensor]) -> Constants | None:
        """The constants in NumPy's numbers, where these are at hand and no power of two is beyond ordinary ones."""
        widths: dict[str, Any] = dict(self._known)
        for name, tensor in tensors.items():
            numbers = self._library.at_hand(tensor)
            if numbers is None:
                return None
            numbers = np.rint(numbers)
            # also false for NaN
            if not np.all((numbers >= _ORDINARY[0]) & (numbers <= _ORDINARY[1])):
                return None
            widths[name] = numbers.astype(np.int64)
        ordered = tuple(widths[name] for name in self._law.widths)
        if tensors and not self._ordinary(ordered):
            return None
        of = _known(self._law, ordered, self._xp.target.name)
        return None if of.cautions.extreme else of.constants

    def _ordinary(self, widths: tuple[Any, ...]) -> bool:
        """Whether no step is above the dtype's numbers, which for tensors is no error."""
        if not all(np.all((np.asarray(w) >= _ORDINARY[0]) & (np.asarray(w) <= _ORDINARY[1])) for w in widths):
            return False
        step = np.max(self._law.step_exponent(np, *self._law.whole(np, *widths)), initial=_ORDINARY[0])
        return bool(step <= self._xp.target.largest)

    def _as_tensors(self, numbers: Constants) -> Constants:
        """NumPy's arrays as tensors."""

        def tensor(constant: Any) -> Any:
            if isinstance(constant, tuple):
                return tuple(map(tensor, constant))
            dtype = 'bool' if np.asarray(constant).dtype == bool else self._xp.dtype
            return self._library.tensor(constant, dtype)

        return TensorConstants(numbers, tensor)


def in_the_graph(
    library: Library, xp: TensorNamespace, law: Law, cautions: Cautions, widths: Mapping[str, Any], x: Tensor
) -> TensorConstants:
    """The constants, for `x`, of widths, tensors of real numbers or of integers, ints or NumPy arrays, as tensors."""
    ordered = {name: widths[name] for name in law.widths}
    numbers = [
        width if name in law.selectors and isinstance(width, int) else library.integers(width)
        for name, width in ordered.items()
    ]
    reals = [w for w in ordered.values() if library.is_tensor(w) and library.is_real(w)]
    unknown = xp.where(xp.isnan(reduce(add, reals)), float('nan'), 0) if reals else None

    def once(constant: Any) -> Any:
        if isinstance(constant, tuple):
            return tuple(map(once, constant))
        return library.computed_once(constant, x) if library.is_tensor(constant) else constant

    return TensorConstants(law.constants(xp, cautions, *law.whole(xp, *numbers)), once, unknown)


class TensorConstants(View):
    """Constants as tensors.

    Attributes:
        unknown: NaN where a width is NaN, which training must be able to show, else 0; None where none can be.
    """

    def __init__(self, constants: Constants, function: Callable[[Any], Any], unknown: Tensor | None = None) -> None:
        super().__init__(constants, function)
        self.unknown = unknown


def of_x(library: Library, xp: TensorNamespace, x: Tensor, width: Any) -> Tensor:
    """`width` as a tensor that depends on `x`: compilers would multiply constant factors of `2^n` with one another."""
    return library.tensor(width, xp.dtype) + xp.where(xp.isnan(x), 1, 0)


def _known(law: Law, widths: tuple[Any, ...], target: str) -> Bound:
    """A law bound to known widths; once where none is an array, so that a spec's constants are made once."""
    of = _bound if any(isinstance(width, np.ndarray) for width in widths) else _bound_once
    return of(law, widths, target)


def _bound(law: Law, widths: tuple[Any, ...], target: str) -> Bound:
    return bound(law, widths, target, FactorNamespace)


_bound_once = lru_cache(maxsize=256)(_bound)
