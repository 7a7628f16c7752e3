"""What fixed-point results are compared with: inputs of many formats in one array, and the code the law has for each.

The widths are arrays beside the inputs, so one call, and one compiled function, covers every format.
"""

from __future__ import annotations

import warnings
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from oracles import reference
from oracles.dtypes import BFLOAT16, every_number, finfo, subnormal
from oracles.fixed_inputs import edge_inputs, small_codes, small_inputs
from oracles.vendor import ROUNDINGS, SHAPES, Shape, Vendor
from quantizers import FixedQ

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike, NDArray

Mode = tuple[str, str, int]  # rounding, overflow, saturation bits
MODES = reference.overflow_modes(8, True)
# every code, midpoint and neighbour of these widths; `integer` below, at and beyond them
WIDTHS = range(1, 9)
INTEGERS = (-2, 0, 1, 4, 10)
# every number of a 16-bit dtype, in these formats
SIXTEEN: tuple[Shape, ...] = ((8, 3, True), (8, 3, False))
EXTREME_F = (-1000, -126, -100, -15, 24, 100, 126, 149, 1000, 1074)


class Part(NamedTuple):
    """Inputs of one format, and what gives the law's codes of them; NaN where there is none."""

    shape: Shape
    x: NDArray[Any]
    codes: Callable[[Mode], NDArray[Any]]


class Cases:
    """Inputs of all formats in one array, with the widths `k, i, f` of each; `sources` says whose codes they have."""

    def __init__(self, **sources: list[Part]) -> None:
        parts = [part for some in sources.values() for part in some]
        ends = np.cumsum([0, *(sum(part.x.size for part in some) for some in sources.values())]).tolist()
        self.sources = {name: slice(a, b) for name, (a, b) in zip(sources, pairwise(ends), strict=True)}
        self._parts = parts
        self.x = np.concatenate([part.x for part in parts])
        width, integer, signed = (
            np.concatenate([np.full(part.x.size, part.shape[j], np.int32) for part in parts]) for j in range(3)
        )
        self.width, self.k, self.i, self.f = width, signed, integer - signed, width - integer

    def codes(self, mode: Mode) -> NDArray[np.longdouble]:
        """The law's codes; where k = 0 WRAP_SM wraps as WRAP. A longdouble holds all 64 bits."""
        rounding, overflow, n = mode
        unsigned = 'WRAP' if overflow == 'WRAP_SM' else overflow
        return np.concatenate(
            [
                part.codes((rounding, overflow if part.shape[2] else unsigned, n)).astype(np.longdouble)
                for part in self._parts
            ]
        )

    def equal(self, got: NDArray[Any], codes: NDArray[np.longdouble], overflow: str) -> NDArray[np.bool_]:
        """Where `got` is as the law wants: exact if its dtype holds the result, else `near` it; NaN for no code."""
        exact = np.ldexp(codes, -self.f)
        right = (got.astype(np.longdouble) == exact) | (np.isnan(got) & np.isnan(codes))
        others = np.flatnonzero(~right)
        right[others] = self.near(others, got[others], codes[others], overflow)
        return right

    def near(self, at: NDArray[Any], got: NDArray[Any], codes: NDArray[np.longdouble], overflow: str) -> Any:
        """Where `got`, of the cases `at`, is a value of the format within one ulp of the exact result.

        Not where the dtype holds the exact result; a result beyond the dtype's largest number counts as that.
        """
        limits = finfo(got.dtype)
        f = self.f[at]
        steps = np.ldexp(got.astype(np.longdouble), f)
        lo, hi = self.ends(at, overflow)
        most = np.floor(np.ldexp(np.longdouble(limits.max), f))
        want = np.clip(codes, -most, most)
        smallest = np.frexp(np.longdouble(limits.smallest_subnormal))[1] - 1
        ulp = np.ldexp(np.longdouble(1), np.maximum(np.frexp(want)[1] - (limits.nmant + 1), f + smallest))
        # a result has no bits below its step, nor below its ulp
        close = np.where(want % np.maximum(ulp, 1) == 0, steps == want, abs(steps - want) <= ulp)
        return close & (steps == np.floor(steps)) & (steps >= lo) & (steps <= hi)

    def ends(self, at: Any, overflow: str) -> tuple[Any, Any]:
        """The smallest and the largest code of the cases `at`."""
        k = self.k[at]
        hi = np.ldexp(np.longdouble(1), self.width[at] - k) - 1
        return np.where(k > 0, -hi if overflow == 'SAT_SYM' else -hi - 1, 0), hi

    def flushed(self, got: NDArray[Any], codes: NDArray[np.longdouble], saturation_bits: int) -> NDArray[np.bool_]:
        """Where a subnormal input, or a subnormal result, counted as zero, whose code is 0 in every format.

        Saturation bits are made of steps: where the step is subnormal they are lost as well, and no bit above them.
        """
        zero = (got == 0) | subnormal(got)
        flushed = zero & (subnormal(self.x) | subnormal(np.ldexp(codes, -self.f), got.dtype))
        if saturation_bits:
            lo, hi = self.ends(slice(None), 'WRAP')
            steps = np.ldexp(got.astype(np.longdouble), self.f)
            within = (steps >= lo) & (steps <= hi)
            flushed |= within & subnormal(np.ldexp(np.longdouble(1), -self.f), got.dtype)
        return flushed


