"""What is sent through both sides: where formulas go wrong, and random numbers of all magnitudes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..formats import Spec

_SMALL = 12  # formats of at most so many bits have each value and each midpoint among the inputs
_LIMITS = np.finfo(np.float64)
_PARTS = (0, 0.25, 0.5, 0.75)


def inputs(spec: Spec, count: int) -> NDArray[np.float64]:
    """About `count` normal doubles and zeros, more where a format has more edges; the same at each call.

    The vendors' headers do not read subnormal doubles as the numbers they are, so there are none. First the edges, each
    with the doubles next to it: codes near 0 and near both ends, the midpoints and quarters between codes, multiples of
    the range, and every code where they are few; then random numbers.
    """
    rng = np.random.default_rng(spec.bits)
    with np.errstate(all='ignore'):
        edges = _edges(spec)
        missing = max(count - edges.size, 0)
        lowest, highest = (int(np.clip(exponent, -1070, 1020)) for exponent in _exponents(spec))
        # the range and what is around it, evenly; then by binades: those of the format, and all that a double has
        scale = np.full(missing, highest + 2)
        scale[missing // 3 :] = rng.integers(lowest - 3, highest + 3, missing - missing // 3)
        scale[-missing // 10 :] = rng.integers(-1074, 1024, missing - scale[: -missing // 10].size)
        return np.concatenate([edges, _normal(np.ldexp(rng.uniform(-1, 1, missing), scale))])


def _edges(spec: Spec) -> NDArray[np.float64]:
    points = np.concatenate([_points(spec), [1.0, 1e30, 1e300, _LIMITS.max, _LIMITS.tiny]])
    near = np.concatenate([points, *(np.nextafter(points, side) for side in (-np.inf, np.inf))])
    return np.append(np.unique(_normal(np.concatenate([near, -near]))), [0.0, -0.0])


def _normal(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return x[np.isfinite(x) & (np.abs(x) >= _LIMITS.tiny)]


def _points(spec: Any) -> NDArray[np.float64]:
    if spec.kind == 'binary':
        return np.zeros(1)
    if spec.bits <= _SMALL and spec.fits('float64'):
        values = spec.values()
        step = float(spec.eps)
        around = [values[-1] + n * step / 4 for n in range(1, 9)]
        points = np.concatenate([values, (values[1:] + values[:-1]) / 2, around])
    elif spec.kind == 'minifloat':
        points = _binades(spec)
    else:
        width = spec.bits
        codes = [0, 1, 2, 3, 4, 5, 7, *np.ldexp(1.0, np.unique(np.linspace(3, width + 40, 24).astype(int)))]
        ends = [np.ldexp(n, width - 2) + step for n in range(1, 17) for step in (-2, -1, 0, 1, 2)]
        points = np.ldexp(np.add.outer([*codes, *ends], _PARTS).ravel(), -spec.f)
    if spec.kind != 'minifloat':
        turns = np.add.outer(np.ldexp((1.0, 2, 3, 31, 2.0**20, 2.0**40), spec.bits), (-1, -0.5, 0, 0.5, 1)).ravel()
        points = np.concatenate([points, np.ldexp(turns, -spec.f)])
    return points


def _binades(spec: Any) -> NDArray[np.float64]:
    """The first, last and middle values of some binades, with the midpoints beside them."""
    exponents = np.unique(np.linspace(spec.emin - 1, spec.emax + 1, 64).astype(int))
    steps = np.array([0, 0.5, 1, 1.5, 2, 3])
    significands = np.concatenate([steps, 2.0 ** (spec.mantissa_bits - 1) + steps]) * 2.0**-spec.mantissa_bits
    significands = np.concatenate([1 + significands, 2 - significands, significands])
    return np.asarray(np.ldexp(significands, exponents[:, None]).ravel())


def _exponents(spec: Any) -> tuple[int, int]:
    """Those of the step and of the end of the range."""
    if spec.kind == 'binary':
        return -1, 1
    if spec.kind == 'minifloat':
        return spec.emin - spec.mantissa_bits, spec.emax + 1
    return -spec.f, spec.integer
