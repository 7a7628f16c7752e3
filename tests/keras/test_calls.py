"""Eager calls: what is compiled when it is worth while gives the same, and no result of fixed point is -0."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import quantizers as q
from oracles.frameworks import EAGER, Framework
from quantizers.backends import worth
from quantizers.backends.keras.backend import backend
from quantizers.backends.program import compiled
from quantizers.functional import round_conv
from quantizers.modes import OVERFLOWS, ROUNDINGS

MODES = [('RND', 'SAT'), ('TRN', 'WRAP'), ('RND_CONV', 'SAT_SYM'), ('RND', 'WRAP_SM'), ('TRN', 'SAT_ZERO')]
CASES: dict[str, tuple[Callable[..., Any], int]] = {  # and how many widths are learned
    'minifloat': (lambda x, m, e: q.float_quantize(x, m, e, 1), 2),
    'ternary': (q.ternary_quantize, 0),
    'spec': (q.FixedQ(6, 3, True, 'RND', 'SAT'), 0),
}
for modes in MODES:
    CASES[' '.join(modes)] = partial(lambda quantize, x, i, f: quantize(x, 1, i, f), q.get_fixed_quantizer(*modes)), 2


@pytest.mark.parametrize('name', CASES)
@pytest.mark.parametrize('own', [(), (7, 5)])
def test_a_call_that_is_compiled_gives_what_the_first_call_gives(
    framework: Framework, monkeypatch: pytest.MonkeyPatch, name: str, own: tuple[int, ...]
) -> None:
    """The result and all gradients, before a call is worth its compilation, and when it is."""
    function, number = CASES[name]
    rng = np.random.default_rng(3)
    x, g = (rng.normal(0, 3, (7, 5)).astype(np.float32) for _ in range(2))
    widths = [rng.integers(1, 4, own).astype(np.float32) for _ in range(number)]

    def both() -> tuple[Any, list[Any]]:
        return framework.vjp(
            'eager', function, [framework.tensor(array) for array in (x, *widths)], framework.tensor(g)
        )

    first = both()
    monkeypatch.setattr(worth, '_WORTH', 0)
    result, gradients = both()
    np.testing.assert_array_equal(result, first[0])
    for gradient, expected in zip(gradients, first[1], strict=True):
        assert (gradient.shape, gradient.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-4)


def test_widths_that_change_compile_nothing_anew(framework: Framework, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worth, '_WORTH', 0)
    traced: list[Any] = []
    made = backend.library.differentiable

    def differentiable(*arguments: Any) -> Any:
        traced.append(arguments)
        return made(*arguments)

    if framework.name != 'torch':  # where a loop is what is compiled
        monkeypatch.setattr(backend.library, 'differentiable', differentiable)
    quantize = q.get_fixed_quantizer('RND_ZERO', 'SAT')
    x = framework.tensor(np.linspace(-3, 3, 11, dtype=np.float32))

    def call(i: float, f: float) -> tuple[int, int]:
        quantize(x, 1, framework.tensor(np.float32(i)), framework.tensor(np.float32(f)))
        return len(traced), compiled._forward.cache_info().misses

    once = call(1, 2)
    assert sum(once)
    assert call(2, 3) == call(0, 5) == once


@pytest.mark.parametrize('overflow', OVERFLOWS)
def test_no_result_of_fixed_point_is_minus_zero(framework: Framework, overflow: str) -> None:
    """Eagerly in every mode, and compiled in the two that make one before it is taken away; or the other way round."""
    x = np.array([-0.0, -0.125, -0.25, -0.375, -0.5, -1e-30, -4, -8, -16, 0.125], np.float32)
    f = np.full(x.shape, 2, np.float32)
    every, two = [rounding for rounding in ROUNDINGS if not rounding.startswith('S_')], ['RND', 'TRN_ZERO']
    for way in framework.ways:
        roundings = every if (way == EAGER) != framework.compiles_calls else two
        specs = [q.FixedQ(5, 3, True, rounding, overflow) for rounding in roundings]
        quantizers = [q.get_fixed_quantizer(rounding, overflow) for rounding in roundings]

        def together(x: Any, f: Any, specs: Any = specs, quantizers: Any = quantizers) -> list[Any]:
            return [*(spec(x) for spec in specs), *(quantize(x, 1, 2, f) for quantize in quantizers)]

        results = framework.made(way, together)(framework.tensor(x), framework.tensor(f))
        for rounding, result in zip(2 * roundings, map(framework.array, results), strict=True):
            zeros = result[result == 0]
            assert zeros.size
            assert not np.signbit(zeros).any(), (rounding, way)


@pytest.mark.parametrize('dtype', ['float32', 'bfloat16', 'float16'])
def test_whole_numbers_go_straight_through(framework: Framework, dtype: str) -> None:
    """Ties to even, Inf and NaN as they are, no -0; every gradient is the incoming one, also that of Inf."""
    numbers = np.array([0.5, 1.5, -0.5, -0.25, 2.5, -7.5, np.inf, -np.inf, np.nan, 100])
    x, g = framework.tensor(numbers, dtype), framework.tensor(np.arange(10), dtype)
    for way in framework.all_ways:
        result, (gradient,) = framework.vjp(way, round_conv, [x], g)
        np.testing.assert_array_equal(result.astype(np.float64), np.rint(numbers))
        assert not np.any(np.signbit(result) & (result == 0))
        np.testing.assert_array_equal(gradient.astype(np.float64), np.arange(10))
        assert result.dtype == framework.array(x).dtype
