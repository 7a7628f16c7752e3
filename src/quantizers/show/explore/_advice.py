"""Whether another fixed point does better for one number, with the same sign and modes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

from ..._checks.shown import in_bits
from ..._maths.floats import Exact
from ...analysis.losses import beyond
from ...formats import FixedQ, Spec
from ._modes import has_modes
from ._number import Number
from ._result import outcome

_WIDEST = 64
_PLACES = 3  # of the leading bit below the highest one: a sign, and a bit that rounding carries over


def advice(spec: Spec, x: Number) -> list[dict[str, str]]:
    """The fixed point of as many bits that is nearest to a number, and the narrowest that holds it exactly."""
    if isinstance(x, float) or not x or spec.bits > _WIDEST:
        return []
    own = has_modes(spec)
    like = spec if has_modes(spec) else FixedQ(spec.bits, spec.bits, True, 'RND', 'SAT')
    found = []
    error = _error(spec, x)
    best = min(_around(like, x), key=lambda other: _error(other, x), default=None)
    if best is not None and _error(best, x) < error:
        found.append({'says': f'Nearer with {in_bits(spec.bits)}:', 'type': best.label})
    elif own and error and best is not None:
        found.append({'says': f'No fixed point of {in_bits(spec.bits)} is nearer.'})
    narrowest = next(_exact(like, x), None)
    if narrowest is not None and (error or narrowest.width < spec.bits):
        found.append({'says': f'Exact with {in_bits(narrowest.width)}:', 'type': narrowest.label})
    return found


def _around(like: FixedQ, x: Exact) -> Iterator[FixedQ]:
    """The formats of the same width whose highest bits are near the leading one of `x`, with `x` in range."""
    for integer in _integer_bits(x):
        with suppress(ValueError):  # beyond the integer bits that there are
            other = replace(like, integer=integer)
            if not beyond(other, x):
                yield other


def _exact(like: FixedQ, x: Exact) -> Iterator[FixedQ]:
    """The formats that hold `x`, the narrowest first."""
    value = Fraction(x)
    if value.denominator & (value.denominator - 1):
        return
    lowest = (value.numerator & -value.numerator).bit_length() - value.denominator.bit_length()
    for integer in _integer_bits(x):
        if 1 <= integer - lowest <= _WIDEST:
            with suppress(ValueError):
                other = replace(like, width=integer - lowest, integer=integer)
                if not _error(other, x):
                    yield other


def _integer_bits(x: Exact) -> range:
    value = abs(Fraction(x))
    leading = value.numerator.bit_length() - value.denominator.bit_length()
    return range(leading, leading + _PLACES + 1)


def _error(spec: Spec, x: Exact) -> Fraction:
    return abs(Fraction(outcome(spec, x).value or 0) - Fraction(x))
