"""Types of results: those of the vendor's templates, exact on every value, and the least there are."""

from __future__ import annotations

import operator
import random
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, product
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oracles import reference
from oracles.reference import power_of_two
from oracles.spec_strategies import fixed
from oracles.vendor import OVERFLOWS, ROUNDINGS, compiled
from quantizers import BinaryQ, FixedQ, MinifloatQ, TernaryQ, result_type
from quantizers.result_type import add, divide, dot, multiply, negate, subtract, sum_of

SOURCE = Path(__file__).parent / 'oracles' / 'result_type.cpp'
FLAGS = ('-std=c++17', '-O0', '-DNDEBUG', '-w')
SHAPES = [(1, 1), (1, -3), (2, 5), (4, 0), (4, 4), (5, 2), (8, 3), (8, -4), (8, 12), (16, 6), (33, 40), (64, 1)]
TYPES = [FixedQ(*shape, signed) for shape in SHAPES for signed in (True, False)]
TYPES += [
    FixedQ(8, 3, True, 'RND', 'SAT'),
    FixedQ(6, 7, False, 'RND_CONV', 'SAT_SYM'),
    FixedQ(7, 0, True, 'TRN', 'WRAP', 2),
]
OPERATIONS = ((add, operator.add), (subtract, operator.sub), (multiply, operator.mul))

Operation = Callable[[Any, Any], Any]


def code_range(spec: FixedQ) -> tuple[int, int]:
    return reference.code_range(spec.width, spec.signed, spec.overflow)


def ends(spec: FixedQ) -> list[Fraction]:
    """The smallest and the largest value, by the laws."""
    return [code * power_of_two(spec.integer - spec.width) for code in code_range(spec)]


def every_value(spec: FixedQ) -> list[Fraction]:
    low, high = code_range(spec)
    return [code * power_of_two(spec.integer - spec.width) for code in range(low, high + 1)]


def holds(spec: FixedQ, value: Fraction) -> bool:
    code = value * power_of_two(spec.width - spec.integer)
    low, high = code_range(spec)
    return code.denominator == 1 and low <= code <= high


def fraction_bits(number: Fraction) -> int:
    """The digits behind the binary point; less than 0 for a multiple of two."""
    n, d = number.numerator, number.denominator
    return d.bit_length() - 1 if d > 1 else 1 - (n & -n).bit_length()


def least(values: Iterable[Fraction], grid: Iterable[Fraction]) -> tuple[int, int, bool]:
    """Width, integer bits and sign of the least type that holds `values` and multiples of `grid`, found by trying."""
    values, grid = set(values), {step for step in grid if step}
    if not grid:
        return 1, 1, False
    f, signed, width = max(map(fraction_bits, grid)), min(values) < 0, 1
    low, high = (end * power_of_two(f) for end in (min(values), max(values)))
    while not all(reach <= 0 for reach in beyond(low, high, width, signed)):
        width += 1
    return width, width - f, signed


def beyond(low: Fraction, high: Fraction, width: int, signed: bool) -> tuple[Fraction, Fraction]:
    """How far numbers are outside the codes of a type, at both ends."""
    smallest, largest = reference.code_range(width, signed, 'WRAP')
    return smallest - low, high - largest


# The vendor -----------------------------------------------------------------------------------------------------------


def program(kept: Callable[[str], Path], types: dict[str, FixedQ], calls: str) -> Path:
    """result_type.cpp with types of these names."""
    listed = ' '.join(f'TYPE({name}, {spec.cpp_type})' for name, spec in types.items())
    return compiled(SOURCE, [(*FLAGS, f'-DTYPES={listed}', *calls)], kept('result_type'))[0]


def test_the_types_are_those_of_the_vendor(kept) -> None:
    types = {f'T{j}': spec for j, spec in enumerate(TYPES)}
    pairs = list(product(types, types))
    calls = (f'-DPAIRS={" ".join(f"PAIR({a}, {b})" for a, b in pairs)}', '-DDOTS=')
    output = subprocess.run([program(kept, types, calls)], check=True, capture_output=True, text=True, input='').stdout
    lines = iter(output.splitlines())
    for names in pairs:
        a, b = (types[name] for name in names)
        ours = [*(function(a, b) for function, _ in OPERATIONS), divide(a, b)]
        for what, spec in (('RType', ours), ('decltype', [*ours, negate(a)])):
            theirs = [tuple(map(int, next(lines).split())) for _ in spec]
            got = [
                (
                    s.width,
                    s.integer,
                    s.signed,
                    ROUNDINGS.index(s.rounding),
                    OVERFLOWS.index(s.overflow),
                    s.saturation_bits,
                )
                for s in spec
            ]
            assert got == theirs, (what, a, b)
    assert next(lines, None) is None
    print(f'{len(pairs)} pairs of types, {9 * len(pairs)} results: as the vendor')


