"""What is sent through both sides: where formulas go wrong, and random numbers of all magnitudes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

# not at its first use, while compilers run: its import takes Ctrl-C for an error of its own, and goes on
from numpy.random import default_rng

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...formats import Format

_SMALL = 12  # formats of at most so many bits have each value and each midpoint among the inputs
_LIMITS = np.finfo(np.float64)


def inputs(spec: Format, count: int) -> NDArray[np.float64]:
    """About `count` normal doubles and zeros, more where a format has more edges; the same at each call.

    The vendors' headers do not read subnormal doubles as the numbers they are, so there are none. First the edges, each
    with the doubles next to it: codes near 0 and near both ends, the midpoints and quarters between codes, multiples of
    the range, and every code where they are few; then random numbers.
    """
    rng = default_rng(spec.bits)
    with np.errstate(all='ignore'):
        edges = _edges(spec)
        missing = max(count - edges.size, 0)
        lowest, highest = (int(np.clip(exponent, -1070, 1020)) for exponent in spec.spacing.exponents)
        # the range and what is around it, evenly; then by binades: those of the format, and all that a double has
        scale = np.full(missing, highest + 2)
        scale[missing // 3 :] = rng.integers(lowest - 3, highest + 3, missing - missing // 3)
        scale[-missing // 10 :] = rng.integers(-1074, 1024, missing - scale[: -missing // 10].size)
        return np.concatenate([edges, _normal(np.ldexp(rng.uniform(-1, 1, missing), scale))])


def _edges(spec: Format) -> NDArray[np.float64]:
    points = np.concatenate([_points(spec), [1.0, 1e30, 1e300, _LIMITS.max, _LIMITS.tiny]])
    near = np.concatenate([points, *(np.nextafter(points, side) for side in (-np.inf, np.inf))])
    return np.append(np.unique(_normal(np.concatenate([near, -near]))), [0.0, -0.0])


def _normal(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return x[np.isfinite(x) & (np.abs(x) >= _LIMITS.tiny)]


def _points(spec: Format) -> NDArray[np.float64]:
    spacing = spec.spacing
    if spec.bits <= _SMALL and spec.fits('float64') and not spacing.everywhere:
        values = spec.values()
        step = float(spec.eps)
        around = [values[-1] + n * step / 4 for n in range(1, 9)]
        points = np.concatenate([values, (values[1:] + values[:-1]) / 2, around])
    else:
        points = spacing.edges()
    if spacing.period is not None:
        turns = np.add.outer(np.ldexp((1.0, 2, 3, 31, 2.0**20, 2.0**40), spec.bits), (-1, -0.5, 0, 0.5, 1)).ravel()
        points = np.concatenate([points, np.ldexp(turns, spacing.weights[0])])
    return points