def holds_step(shape: Shape, dtype: DTypeLike) -> bool:
    """Whether the step is a number of the dtype; the law refuses a larger one."""
    return reference.power_of_two(shape[1] - shape[0]) <= reference.exact(float(finfo(dtype).max))


def fixed_cases(dtype: DTypeLike, vendor: Vendor, saturation_bits: int, overflow: str) -> Cases:
    """All inputs of a dtype for the formats that may have these modes, together."""
    dtype = np.dtype(dtype)

    def allowed(shape: Shape) -> bool:
        return shape[0] > saturation_bits and holds_step(shape, dtype)

    # † in the laws: the vendor keeps -1 for that format
    theirs = [shape for shape in SHAPES if allowed(shape) and not (overflow == 'SAT_SYM' and shape == (1, shape[1], 1))]
    parts = {
        'vendor': [vendor_part(vendor, shape, hard_inputs(shape, dtype)) for shape in theirs],
        'reference': [reference_part(shape, x) for shape, x in extremes(dtype) if allowed(shape)],
    }
    if dtype.itemsize == 2:
        every = every_number(dtype)
        parts['vendor'] += [vendor_part(vendor, shape, every) for shape in SIXTEEN if allowed(shape)]
    else:
        shapes = [(w, i, signed) for w in WIDTHS for i in INTEGERS for signed in (True, False)]
        parts['exhaustive'] = [table_part(shape, dtype) for shape in shapes if allowed(shape)]
    return Cases(**parts)


def hard_inputs(shape: Shape, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The inputs of the vendor comparison; for bfloat16 the nearest to those of float32, and their neighbours."""
    if dtype != BFLOAT16:
        return edge_inputs(shape, dtype.type)
    x = edge_inputs(shape, np.float32).astype(dtype)
    x = np.unique(np.concatenate([x, *(np.nextafter(x, dtype.type(side)) for side in (-np.inf, np.inf))]))
    return x[np.isfinite(x)]


def extremes(dtype: np.dtype[Any]) -> list[tuple[Shape, NDArray[Any]]]:
    """Scales at which x * 2^f, or 2^f itself, overflows or underflows; Inf, NaN and -0 in ordinary formats."""
    limits = finfo(dtype)
    with np.errstate(over='ignore', under='ignore'), warnings.catch_warnings():
        numbers = np.array([limits.max, 1.5, 1e-30, limits.tiny, limits.smallest_subnormal], np.float64).astype(dtype)
        numbers = np.concatenate([numbers, 3 * numbers[-1:], numbers[:1] / dtype.type(3)])
    far = np.concatenate([numbers, -numbers, np.zeros(1, dtype)])
    special = np.array([np.inf, -np.inf, np.nan, -0.0, 0.0], dtype)
    return [((w, w - f, signed), far) for f in EXTREME_F for w in (1, 8, 24) for signed in (True, False)] + [
        ((w, 1, signed), special) for w in (1, 2, 8, 30) for signed in (True, False)
    ]


def vendor_part(vendor: Vendor, shape: Shape, x: NDArray[Any]) -> Part:
    """The vendor's own codes; those of exact arithmetic of modes that it does not have."""
    exact = reference_part(shape, x)
    return Part(shape, x, lambda mode: vendor.codes(shape, *mode, x) if mode[0] in ROUNDINGS else exact.codes(mode))


def reference_part(shape: Shape, x: NDArray[Any]) -> Part:
    """The codes of exact arithmetic, one number at a time."""

    def codes(mode: Mode) -> NDArray[Any]:
        return np.array([code_or_nan(number, shape, mode) for number in x.astype(np.float64).tolist()], np.longdouble)

    return Part(shape, x, codes)


def code_or_nan(x: float, shape: Shape, mode: Mode) -> float:
    """The reference's code, NaN where the law has none."""
    try:
        return reference.fixed_code(x, *shape, *mode)
    except ValueError:
        return np.nan


def table_part(shape: Shape, dtype: np.dtype[Any]) -> Part:
    """Every code, midpoint and neighbour of a small format; the codes are exact arithmetic's, made once for a width."""
    width, integer, signed = shape
    x = small_inputs(width, width - integer, dtype.type)
    return Part(shape, x, lambda mode: cached_codes(width, signed, mode, dtype.type))


cached_codes = cache(small_codes)


# Specs ----------------------------------------------------------------------------------------------------------------


def fixed_specs() -> list[FixedQ]:
    """Two or three modes for each of the vendor's shapes, so that all modes of all kinds come up."""
    specs = []
    for number, shape in enumerate(SHAPES):
        every = [(r, o, n) for o, n in reference.overflow_modes(shape[0], shape[2]) for r in reference.ROUNDINGS]
        specs += [FixedQ(*shape, *every[j % len(every)]) for j in (number * 7 + 3, number * 18 + 40)]
    return list(dict.fromkeys(specs))
