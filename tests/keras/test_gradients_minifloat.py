"""The gradients of minifloats are those of the laws' table; those of binary and ternary are `1 - tanh(x)^2`."""

from __future__ import annotations

import numpy as np
import pytest

from oracles import surrogates
from oracles.surrogates import MINIFLOAT_SHAPES, SHAPE, check_all, minifloat_widths, numbers, over
from quantizers import BinaryQ, MinifloatQ, TernaryQ, binary_quantize, float_quantize, ternary_quantize


@pytest.mark.parametrize('shapes', MINIFLOAT_SHAPES)
@pytest.mark.parametrize('seed', range(4))
def test_minifloats(shapes, seed, framework):
    rng = np.random.default_rng(seed)
    x = np.clip(numbers(rng), -1e6, 1e6)
    widths = minifloat_widths(rng, MINIFLOAT_SHAPES[shapes])
    g = rng.normal(size=SHAPE).astype(np.float32)
    table = over(lambda x, m, e, e0: surrogates.minifloat(x, int(m), int(e), int(e0)), x, *widths)
    tensors = [framework.tensor(array) for array in (x, *widths)]
    for way in framework.ways if seed == 0 else ('eager',):
        value, got = framework.vjp(way, float_quantize, tensors, framework.tensor(g))
        np.testing.assert_array_equal(value, table.value.astype(np.float32))
        check_all(got, list(table[1:]), [x.shape, *(width.shape for width in widths)], g, np.float32)


def test_minifloat_widths_are_keras_variables(framework):
    import keras

    rng = np.random.default_rng(0)
    x = np.clip(numbers(rng), -1e6, 1e6)
    widths = minifloat_widths(rng, MINIFLOAT_SHAPES['mixed'])
    g = rng.normal(size=SHAPE).astype(np.float32)
    variables = [keras.Variable(width) for width in widths]
    table = over(lambda x, m, e, e0: surrogates.minifloat(x, int(m), int(e), int(e0)), x, *widths)
    tensor = framework.tensor(x)
    _, got = framework.variables_vjp(lambda: float_quantize(tensor, *variables), variables, framework.tensor(g))
    check_all(got, list(table[2:]), [width.shape for width in widths], g, np.float32)


def test_minifloat_gradients_of_huge_widths_and_bad_numbers_are_finite(framework):
    """2^(e-1) is no number there, and what it is multiplied by is 0."""
    x = np.array([0.0, 1.3, -100.0, np.nan, np.inf, -np.inf, 1e-30, 1e30], np.float32)
    g = framework.tensor(np.ones_like(x))
    for widths in ((2, 1e9, 0), (1e9, 1e9, 0), (1e9, 3, 0), (3, 9, 0), (-3, 1e9, 0), (3, 3, 0)):
        for way in framework.ways:
            tensors = [framework.tensor(np.full(x.shape, width, np.float32)) for width in widths]
            _, (_, *got) = framework.vjp(way, float_quantize, [framework.tensor(x), *tensors], g)
            for gradient in got:
                assert np.isfinite(gradient).all(), (widths, way, gradient)
                assert (gradient[[0, 3, 4, 5]] == 0).all(), (widths, way, gradient)


def test_finite_differences_of_minifloats(framework):
    """With the rest of the rounding frozen, `q = x - rest * step`, of the step `2^(E-m)` or `2^(emin-m)`."""
    m, e, e0, h = 3.0, 3.0, 1.0, 1e-6
    emin = 1 - 2 ** (e - 1) + e0
    x = np.concatenate([np.linspace(0.01, 0.24, 40), np.linspace(0.26, 29, 60)]).astype(np.float32)
    widths = [framework.tensor(np.full(100, width, np.float32)) for width in (m, e, e0)]
    ones = framework.tensor(np.ones_like(x))
    value, (_, *got) = framework.vjp('eager', float_quantize, [framework.tensor(x), *widths], ones)
    wide = x.astype(np.float64)
    exponent = np.floor(np.log2(wide))
    subnormal = wide < 2.0**emin

    def surrogate(m, e, e0):
        frozen = np.maximum(exponent, emin)
        step = np.where(subnormal, 2.0 ** (1 - 2 ** (e - 1) + e0 - m), 2.0 ** (exponent - m))
        rest = (wide - value) / 2.0 ** (frozen - 3.0)
        return wide - rest * step

    at = (m, e, e0)
    for j, gradient in enumerate(got):
        above, below = ([width + side * (n == j) for n, width in enumerate(at)] for side in (h, -h))
        slope = (surrogate(*above) - surrogate(*below)) / (2 * h)
        assert np.any(slope != 0)
        np.testing.assert_allclose(gradient, slope, rtol=1e-4, atol=1e-7)


def test_a_minifloat_spec_has_the_gradient_of_its_widths(framework):
    x = np.clip(numbers(np.random.default_rng(4)), -1e6, 1e6)
    table = over(lambda x: surrogates.minifloat(x, 2, 3, 0), x)
    for training in (True, False):
        value, (got,) = framework.vjp(
            'eager',
            lambda x, training=training: MinifloatQ(2, 3)(x, training=training),
            [framework.tensor(x)],
            framework.tensor(np.ones_like(x)),
        )
        np.testing.assert_array_equal(value, table.value.astype(np.float32))
        np.testing.assert_array_equal(got, table.x)


@pytest.mark.parametrize('dtype', [np.float32, np.float64], ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize(
    'quantize',
    [binary_quantize, ternary_quantize, BinaryQ(), TernaryQ()],
    ids=lambda q: getattr(q, '__name__', repr(q)),
)
def test_binary_and_ternary(quantize, dtype, framework):
    x = np.concatenate([np.linspace(-4, 4, 61), [0.0, 0.5, -0.5, 30.0, -30.0]]).astype(dtype)
    g = np.random.default_rng(0).normal(size=x.shape).astype(dtype)
    for way in framework.ways:
        _, (got,) = framework.vjp(way, quantize, [framework.tensor(x)], framework.tensor(g))
        assert got.dtype == dtype
        want = g * (1 - np.tanh(x.astype(np.float64)) ** 2)
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6 if dtype == np.float32 else 1e-14)