def cases() -> list[tuple[list[FixedQ], list[Fraction], FixedQ, Fraction]]:
    """Types of the terms (two in turn), weights, the type that holds them, a bias."""
    rng = random.Random(1)
    one = FixedQ(1, 1, False)
    result = [([spec] * n, [Fraction(1)] * n, one, Fraction(0)) for spec in TYPES[8:16] for n in (2, 16)]
    while len(result) < 45:
        n = rng.choice((2, 4, 10, 40))
        x, y = (FixedQ(rng.randint(1, 12), rng.randint(-3, 9), rng.random() < 0.6) for _ in range(2))
        weight = FixedQ(rng.randint(1, 10), rng.randint(-2, 5), rng.random() < 0.7)
        terms, weights = [x, y] * (n // 2), [rng.choice(every_value(weight)) for _ in range(n)]
        # results on one side of 0 alone: their type holds no partial sum of the other
        bias = -rng.choice((min, max))(map(total, inputs(terms, weights, rng), [weights] * 2))
        result.append((terms, weights, weight, bias))
    return result


def total(values: list[Fraction], weights: list[Fraction]) -> Fraction:
    return sum(map(operator.mul, values, weights), Fraction(0))


def test_an_accumulator_of_the_vendor_is_exact(kept) -> None:
    types, dots, requests, expected = {}, [], [], []
    outside = 0
    for j, (terms, weights, weight, bias) in enumerate(cases()):
        bias_type = FixedQ(*least([bias], [bias]))
        wrap = dot(terms, weights, bias)
        named = (terms[0], terms[1], weight, bias_type, wrap, replace(wrap, overflow='SAT'))
        types |= {f'T{j}_{k}': spec for k, spec in enumerate(named)}
        dots.append(f'DOT({j}, {", ".join(f"T{j}_{k}" for k in range(6))})')
        for values in inputs(terms, weights, random.Random(j)):
            products = list(map(operator.mul, weights, values))
            totals = list(accumulate(products))
            outside += not all(holds(wrap, number) for number in totals)
            assert all(holds(wrap, number + bias) for number in totals)
            requests += [j, len(terms), bits(bias_type, bias)]
            for term, w, x in zip(terms, weights, values, strict=True):
                requests += [bits(weight, w), bits(term, x)]
            expected += 2 * [(totals[-1] + bias) * power_of_two(wrap.f)]
    path = program(kept, types, ('-DPAIRS=', f'-DDOTS={" ".join(dots)}'))
    text = ' '.join(map(str, requests))
    output = subprocess.run([path], check=True, capture_output=True, text=True, input=text).stdout
    assert list(map(int, output.split())) == expected
    assert outside > 100
    print(f'{len(expected) // 2} sums, of which {outside} left the range on the way: as the vendor')


def inputs(terms: list[FixedQ], weights: list[Fraction], rng: random.Random) -> list[list[Fraction]]:
    """What gives the smallest and the largest sum, and random values."""
    pairs = list(zip(terms, weights, strict=True))
    lowest = [ends(term)[w < 0] for term, w in pairs]
    highest = [ends(term)[w >= 0] for term, w in pairs]
    anywhere = [
        [rng.randint(*code_range(term)) * power_of_two(term.integer - term.width) for term in terms] for _ in range(30)
    ]
    return [lowest, highest, *anywhere]


def bits(spec: FixedQ, value: Fraction) -> int:
    code = value * power_of_two(spec.f)
    assert code.denominator == 1
    return code.numerator % (1 << spec.width)


# Exactness ------------------------------------------------------------------------------------------------------------

SMALL = [
    FixedQ(width, width - f, signed, 'TRN', overflow)
    for width in (1, 2, 3)
    for f in (-1, 0, 2, 4)
    for signed in (True, False)
    for overflow in ('WRAP', 'SAT_SYM')
    if not (signed and width == 1 and overflow == 'SAT_SYM')
]


def test_every_result_of_small_formats_is_held() -> None:
    count = 0
    for a in SMALL:
        assert all(holds(negate(a), -x) for x in every_value(a)), a
        for b in SMALL:
            results = [(function(a, b), value) for function, value in OPERATIONS]
            for x, y in product(every_value(a), every_value(b)):
                assert all(holds(spec, value(x, y)) for spec, value in results), (a, b, x, y)
                count += len(results)
    print(f'{count} results are held')


def near(spec: FixedQ, most: int) -> FixedQ:
    """The format with integer bits that are few enough for results to be formats."""
    return replace(spec, integer=spec.integer % (2 * most) - most)


@given(fixed(1000), fixed(1000))
def test_every_corner_of_wide_formats_is_held(a: FixedQ, b: FixedQ) -> None:
    a, b = near(a, 500), near(b, 500)
    steps = [power_of_two(-spec.f) * (-1 if spec.signed else 1) for spec in (a, b)]  # of one bit it is the only value
    for function, value in OPERATIONS:
        assert all(holds(function(a, b), value(x, y)) for x, y in (*product(ends(a), ends(b)), steps))
    assert all(holds(negate(a), -x) for x in (*ends(a), steps[0]))


@given(fixed(64), fixed(64))
def test_operators_are_the_functions(a: FixedQ, b: FixedQ) -> None:
    a, b = near(a, 100), near(b, 100)
    results = (a + b, a - b, a * b, a / b, -a)
    assert results == (add(a, b), subtract(a, b), multiply(a, b), divide(a, b), negate(a))
    assert {(s.rounding, s.overflow, s.saturation_bits) for s in results} == {('TRN', 'WRAP', 0)}


# Sums and dot products: the least types -------------------------------------------------------------------------------


@pytest.mark.parametrize('spec', SMALL, ids=repr)
def test_a_sum_of_small_formats(spec: FixedQ) -> None:
    sums = [Fraction(0)]
    for n in range(1, 20):
        sums = sorted({total + x for total in sums for x in every_value(spec)})
        assert sum_of(spec, n) == FixedQ(*least(sums, sums))


@pytest.mark.parametrize('n', [1, 2, 3, 2**31, 2**53 + 1, 2**62 - 1, 2**62, 2**62 + 1])
def test_the_bits_of_a_count_are_exact(n: int) -> None:
    assert sum_of(FixedQ(1, 1, False), n) == FixedQ(n.bit_length(), n.bit_length(), False)
    # -n is the end of n - 1 bits more
    assert sum_of(FixedQ(1, 1), n).width == (n - 1).bit_length() + 1


dyadic = st.builds(lambda m, n: m * power_of_two(n), st.integers(-20, 20), st.integers(-4, 4))
constants = dyadic | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)


