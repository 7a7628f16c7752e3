"""Floats with special codes: the formats that tests take, and numbers where casts go wrong."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from oracles import reference
from quantizers import FloatQ
from quantizers.formats.named import NUMPY

ROUNDINGS = reference.ROUNDINGS
OVERFLOWS = ('SAT', 'INF', 'NAN', 'SAT_PROPAGATE', 'SAT_NONE')
# those of ml_dtypes and NumPy, but for float32, by the names of their dtypes
DTYPES = {name: np.dtype(getattr(ml_dtypes, name, name)) for name in NUMPY if name != 'float32'}
# besides those with a name: without a sign, a lone exponent bit, steps above 1, steps far below float64's and float32's
OTHERS = [
    FloatQ(4, 3, 7),
    FloatQ(4, 3, 7, 'ieee', signed=False),
    FloatQ(3, 2, 3, 'fn', signed=False),
    FloatQ(1, 3, 0, 'fnuz'),
    FloatQ(1, 2, 1, 'p3109_extended', signed=False),
    FloatQ(3, 2, -20, 'ieee'),
    FloatQ(2, 2, -120, 'ieee'),
    FloatQ(3, 0, 3, 'fn'),
    FloatQ(4, 2, 140, 'ieee'),
    FloatQ(3, 0, 2, signed=False, zero=False),
    FloatQ(3, 0, 2, zero=False),
    FloatQ(2, 0, -20, zero=False),
    FloatQ(3, 0, 5),
]


def p3109_names(widths: range) -> list[str]:
    """All formats of these widths."""
    return [
        f'Binary{k}p{p}{sign}{domain}'
        for k in widths
        for sign in 'su'
        for p in range(1, k + (sign == 'u'))
        for domain in 'ef'
    ]


def record(spec: FloatQ) -> reference.FloatFormat:
    """The format as the oracle knows it."""
    fields = spec.exponent_bits, spec.mantissa_bits, spec.bias, spec.specials
    return reference.FloatFormat(*fields, spec.signed, spec.zero)


def with_modes(spec: FloatQ, rounding: str, overflow: str) -> FloatQ | None:
    """The format with other modes; None where it has no such code."""
    try:
        return FloatQ.from_config(spec.get_config() | {'rounding': rounding, 'overflow': overflow})
    except ValueError:
        return None


def finite(spec: FloatQ) -> list[Fraction]:
    """All finite values, by the oracle, or those near the ends, 0 and of a few binades where they are many."""
    of = record(spec)
    size = spec.bits
    codes = range(2**size) if size <= 10 else _some(size)
    decoded = {reference.float_decoded(code, of) for code in codes}
    return sorted(Fraction(value) for value in decoded if not isinstance(value, float))


def _some(size: int) -> set[int]:
    few = {*range(-6, 7), *(way << shift for shift in range(size) for way in (-1, 1))}
    return {(code + near) % (1 << size) for code in few for near in (-1, 0, 1)}


def inputs(spec: FloatQ, dtype: Any) -> NDArray[Any]:
    """All values, midpoints, what is beside the ends, and the neighbours of all of them in the dtype; Inf, NaN, -0."""
    values = finite(spec)
    middles = [(a + b) / 2 for a, b in pairwise(values)]
    return beside([*values, *middles, *ends(spec)], dtype)


def ends(spec: FloatQ) -> list[Fraction]:
    """Around the largest value, the smallest one, and the smallest magnitude."""
    low, high = reference.float_ends(record(spec))
    step = reference.power_of_two(reference.floor_log2(high) - spec.mantissa_bits)
    shares = [Fraction(n, 4) for n in (-6, -4, -3, -2, -1, 1, 2, 3, 4, 6)]
    least = Fraction(spec.eps)
    found = [end + share * step for end in (low, high) for share in shares]
    return [*found, *(high * n for n in (2, 3, 4, 1000)), *(least * share for share in shares), -high * 3]


def beside(numbers: list[Fraction], dtype: Any) -> NDArray[Any]:
    """Each number in the dtype, as far as it is one, and its neighbours."""
    limits = np.finfo(dtype)
    largest = Fraction(float(limits.max))
    x = np.array([float(n) for n in numbers if abs(n) <= largest], dtype)
    extreme = np.array([0.0, -0.0, limits.smallest_subnormal, -limits.smallest_normal, limits.max, -limits.max], dtype)
    special = np.array([math.inf, -math.inf, math.nan], dtype)
    with np.errstate(all='ignore'):
        near = [np.nextafter(x, np.asarray(way, dtype)) for way in (np.inf, -np.inf)]
    return np.concatenate([np.unique(np.concatenate([x, *near])), extreme, special])


def expected(spec: FloatQ, x: NDArray[Any]) -> NDArray[Any]:
    """By the oracle, in the dtype of `x`; zeros have the sign that the format gives them."""
    of = record(spec)
    signed_zero = spec.signed and spec.specials in ('none', 'ieee', 'fn')
    rounding = spec.rounding.removeprefix('S_')

    def value(number: float) -> float:
        found = reference.float_value(number, of, rounding, spec.overflow)
        return found if isinstance(found, float) else float(found) or math.copysign(0, number if signed_zero else 1)

    return np.array([value(number) for number in x.tolist()], x.dtype)


def same(got: NDArray[Any], wanted: NDArray[Any]) -> NDArray[np.bool_]:
    """Where both are the same number, of the same sign, or NaN."""
    number = (got == wanted) & (np.signbit(got) == np.signbit(wanted))
    return np.asarray(number | (np.isnan(got) & np.isnan(wanted)))
