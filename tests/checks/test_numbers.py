"""Numbers as text: exact, or with a `~` before them."""

from __future__ import annotations

from fractions import Fraction

from quantizers._checks.numbers import number


def test_number() -> None:
    assert [number(value) for value in (3, -0.5, Fraction(1, 8), 2**60)] == [
        '3',
        '-0.5',
        '0.125',
        '1.152921504606847e+18',
    ]
    assert number(2**64 - 1) == '~1.844674407E+19'
    assert number(2**2000) == '~1.148130695E+602'
    assert number(Fraction(1, 2**2000)) == '~8.709809816E-603'