@settings(deadline=None)  # every value of every term
@given(st.data())
def test_a_dot_product_of_small_formats(data: st.DataObject) -> None:
    n, outputs = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    terms = data.draw(st.lists(st.sampled_from(SMALL), min_size=n, max_size=n))
    weights = [data.draw(st.lists(dyadic, min_size=outputs, max_size=outputs)) for _ in range(n)]
    bias = data.draw(st.none() | dyadic | st.lists(dyadic, min_size=outputs, max_size=outputs))
    biases = bias if isinstance(bias, list) else [bias or 0] * outputs
    values = [
        sum((w[j] * x for w, x in zip(weights, xs, strict=True)), Fraction(biases[j]))
        for xs in product(*map(every_value, terms))
        for j in range(outputs)
    ]
    got = dot(terms, weights, bias)
    assert got == FixedQ(*least(values, values))
    assert all(holds(got, value) for value in values)


@settings(deadline=None)  # thousands of bits, tried one by one
@given(st.data())
def test_a_dot_product_follows_interval_arithmetic(data: st.DataObject) -> None:
    terms = data.draw(st.lists(fixed(200), min_size=1, max_size=6))
    terms = [near(term, 20) for term in terms]
    weights = [data.draw(constants) for _ in terms]
    bias = data.draw(constants)
    exact, constant = [Fraction(w) for w in weights], Fraction(bias)
    low, high = (
        sum((chosen(w * x for x in ends(term)) for w, term in zip(exact, terms, strict=True)), constant)
        for chosen in (min, max)
    )
    steps = [w * power_of_two(term.integer - term.width) for w, term in zip(exact, terms, strict=True)]
    shape = least((low, high), (*steps, constant))
    if shape[0] > 4096 or abs(shape[1]) > 4096:
        with pytest.raises(ValueError, match='must be an integer from'):
            dot(terms, weights, bias)
    else:
        assert dot(terms, weights, bias) == FixedQ(*shape)


