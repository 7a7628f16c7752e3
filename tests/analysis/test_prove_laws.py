"""The laws in integers, which formulas are proved equal to, against exact arithmetic."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from oracles import reference
from quantizers import FieldError, FloatQ, formats
from quantizers._maths.floats import FLOATS
from quantizers._maths.laws import BINARY, MINIFLOAT, TERNARY, FixedLaw, RoundingLaw
from quantizers.analysis.prove import _concrete
from quantizers.analysis.prove._cases import cases_of
from quantizers.analysis.prove._concrete import expected, float_of, input_of, samples, value
from quantizers.analysis.prove._floats import Part, exponent_bits, float_bits, held
from quantizers.analysis.prove._outcome import draws
from quantizers.formats.specials import SPECIALS

DTYPES = ('float16', 'bfloat16', 'float32', 'float64')
EDGES = (0, 1, 2, -1)


def inputs(parts: list[Part], dtype: str, count: int) -> list[tuple[Part, int]]:
    """Random floats of each part, those whose last bits are all 0 or all 1, where ties are, and those at its end."""
    rng, form = np.random.default_rng(1), FLOATS[dtype]
    found = []
    for part in parts:
        some = [*samples(part, form, count, rng)]
        fraction = (1 << form.precision - 1) - 1
        coarse = [bits & ~(fraction >> cut) for cut, bits in enumerate(some, 1)]
        ends = [bits & ~fraction | edge & fraction for bits in some for edge in EDGES]
        last = [sign << exponent_bits(form) | part.last for sign in (0, 1)]
        tops = [top << form.precision - 1 | edge & fraction for top in last for edge in EDGES]
        found += [(part, bits) for bits in (*some, *coarse, *ends, *tops)]
    return found


@pytest.mark.parametrize('dtype', DTYPES)
@pytest.mark.parametrize('shape', [(1, 2, 5), (0, 3, 5), (1, 0, 0), (1, -3, 6), (1, 7, -3), (1, 20, 10)], ids=str)
def test_fixed_point_in_integers_is_the_law(tally: Any, dtype: str, shape: tuple[int, int, int]) -> None:
    k, i, f = shape
    width = k + i + f
    for overflow, n in reference.overflow_modes(width, bool(k)):
        for rounding in reference.ROUNDINGS:
            cases = cases_of(FixedLaw(rounding, overflow, n), shape, FLOATS[dtype])
            cut = slice(None, None, 1 if dtype in ('float16', 'bfloat16') else 7)
            for part, bits in inputs([*cases.parts()][cut] + [*cases.parts()][-2:], dtype, 1):
                x = float_of(bits, dtype)
                right = reference.fixed_value(x, width, k + i, bool(k), rounding, overflow, n)
                compare(tally, (shape, rounding, overflow, n), x, expected(cases, bits, dtype, part), right)
    tally.check()


@pytest.mark.parametrize('dtype', DTYPES)
def test_minifloats_binary_and_ternary_in_integers_are_the_law(tally: Any, dtype: str) -> None:
    for m, e, e0 in [(1, 2, 1), (3, 4, 0), (2, 5, 0), (0, 1, 0), (0, 3, 2), (2, 3, -20), (2, 3, -140), (10, 5, 1)]:
        cases = cases_of(MINIFLOAT, (m, e, e0), FLOATS[dtype])
        for part, bits in inputs([*cases.parts()], dtype, 3):
            x = float_of(bits, dtype)
            compare(tally, (m, e, e0), x, expected(cases, bits, dtype, part), reference.minifloat_value(x, m, e, e0))
    for law, right in ((BINARY, reference.binary_value), (TERNARY, reference.ternary_value)):
        cases = cases_of(law, (1, 1, 0) if law is TERNARY else (), FLOATS[dtype])
        for part, bits in inputs([*cases.parts()], dtype, 9):
            x = float_of(bits, dtype)
            compare(tally, law, x, expected(cases, bits, dtype, part), right(x))
    tally.check()


def float_specs() -> Iterator[FloatQ]:
    """All formats with a name, and of some all roundings and overflows, with a sign and without one."""
    yield from formats.named.NUMPY.values()
    yield from map(formats.named.p3109, ('Binary8p3se', 'Binary8p3sf', 'Binary8p1ue', 'Binary6p1sf', 'Binary5p2uf'))
    for rounding in reference.ROUNDINGS:
        yield FloatQ.power_of_two(4, 3, rounding=rounding)
        yield FloatQ.power_of_two(3, 1, zero=False, rounding=rounding)
        yield FloatQ.power_of_two(4, -5, signed=False, zero=False, rounding=rounding)
        for specials, signed in itertools.product(SPECIALS, (True, False)):
            for (e, m), overflow in itertools.product([(3, 2), (3, 0)], SPECIALS[specials].overflows):
                with contextlib.suppress(FieldError):
                    yield FloatQ(e, m, 5, specials, rounding, overflow, signed)


@pytest.mark.parametrize('dtype', DTYPES)
def test_floats_in_integers_are_the_law(tally: Any, dtype: str) -> None:
    for spec in float_specs():
        fields = spec.exponent_bits, spec.mantissa_bits, spec.bias, spec.specials, spec.signed, spec.zero
        of = reference.FloatFormat(*fields)
        cases = cases_of(spec.law, spec.law_widths, FLOATS[dtype])
        parts = [*cases.parts()]
        for part, bits in inputs(parts[:: max(len(parts) // 5, 1)] + parts[-2:], dtype, 1):
            x = float_of(bits, dtype)
            right = reference.float_value(x, of, spec.rounding, spec.overflow)
            got = expected(cases, bits, dtype, part)
            compare(tally, spec, x, got, None if isinstance(right, float) and math.isnan(right) else right)
    tally.check()


def test_rounding_alone_in_integers_is_the_law(tally: Any) -> None:
    for rounding in reference.ROUNDINGS:
        for f in (3, -4):
            cases = cases_of(RoundingLaw(rounding), (f,), FLOATS['float16'])
            for part, bits in inputs([*cases.parts()][:-1], 'float16', 3):
                x = float_of(bits, 'float16')
                right = reference.rounded(Fraction(x) * Fraction(2) ** f, rounding) / Fraction(2) ** f
                compare(tally, (rounding, f), x, expected(cases, bits, 'float16', part), right)
    tally.check()


def test_rounding_at_random_in_integers_is_the_law(tally: Any) -> None:
    """Up with probability `rem`: of the numbers 0 to 2^24 - 1, each as likely, as many as there are below it."""
    form, rng = FLOATS['float16'], np.random.default_rng(2)
    cases = cases_of(FixedLaw('RND', 'SAT'), (1, 2, 5), form, True)
    for part, bits in inputs([*cases.parts()][:-1], 'float16', 3):
        x = float_of(bits, 'float16')
        y = min(max(Fraction(x), Fraction(-4)), Fraction(127, 32)) * 32
        away = math.ceil((y - math.trunc(y)).__abs__() * 2 ** draws(form))  # so many of them are below what is beyond
        for number in {0, max(away - 1, 0), min(away, 2**24 - 1), int(rng.integers(1 << 24))}:
            code = math.trunc(y) + (number < away) * (1 if y > 0 else -1)
            compare(tally, number, x, expected(cases, bits, 'float16', part, number), Fraction(code, 32))
    tally.check()


@pytest.mark.parametrize('dtype', DTYPES)
def test_all_parts_together_are_all_floats_once(dtype: str) -> None:
    form = FLOATS[dtype]
    for law, widths in (
        (FixedLaw('RND', 'WRAP'), (1, 2, 5)),
        (MINIFLOAT, (3, 4, 0)),
        (BINARY, ()),
        (MINIFLOAT, (2, 3, -140)),
    ):
        parts = [*cases_of(law, widths, form).parts()]
        assert [part.first for part in parts] == [0, *(part.last + 1 for part in parts[:-1])]
        assert sum(part.count(form) for part in parts) == 1 << {'float64': 64, 'float32': 32}.get(dtype, 16)


def test_bits_of_a_number_are_those_that_numpy_has() -> None:
    for dtype in ('float16', 'float32', 'float64'):
        form, size = FLOATS[dtype], np.dtype(dtype).itemsize
        for exponent in (form.smallest, form.smallest + form.precision - 4, -3, form.largest - 6):
            for magnitude in range(1, 128):
                bits = float_bits(_concrete.where, magnitude % 2 == 1, magnitude, range(7), exponent, form)
                number = math.ldexp(-magnitude if magnitude % 2 else magnitude, exponent)
                assert bits == int(np.array(number, dtype).view(f'u{size}'))


def test_the_number_of_a_dtype_below_and_the_step_to_the_next() -> None:
    form = FLOATS['float16']
    for magnitude, exponent in [(4097, 0), (4095, 0), (65535, 1), (5, -26), (7, -30), (2047, -24), (0, 3)]:
        kept, step = held(_concrete.where, magnitude, max(magnitude.bit_length(), 1), exponent, form)
        below = kept * Fraction(2) ** exponent
        assert Fraction(float(np.float16(float(below)))) == below <= magnitude * Fraction(2) ** exponent
        if step:
            above = below + step * Fraction(2) ** exponent
            assert above == Fraction(float(np.nextafter(np.float16(float(below)), np.float16(np.inf))))
            assert kept <= magnitude < kept + step


def compare(tally: Any, what: object, x: float, got: Any, right: Any) -> None:
    """Count one comparison of exact numbers; None is NaN."""
    one = [np.array([item], object) for item in (x, got, right)]
    tally.note('laws in integers', what, *one, np.array([got == right]))


def test_terms_of_constants_are_the_same_numbers() -> None:
    """The laws run on terms as on ints: what the solver makes of constants is what Python does."""
    from quantizers.analysis.prove._solver import Solver
    from quantizers.analysis.prove._terms import Terms

    rng, form, count = np.random.default_rng(3), FLOATS['float32'], 0
    laws = [
        (FixedLaw(r, o, n), (1, 2, 5)) for r in ('RND_CONV', 'TRN_ZERO') for o, n in reference.overflow_modes(8, True)
    ]
    for law, widths in [*laws, (MINIFLOAT, (3, 4, 0)), (BINARY, ())]:
        cases = cases_of(law, widths, form)
        for part in [*cases.parts()][::5]:
            for bits in samples(part, form, 2, rng):
                terms, plain = Terms(), input_of(bits, form, part)
                of_terms = plain._replace(
                    negative=terms.truth(plain.negative),
                    field=terms.integer(plain.field),
                    fraction=terms.integer(plain.fraction),
                )
                right, got = cases.outcome(_concrete.where, plain), cases.outcome(terms.where, of_terms)
                if right.nan:
                    continue
                signed = terms.where(got.negative, -terms.integer(got.magnitude), terms.integer(got.magnitude))
                whole = int(value(right) / Fraction(2) ** right.exponent)
                assert Solver(10).ask(terms, [], (signed == whole) & (terms.truth(got.nan) ^ True)).verdict == 'proved'
                assert Solver(10).ask(terms, [], signed == whole + 1).verdict == 'refuted'
                count += 1
    assert count > 200
