"""da4ml's tracer beside its NumPy half, which is this library's: the same operations, bit for bit.

da4ml 0.6.0 has no source distribution, and those of older versions hold no tests.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from da4ml.converter import trace_model
from da4ml.converter.example import operation
from da4ml.trace import FixedVariableArrayInput, comb_trace
from da4ml.trace.ops import quantize, relu
from hgq.config import QuantizerConfigScope
from hgq.layers import QDense

OVERFLOWS, ROUNDINGS = ('WRAP', 'SAT', 'SAT_SYM'), ('TRN', 'RND')  # those that it traces
RNG = np.random.default_rng(0)


def assert_traced(function: Any, x: np.ndarray, kif: tuple[int, int, int]) -> None:
    """`function` of traced variables gives, run on `x`, what it gives of `x`: elements of `kif`."""
    traced = FixedVariableArrayInput(x.shape[1:])
    comb = comb_trace(traced, function(quantize(traced, *kif)))
    want = np.stack([function(quantize(row, *kif)) for row in x])
    np.testing.assert_array_equal(comb.predict(x), want.reshape(len(x), -1))


def test_its_example() -> None:
    x = RNG.integers(-128, 128, (200, 4, 5)).astype(np.float64)
    assert_traced(operation, x, (1, 7, 0))


@pytest.mark.parametrize('overflow', OVERFLOWS)
@pytest.mark.parametrize('rounding', ROUNDINGS)
@pytest.mark.parametrize('kif', [(1, 2, 3), (0, 3, 1), (1, 4, -1), (0, -1, 4), (1, 5, 9)])
def test_quantize(overflow: str, rounding: str, kif: tuple[int, int, int]) -> None:
    """All numbers of the input's format, ties and overflows among them."""
    x = np.arange(-(2**10), 2**10).reshape(-1, 8) / 2**5
    assert_traced(lambda v: quantize(v, *kif, overflow, rounding), x, (1, 5, 5))


@pytest.mark.parametrize('overflow', OVERFLOWS)
@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_widths_that_are_arrays(overflow: str, rounding: str) -> None:
    x = np.arange(-(2**10), 2**10).reshape(-1, 8) / 2**5
    k, i, f = np.array([0, 1] * 4), np.arange(8) % 5 - 1, np.arange(8, dtype=np.int8) % 3 + 1
    assert_traced(lambda v: quantize(v, k, i, f, overflow, rounding), x, (1, 5, 5))


def test_relu() -> None:
    x = np.arange(-(2**10), 2**10).reshape(-1, 8) / 2**5
    assert_traced(lambda v: quantize(relu(v), 0, 3, 2, 'SAT', 'RND'), x, (1, 5, 5))


@pytest.mark.parametrize('overflow', ['WRAP', 'SAT'])
@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_a_model_of_hgq2(overflow: str, rounding: str) -> None:
    """Keras' half of this library against the traced hardware."""
    modes = {'overflow_mode': overflow, 'round_mode': rounding}
    scope = QuantizerConfigScope(default_q_type='kif', place='all', i0=2, f0=3, ir=None, fr=None, **modes)
    with scope:
        model = keras.Sequential([keras.Input((8,)), QDense(6, activation='relu'), QDense(3)])
    x = np.round(RNG.normal(size=(500, 8)) * 256) / 256
    traced = comb_trace(*trace_model(model, inputs_kif=(1, 6, 8)))
    np.testing.assert_array_equal(traced.predict(x), model.predict(x.astype(np.float32), verbose=0))
