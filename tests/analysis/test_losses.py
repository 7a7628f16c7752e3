"""What became of a tensor: which values saturate, how much is noise, and the row that says so."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantizers import FixedQ, MinifloatQ
from quantizers._tables import Table
from quantizers.analysis.losses import COLUMNS, SquareSum, Statistics, saturated, sqnr


@given(
    st.lists(st.floats(-40, 40, width=32), min_size=1, max_size=20),
    st.sampled_from(['TRN', 'TRN_ZERO', 'RND', 'RND_ZERO', 'RND_INF', 'RND_MIN_INF', 'RND_CONV']),
    st.sampled_from(['SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP']),
    st.booleans(),
)
@settings(deadline=None)
def test_saturated_is_where_the_rounded_value_is_out_of_range(
    values: list[float], rounding: str, overflow: str, signed: bool
) -> None:
    spec = FixedQ(7, 4, signed, rounding, overflow)
    wide = FixedQ(18, 15, True, rounding, 'SAT')
    expected = [not spec.min <= wide(x) <= spec.max for x in values]
    assert saturated(spec, np.array(values)).tolist() == expected


@pytest.mark.parametrize('spec', [MinifloatQ(1, 2, 1), MinifloatQ(0, 1, 0), MinifloatQ(3, 4, -2), MinifloatQ(2, 3, 1)])
def test_a_minifloat_saturates_above_half_a_step_beyond_its_largest(spec: MinifloatQ) -> None:
    half = 2.0 ** (spec.emax - spec.mantissa_bits - 1)
    tie = spec.max + half
    x = np.array([spec.max, math.nextafter(tie, 0), tie, -tie, -math.nextafter(tie, 0), np.inf, 0])
    assert saturated(spec, x).tolist() == [False, False, True, True, False, True, False]


def test_saturated_is_exact_at_bounds_that_no_float64_holds() -> None:
    spec = FixedQ(64, 64, True, 'TRN', 'SAT')
    assert saturated(spec, np.array([2.0**63, math.nextafter(2.0**63, 0), -(2.0**63)])).tolist() == [True, False, False]
    assert not saturated(FixedQ(1040, 1030, True, 'TRN_ZERO', 'SAT'), np.array([1e308, -1e308])).any()


def test_sqnr() -> None:
    def of(signal: Any, noise: Any, chunk: int) -> float:
        sums = SquareSum(), SquareSum()
        for total, values in zip(sums, (np.array(signal, float), np.array(noise, float)), strict=True):
            for start in range(0, values.size, chunk):
                total.add(values[start : start + chunk])
        return sqnr(*sums)

    x, error = np.array([0, 3.0, 4.0, 0]), np.array([0.4, 0, 0, 0.3])
    for chunk in (1, 2, 4):
        for order in (1, -1):
            for power in (1, 1e-200, 1e300, 5e-324):
                assert of(x[::order] * power, error[::order] * 10 * power, chunk) == pytest.approx(0)
            assert of(x[::order], error[::order], chunk) == pytest.approx(20)
        assert of(x, x * 0, chunk) == math.inf
        assert of(x * 0, x, chunk) == -math.inf
        assert of([1, np.inf, 1], [0, np.inf, 0], chunk) == -math.inf


def test_statistics_of_integers() -> None:
    spec, x = FixedQ(4, 4, overflow='SAT'), np.array([1, 2, 100])
    statistics = Statistics(spec)
    statistics.add(x, spec(x))
    row = statistics.row('n')
    assert row[:2] == ('n', 'ap_fixed<4, 4, AP_TRN, AP_SAT>')
    assert row[3:] == (93, 1 / 3, 0, (1, 7))
    (texts,) = Table(COLUMNS, [row]).texts()
    assert texts[3:] == ['93', '33.33 %', '0.00 %', '1 .. 7']
