"""The elements of both sides, and which formats would explain them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .._maths.exact import ExactFixed, ExactMinifloat
from .._report import saturated
from ..formats import BinaryQ, MinifloatQ, Spec
from ..functional import float_quantize_np, get_fixed_quantizer_np
from ..modes import deterministic
from ._values import comparable, differ, quantized

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAMPLE = 64
_BEYOND_FLOAT64 = 1 << 1024
_ANY_INTEGER, _ANY_EXPONENT = 1100, 15  # room for every float64


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

    def shows(self, spec: Spec) -> bool:
        """Whether the format gives every value of `b`."""
        return not differ(quantized(spec, self.x), self.theirs).any()


def regions(spec: Spec, x: NDArray[Any]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Where an input may lie in a format, and which do: each in one place."""
    exact, x = comparable(x), x.astype(np.float64)
    with np.errstate(all='ignore'):
        beyond = _beyond(spec, exact)
        value, half = (_on_grid(spec, exact, extra) for extra in (0, 1))
    yield 'NaN', np.isnan(x)
    yield 'infinite', np.isinf(x)
    inside = np.isfinite(x) & ~beyond
    yield 'rounded above the largest value', np.isfinite(x) & beyond & (x > 0)
    yield 'rounded below the smallest value', np.isfinite(x) & beyond & (x < 0)
    yield 'values of a', inside & value
    yield 'ties, midway between two values of a', inside & ~value & half
    yield 'between two values of a, and no ties', inside & ~value & ~half


def fewer_bits(spec: Any, values: NDArray[Any]) -> int:
    """How many fraction bits of the fixed-point format are 0 in all the values."""
    finite = values[np.isfinite(values)] if values.dtype != object else values[:0]
    fewer = 0
    while finite.any() and fewer < spec.width and _fixed_grid(finite, spec.f - fewer - 1).all():
        fewer += 1
    return fewer


def _beyond(spec: Spec, x: NDArray[Any]) -> NDArray[np.bool_]:
    if x.dtype != object and spec.eps < _BEYOND_FLOAT64:
        return saturated(spec, x)
    if isinstance(spec, BinaryQ):
        return np.zeros(x.shape, bool)
    if isinstance(spec, MinifloatQ):
        rounded: Any = ExactMinifloat(spec.mantissa_bits, spec.emin, spec.emax + 1)
    else:
        rounded = ExactFixed(1, spec.i + 2, spec.f, deterministic(spec.rounding), 'SAT', 0)
    return np.array([bool(abs(v) < np.inf) and not spec.min <= rounded(Fraction(v)) <= spec.max for v in x.tolist()])


def _on_grid(spec: Spec, x: NDArray[Any], extra: int) -> NDArray[np.bool_]:
    """Where a format with room above, and `extra` bits below, has `x` itself."""
    if isinstance(spec, BinaryQ):
        return np.asarray(np.isin(x, (0, -1, 1) if extra else (-1, 1)))
    if not isinstance(spec, MinifloatQ):
        return _fixed_grid(x, spec.f + extra)
    mantissa = spec.mantissa_bits + extra
    if x.dtype == object:
        quantize = ExactMinifloat(mantissa, spec.emin, _ANY_INTEGER)
        return np.array([quantize(v) == v for v in x.tolist()])
    if spec.emin - mantissa > 1023:
        return np.asarray(x == 0)
    zero = spec.emin - 1 + 2 ** (_ANY_EXPONENT - 1)
    return np.asarray(float_quantize_np(x, mantissa, _ANY_EXPONENT, zero) == x)


def _fixed_grid(x: NDArray[Any], f: int) -> NDArray[np.bool_]:
    if x.dtype == object:
        return np.array([f >= 0 or v % (1 << -f) == 0 for v in x.tolist()])
    # a step that float64 has no number for has no multiple there but 0
    return np.asarray(x == 0 if f < -1023 else get_fixed_quantizer_np('TRN', 'SAT')(x, 1, _ANY_INTEGER, f) == x)
