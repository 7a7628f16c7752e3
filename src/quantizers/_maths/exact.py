"""The namespace `xp` in exact arithmetic: every number is an int or a Fraction.

Codes wider than any float, and integers beyond 2^53, are quantized by the very formulas of the other rooms.
"""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import Any, TypeVar

from . import fixed, minifloat
from .float_overflow import OF_MINIFLOATS, Traits
from .floats import Exact, FloatFormat, times_power
from .namespace import Namespace
from .view import made_once

T = TypeVar('T')

# far beyond any format, so that nothing is ever cut off
compute = target = FloatFormat('exact', precision=1 << 17, smallest=-(1 << 17), largest=1 << 17)
half = Fraction(1, 2)
floor, ceil, trunc, rint = math.floor, math.ceil, math.trunc, round
abs, minimum, maximum = abs, min, max


def power(n: int) -> int:
    """The exponent itself."""
    return n


def power2(n: int) -> Exact:
    """2^n."""
    return times_power(1, n)


def scale(x: Exact, n: int) -> Exact:
    """x * 2^n."""
    return x << n if n >= 0 and isinstance(x, int) else x * power2(n)


def signed_scale(x: Exact, n: int) -> Exact:
    """x * 2^n: an exact zero has no sign."""
    return scale(x, n)


def sticky_scale(x: Exact, n: int) -> Exact:
    """x * 2^n: nothing underflows here."""
    return scale(x, n)


def kept(x: Exact) -> Exact:
    """`x`: nothing is reordered here."""
    return x


def where(condition: bool, yes: T, no: T) -> T:
    """`yes` if `condition` else `no`."""
    return yes if condition else no


def clip(x: Exact, low: Exact, high: Exact) -> Exact:
    """The nearest number in `[low, high]`."""
    return min(max(x, low), high)


def quotient(x: Exact, divisor: Exact) -> Exact:
    """`x / divisor`."""
    return Fraction(x) / divisor


def isnan(x: Exact) -> bool:
    """False: every exact number is one."""
    return False


def large(x: Exact) -> bool:
    """False: nothing is beyond."""
    return False


def zero_above(result: Exact) -> Exact:
    """`result`: an exact zero has no sign."""
    return result


def signed_like(result: Exact, x: Exact) -> Exact:
    """`result`: an exact zero has no sign."""
    return result


def held(x: Exact) -> Exact:
    """`x`: nothing is differentiated here."""
    return x


def leading_exponent(x: Exact) -> int:
    """floor(log2 |x|), for x other than 0."""
    magnitude = Fraction(-x if x < 0 else x)
    n = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    return n if power2(n) <= magnitude else n - 1


def odd_exponent(x: Exact) -> bool:
    """Whether `floor(log2 |x|)` is odd; False for 0."""
    return bool(x) and leading_exponent(x) % 2 == 1


def leading_power(x: Exact) -> Exact:
    """2^floor(log2 |x|), 0 for 0."""
    return power2(leading_exponent(x)) if x else 0


class ExactFixed:
    """Fixed-point quantization of one exact number."""

    def __init__(self, k: int, i: int, f: int, rounding: str, overflow: str, saturation_bits: int) -> None:
        self._modes = rounding, overflow, saturation_bits
        grid = fixed.Grid(NAMESPACE, k, i, f, overflow, saturation_bits, coarse=f < 0, guarded=False, inexact=False)
        self._grid: Any = made_once(grid)

    def __call__(self, x: Exact) -> Exact:
        return fixed.quantize(NAMESPACE, x, self._grid, *self._modes, bounded=True)  # type: ignore[no-any-return]


class ExactFloat:
    """Quantization to a small float of one exact number: exact, or Inf or NaN; the sign of a zero is the caller's."""

    def __init__(
        self,
        m: int,
        emin: int,
        emax: int,
        rounding: str = 'RND_CONV',
        overflow: str = 'SAT',
        traits: Traits = OF_MINIFLOATS,
    ) -> None:
        self._how = rounding, overflow, traits
        self._binades: Any = made_once(minifloat.Binades(NAMESPACE, m, emin, emax, traits=traits))

    def __call__(self, x: Exact | float) -> Exact | float:
        """The value; a float is Inf."""
        number = x if isinstance(x, float) else Fraction(x)
        return minifloat.quantize(NAMESPACE, number, self._binades, *self._how) or 0


NAMESPACE: Namespace = sys.modules[__name__]
