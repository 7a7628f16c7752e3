"""Exact numbers, fit to be shown."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from fractions import Fraction
from math import inf
from typing import Literal, Union

Number = Union[float, Literal['inf', '-inf', 'nan']]  # noqa: UP007  (for pydantic, which reads it when it is run)
"""A number in JSON, which does not have these three."""


def nearest_float(value: int | float | Fraction) -> float:
    """The float64 nearest to a number; infinite where it is beyond all of them."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def number(value: int | float | Fraction) -> str:
    """An exact decimal where a float64 holds the value, else about ten digits."""
    if nearest_float(value) == value:
        return repr(nearest_float(value)).removesuffix('.0')
    exact, context = Fraction(value), Context(prec=10, Emax=MAX_EMAX, Emin=MIN_EMIN)
    return f'~{context.divide(Decimal(exact.numerator), Decimal(exact.denominator)).normalize(context)}'
