"""Functions that are looked up: every index of a table, in exact numbers, and what is beyond it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quantizers import FixedQ
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


def test_without_a_format_it_is_hls4mls():
    operation = Sigmoid(TABLE)
    assert operation.tables == {'table': TABLE}
    assert operation.with_tables({}).tables == {'table': FixedQ(18, 8)}
    np.testing.assert_allclose(operation.floating(1, {})(np.array([0.0, 2])), [0.5, 1 / (1 + math.exp(-2))], rtol=1e-15)
    np.testing.assert_allclose(Tanh().floating(1, {})(np.array([0.0, 2])), [0, math.tanh(2)], rtol=1e-15)
