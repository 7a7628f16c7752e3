"""Functions that are looked up: every index of a table, in exact numbers, and what is beyond it."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from oracles import reference
from quantizers import FixedQ
from quantizers.network.softmax import Softmax
from quantizers.network.tables import Sigmoid, Tanh

TABLE = FixedQ(10, 2, True, 'RND', 'SAT')


@pytest.mark.parametrize('spec', [FixedQ(9, 5), FixedQ(20, 6), FixedQ(8, 3, False), FixedQ(60, 42)], ids=str)
@pytest.mark.parametrize(
    ('operation', 'reach', 'function'), [(Sigmoid, 8, lambda x: 1 / (1 + math.exp(-x))), (Tanh, 4, math.tanh)]
)
def test_a_value_is_that_of_its_step(operation, reach, function, spec):
    numbers = np.random.default_rng(0)
    codes = numbers.integers(int(spec.min / spec.eps), int(spec.max / spec.eps), 400, endpoint=True)
    x = spec.decode(np.concatenate([codes, codes >> 8, codes >> 44]))
    formats, compute = operation(TABLE).prepared([spec], {}, None)
    assert formats == TABLE
    got = compute(x)
    assert len(np.unique(got)) > 2
    for number, value in zip(x.tolist(), got.tolist(), strict=True):
        steps = int(number * 512 / reach)  # towards 0
        wrapped = (steps + 2**31) % 2**32 - 2**31
        at = min(max(wrapped, -512), 511) * reach / 512
        assert value == float(TABLE(function(at)))


def slow_softmax(row: list[float], x: FixedQ, of: Softmax) -> list[float]:
    """One number after the other, in exact arithmetic."""

    def cast(number: object, spec: FixedQ) -> Fraction:
        exact = Fraction(number)
        fields = (getattr(spec, name) for name in ('width', 'integer', 'signed', 'rounding', 'overflow'))
        return reference.fixed_value(exact, *fields)

    def highest(number: Fraction, spec: FixedQ, bits: int) -> Fraction:
        step = Fraction(2) ** (spec.integer - bits)
        return number // step * step

    def tree(terms: list[Fraction]) -> Fraction:
        if len(terms) == 1:
            return terms[0]
        left = next(1 << n for n in range(9, -1, -1) if 1 << n < len(terms))
        return cast(tree(terms[:left]) + tree(terms[left:]), of.accum)

    size = min(10, x.width, of.inv_table.width)
    difference = FixedQ(x.width - x.signed, x.integer - x.signed, False)
    terms = []
    for number in row:
        distance = highest(
            cast(Fraction(max(row)) - Fraction(number), difference), difference, min(size, difference.width)
        )
        terms.append(cast(cast(float(np.float32(math.exp(-distance))), of.exp_table), of.accum))
    total = highest(cast(tree(terms), of.inv_inp), of.inv_inp, size)
    # C++ takes Inf for a power of two
    inverse = cast(float(np.float32(1) / np.float32(float(total))) if total else 2.0**1023, of.inv_table)
    return [float(term * inverse) for term in terms]


@pytest.mark.parametrize(
    ('x', 'formats'),
    [
        (FixedQ(8, 3), ()),
        (FixedQ(14, 4), (FixedQ(15, 2, True, 'RND', 'SAT'), FixedQ(9, 2, True, 'RND'), FixedQ(12, 6), FixedQ(13, 5))),
        (FixedQ(9, 4, False), (FixedQ(12, 2), FixedQ(16, 3), FixedQ(14, 5, False), FixedQ(9, 2, False, 'RND', 'SAT'))),
        (FixedQ(10, 4), (FixedQ(12, 2), FixedQ(14, 3), FixedQ(11, 1), FixedQ(10, 2, True, 'TRN', 'SAT_ZERO'))),
    ],
    ids=str,
)
@pytest.mark.parametrize('count', [1, 2, 5, 8])
def test_softmax(x, formats, count):
    numbers = np.random.default_rng(0)
    rows = x.decode(numbers.integers(int(x.min / x.eps), int(x.max / x.eps), (60, count), endpoint=True))
    rows[30:] = x(rows[30:] / 8)
    spec, compute = Softmax(*formats).prepared([x], {}, None)
    got = compute(rows)
    for row, result in zip(rows.tolist(), got.tolist(), strict=True):
        assert result == slow_softmax(row, x, Softmax(*formats))
    np.testing.assert_array_equal(spec(got.astype(np.float64)), got)
    assert count == 1 or len(np.unique(got)) > 10
    floats = Softmax().floating(1, {})(rows)
    np.testing.assert_allclose(floats, np.exp(rows) / np.exp(rows).sum(axis=-1, keepdims=True), rtol=1e-14)


def test_a_sum_of_too_few_bits_is_refused():
    with pytest.raises(
        ValueError, match=r'^a table of 1024 numbers must be looked up by a format of 10 to 53 bits: ap_fixed<9, 8>$'
    ):
        Softmax(inv_inp=FixedQ(9, 8)).prepared([FixedQ(12, 4)], {}, None)


def test_without_a_format_it_is_hls4mls():
    operation = Sigmoid(TABLE)
    assert operation.tables == {'table': TABLE}
    assert operation.with_tables({}).tables == {'table': FixedQ(18, 8)}
    np.testing.assert_allclose(operation.floating(1, {})(np.array([0.0, 2])), [0.5, 1 / (1 + math.exp(-2))], rtol=1e-15)
    np.testing.assert_allclose(Tanh().floating(1, {})(np.array([0.0, 2])), [0, math.tanh(2)], rtol=1e-15)