def test_one_type_for_all_terms_and_outputs_of_any_shape() -> None:
    x = FixedQ(8, 3, False)
    weights = np.arange(-12, 12, dtype=np.float32).reshape(3, 2, 4) / 8
    columns = [dot(x, weights[:, j, k], weights[0, j, k]) for j in range(2) for k in range(4)]
    whole = dot(x, weights, weights[0])
    assert whole == dot([x] * 3, weights, weights[0]) == dot(np.array([x, x, x]), weights.tolist(), weights[0].tolist())
    ends_of_columns = [end for column in columns for end in ends(column)]
    assert all(holds(whole, end) for end in ends_of_columns)
    assert whole.f == max(column.f for column in columns)
    assert dot(x, weights, 1) == dot(x, weights, np.ones((2, 4))) == dot(x, weights, [1.0] * 4)


def test_a_symmetric_range_counts() -> None:
    assert dot(FixedQ(2, 2), [-1, -1]) == FixedQ(4, 4)  # -2 to 4
    assert dot(FixedQ(2, 2, overflow='SAT_SYM'), [-1, -1]) == FixedQ(3, 3)  # -2 to 2
    assert sum_of(FixedQ(4, 4), 17) == FixedQ(9, 9)  # -136 to 119
    assert sum_of(FixedQ(4, 4, overflow='SAT_SYM'), 17) == FixedQ(8, 8)  # -119 to 119


@given(st.lists(st.fractions().map(lambda x: Fraction(x.numerator, 1 << x.denominator % 40)), min_size=1))
@example([Fraction(-4)])
@example([Fraction(3, 8), Fraction(-5)])
@example([Fraction(1, 4), Fraction(96)])
def test_constants(values: list[Fraction]) -> None:
    spec = result_type.constants(values)
    assert all(holds(spec, value) for value in values)
    if any(values):
        assert (spec.width, spec.integer, spec.signed) == least(values, values)
    assert (spec.rounding, spec.overflow) == ('TRN', 'WRAP')


def test_constants_of_any_shape() -> None:
    for values in (0.75, np.full((2, 3), 0.75, np.float32)):
        assert result_type.constants(values) == FixedQ(2, 0, False)
    assert result_type.constants(np.zeros((2, 2))) == FixedQ(1, 1, False)


def test_where_all_results_are_0() -> None:
    assert dot(FixedQ(8, -40), [0, 0.0, -0.0], 0) == FixedQ(1, 1, False)


@pytest.mark.parametrize(
    ('bias', 'spec'),
    [
        (-1, FixedQ(1, 1)),
        (-4, FixedQ(1, 3)),
        (-0.75, FixedQ(3, 1)),
        (6, FixedQ(2, 3, False)),
        (2.0**-9, FixedQ(1, -8, False)),
    ],
)
def test_one_constant(bias: float, spec: FixedQ) -> None:
    assert dot(FixedQ(8, 3), [0, 0], bias) == spec


@pytest.mark.parametrize(
    'weights',
    [
        [0.5, -1.25, 3],
        [Fraction(1, 2), Decimal('-1.25'), 3],
        (0.5, np.float32(-1.25), np.int8(3)),
        np.array([0.5, -1.25, 3], np.float16),
        np.array([0.5, -1.25, 3], np.longdouble),
        np.array([0.5, -1.25, 3], ml_dtypes.bfloat16),
        np.array([Fraction(1, 2), Fraction(-5, 4), 3]),
        [ml_dtypes.bfloat16(0.5), ml_dtypes.bfloat16(-1.25), True + 2],
    ],
    ids=repr,
)
def test_numbers_of_any_kind(weights: Any) -> None:
    assert dot(FixedQ(8, 3), weights) == FixedQ(13, 6)


def test_numbers_are_taken_as_they_are() -> None:
    one = FixedQ(1, 1, False)
    assert dot(one, [2**70 + 1, 0.5]) == FixedQ(72, 71, False)
    assert dot(one, [0.1]) == dot(one, [Fraction(0.1)]) == FixedQ(52, -3, False)
    assert dot(one, np.array([2**63 + 1], np.uint64)) == FixedQ(64, 64, False)
    assert dot(one, [5e-324]) == FixedQ(1, -1073, False)


