"""The constants of a law as tensors.

A width is known (an int, or a NumPy array of integers) or a tensor of real numbers, which is rounded half to even.
Where all are known NumPy makes the constants, else the graph does; what is compiled always makes a graph of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._maths.floats import FLOATS
from ..._maths.law import ALL_CAUTIONS, Constants, Law
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
            if not tensors:  # of extreme powers of two, whose factors a compiler must not multiply with one another
                return self._in_the_graph({name: self._of_x(x, name, width) for name, width in self._known.items()})
        return self._in_the_graph({**self._known, **tensors})

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

    def _in_the_graph(self, widths: dict[str, Any]) -> Constants:
        ordered = {name: widths[name] for name in self._law.widths}
        tensors = [width for width in ordered.values() if self._library.is_tensor(width)]
        numbers = [w if self._selects(name, w) else self._library.integers(w) for name, w in ordered.items()]
        constants = self._law.constants(self._xp, ALL_CAUTIONS, *self._law.whole(self._xp, *numbers))
        return View(constants, self._divider(tensors))

    def _divider(self, tensors: list[Tensor]) -> Callable[[Any], Any]:
        """Divides numbers by 1, or by NaN where a width is NaN, which training must be able to show.

        A division, since XLA computes what costs less anew for each element that shares the width.
        """
        xp, library = self._xp, self._library
        valid = xp.where(xp.isnan(library.tensor(sum(tensors), xp.dtype)), float('nan'), 1)

        def divided(constant: Any) -> Any:
            if isinstance(constant, tuple):
                return tuple(map(divided, constant))
            return constant / valid if library.is_tensor(constant) and constant.dtype == valid.dtype else constant

        return divided

    def _selects(self, name: str, width: Any) -> bool:
        return name in self._law.selectors and isinstance(width, int)

    def _of_x(self, x: Tensor, name: str, width: Any) -> Any:
        """`width` as a tensor that depends on `x`: compilers would multiply constant factors with one another."""
        if self._selects(name, width):
            return width
        return self._library.tensor(width, self._xp.dtype) + self._xp.where(self._xp.isnan(x), 1, 0)

    def _as_tensors(self, numbers: Constants) -> Constants:
        """NumPy's arrays as tensors."""

        def tensor(constant: Any) -> Any:
            if isinstance(constant, tuple):
                return tuple(map(tensor, constant))
            dtype = 'bool' if np.asarray(constant).dtype == bool else self._xp.dtype
            return self._library.tensor(constant, dtype)

        return View(numbers, tensor)


def _known(law: Law, widths: tuple[Any, ...], target: str) -> Bound:
    """A law bound to known widths; once where none is an array, so that a spec's constants are made once."""
    of = _bound if any(isinstance(width, np.ndarray) for width in widths) else _bound_once
    return of(law, widths, target)


def _bound(law: Law, widths: tuple[Any, ...], target: str) -> Bound:
    return bound(law, widths, target, FactorNamespace)


_bound_once = lru_cache(maxsize=256)(_bound)
