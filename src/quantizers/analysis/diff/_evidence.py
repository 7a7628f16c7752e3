"""The elements of both sides, and which formats would explain them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...formats import Format
from ..losses import beyond, saturated
from ._values import comparable, differ, quantized

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAMPLE = 64
_BEYOND_FLOAT64 = 1 << 1024


class Evidence(NamedTuple):
    """Inputs, the values of both sides, where these differ, and the dtype of `b` where that is an array."""

    x: NDArray[Any]
    ours: NDArray[Any]
    theirs: NDArray[Any]
    different: NDArray[np.bool_]
    dtype: np.dtype[Any] | None

    def part(self, where: NDArray[np.bool_]) -> Evidence:
        """These elements alone."""
        return Evidence(self.x[where], self.ours[where], self.theirs[where], self.different[where], self.dtype)

    def sample(self) -> Evidence:
        """A few elements, of those that differ and of the others."""
        at = [np.flatnonzero(which)[:_SAMPLE] for which in (self.different, ~self.different)]
        where = np.zeros(self.x.shape, bool)
        where[np.concatenate(at)] = True
        return self.part(where)

    def shows(self, spec: Format) -> bool:
        """Whether the format gives every value of `b`."""
        return not differ(quantized(spec, self.x), self.theirs).any()


def regions(spec: Format, x: NDArray[Any]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Where an input may lie in a format, and which do: each in one place."""
    exact, x = comparable(x), x.astype(np.float64)
    with np.errstate(all='ignore'):
        outside = _beyond(spec, exact)
        value, half = (spec.spacing.holds(exact, extra) for extra in (0, 1))
    yield 'NaN', np.isnan(x)
    yield 'infinite', np.isinf(x)
    inside = np.isfinite(x) & ~outside
    yield 'rounded above the largest value', np.isfinite(x) & outside & (x > 0)
    yield 'rounded below the smallest value', np.isfinite(x) & outside & (x < 0)
    yield 'values of a', inside & value
    yield 'ties, midway between two values of a', inside & ~value & half
    yield 'between two values of a, and no ties', inside & ~value & ~half


def _beyond(spec: Format, x: NDArray[Any]) -> NDArray[np.bool_]:
    if x.dtype != object and spec.eps < _BEYOND_FLOAT64:
        return saturated(spec, x)
    return np.array([bool(abs(v) < np.inf) and beyond(spec, Fraction(v)) for v in x.tolist()])