# Refusals -------------------------------------------------------------------------------------------------------------

Q = FixedQ(8, 3)


@pytest.mark.parametrize(
    ('call', 'error', 'message'),
    [
        (lambda: add(Q, TernaryQ()), TypeError, "'b' must be a FixedQ (for another format one that holds its values: "),
        (lambda: subtract(BinaryQ(), Q), TypeError, "'a' must be a FixedQ"),
        (lambda: multiply(Q, MinifloatQ(1, 2)), TypeError, "'b' must be a FixedQ"),
        (lambda: divide(Q, TernaryQ()), TypeError, "'b' must be a FixedQ"),
        (lambda: negate(TernaryQ()), TypeError, "FixedQ(2, 2, overflow='SAT_SYM') for BinaryQ and TernaryQ): Ternary"),
        (lambda: sum_of('fixed<8,3>', 3), TypeError, "'a' must be a FixedQ"),
        (lambda: sum_of(Q, 0), ValueError, "'n' must be an integer from 1 to "),
        (lambda: sum_of(Q, 2.0), ValueError, "'n' must be an integer from 1 to "),
        (lambda: dot(TernaryQ(), [1]), TypeError, "'x' must be a FixedQ"),
        (lambda: dot([Q, 3], [1, 2]), TypeError, "'x[1]' must be a FixedQ"),
        (lambda: dot([Q], [1, 2]), ValueError, "'x' must be one FixedQ or 2, as 'weights' has 2 terms: 1"),
        (lambda: dot(Q, 1), ValueError, "'weights' must be of shape (n,) or (n, outputs...), with no 0 in it: ()"),
        (lambda: dot(Q, []), ValueError, 'with no 0 in it: (0,)'),
        (lambda: dot(Q, np.ones((2, 0))), ValueError, 'with no 0 in it: (2, 0)'),
        (lambda: dot(Q, [1, [2]]), TypeError, "'weights' must be real numbers: [2]"),
        (lambda: dot(Q, ['1']), TypeError, "'weights' must be real numbers: '1'"),
        (lambda: dot(Q, np.array([1j])), TypeError, "'weights' must be real numbers: 1j"),
        (lambda: dot(Q, [1.0, float('nan')]), ValueError, "'weights' must be finite: nan"),
        (lambda: dot(Q, np.array([-np.inf], np.float16)), ValueError, "'weights' must be finite: -inf"),
        (lambda: dot(Q, [1], float('inf')), ValueError, "'bias' must be finite: inf"),
        (lambda: dot(Q, [Fraction(1, 3)]), ValueError, "'weights' must be integers times powers of two"),
        (lambda: dot(Q, [1, 2], [1, 2]), ValueError, "'bias' must broadcast to the outputs, (): (2,)"),
        (lambda: dot(Q, [[1, 2]], [1, 2, 3]), ValueError, "'bias' must broadcast to the outputs, (2,): (3,)"),
        (lambda: result_type.constants([]), ValueError, "'values' must have a value at least: (0,)"),
        (lambda: result_type.constants([1, np.inf]), ValueError, "'values' must be finite: inf"),
        (lambda: FixedQ(4096, 3) + Q, ValueError, "'width' must be an integer from 1 to 4096: 4097"),
        (lambda: multiply(FixedQ(4096, 3), Q), ValueError, "'width' must be an integer from 1 to 4096: 4104"),
        (lambda: -FixedQ(8, 4096), ValueError, "'integer' must be an integer from -4096 to 4096: 4097"),
        (lambda: dot(Q, [1, 2.0**-1000, 2**4000]), ValueError, "'width' must be an integer from 1 to 4096: "),
    ],
)  # fmt: skip
def test_refusals(call: Callable[[], FixedQ], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        call()
    assert message in str(raised.value)


@pytest.mark.parametrize('other', [1, 0.5, None, 'fixed<8,3>', TernaryQ(), BinaryQ(), MinifloatQ(1, 2)], ids=repr)
@pytest.mark.parametrize('operation', [operator.add, operator.sub, operator.mul, operator.truediv])
def test_an_operator_takes_no_other_operand(operation: Operation, other: Any) -> None:
    for operands in ((Q, other), (other, Q)):
        with pytest.raises(TypeError, match=r'unsupported operand|can only concatenate|by non-int'):
            operation(*operands)
