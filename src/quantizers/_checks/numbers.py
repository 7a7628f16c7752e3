"""Exact numbers, fit to be shown."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from fractions import Fraction


def number(value: int | float | Fraction) -> str:
    """An exact decimal where a float64 holds the value, else about ten digits."""
    try:
        if float(value) == value:
            return repr(float(value)).removesuffix('.0')
    except OverflowError:
        pass
    exact, context = Fraction(value), Context(prec=10, Emax=MAX_EMAX, Emin=MIN_EMIN)
    return f'~{context.divide(Decimal(exact.numerator), Decimal(exact.denominator)).normalize(context)}'
