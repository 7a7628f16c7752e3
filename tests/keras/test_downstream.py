"""What HGQ2 and others import and call, `docs/downstream.md`: Keras' half."""

from __future__ import annotations

import itertools

import keras
import numpy as np
import pytest

from oracles.frameworks import EAGER
from quantizers import FixedQ, MinifloatQ
from quantizers.fixed_point._fixed_point_ops import _get_fixed_quantizer, round_conv
from quantizers.minifloat.float_point_ops import float_quantize

X = np.array([[0.3, -1.7, 100.0], [-0.01, 2.5, -77.7]], np.float32)
TIES = np.array([-3e38, -2.5, -1.5, -0.5, -0.49999997, 0.49999997, 0.5, 1.5, 2.5, 8388609, np.inf, np.nan], np.float32)
MODES = list(itertools.product(('TRN', 'RND', 'RND_CONV', 'S_RND', 'S_RND_CONV'), ('WRAP', 'SAT', 'SAT_SYM')))


@pytest.mark.parametrize('shape', [(), (1,), (12,), (3, 4), (2, 1, 3, 2), (0, 3)])
def test_round_conv_has_ties_to_even_and_the_gradient_1(shape, framework):
    x = np.resize(TIES[1:10], shape)
    g = np.asarray(np.arange(x.size).reshape(shape) - 1.5, np.float32)
    for way in framework.all_ways:
        got, (to_x,) = framework.vjp(way, round_conv, (framework.tensor(x),), framework.tensor(g))
        np.testing.assert_array_equal(got, np.rint(x))
        np.testing.assert_array_equal(to_x, g)


def test_round_conv_of_whatever_has_numbers(framework):
    for x in (TIES, framework.tensor(TIES), keras.Variable(TIES)):
        np.testing.assert_array_equal(framework.array(round_conv(x)), np.rint(TIES))
    for dtype in ('float16', 'bfloat16', 'float32'):
        got = round_conv(keras.ops.cast(framework.tensor(X), dtype))
        assert keras.backend.standardize_dtype(got.dtype) == dtype
    assert float(round_conv(2.5)) == 2
    np.testing.assert_array_equal(framework.array(round_conv(framework.tensor(np.arange(3)))), [0, 1, 2])


@pytest.mark.parametrize(('rounding', 'overflow'), MODES)
def test_a_call_with_positional_training_and_seed(rounding, overflow, framework):
    """As HGQ2's layers do at inference: all widths tensors of x's shape, and no seed."""
    quantize = _get_fixed_quantizer(rounding, overflow)
    assert (quantize.round_mode, quantize.stochastic) == (rounding.removeprefix('S_'), rounding.startswith('S_'))
    k, i, f = (framework.tensor(np.full(X.shape, n, np.float32)) for n in (1, 2, 5))
    want = FixedQ.from_kif(1, 2, 5, rounding, overflow)(X)
    x = framework.tensor(X)
    np.testing.assert_array_equal(framework.array(quantize(x, k, i, f, False, None)), want)
    np.testing.assert_array_equal(framework.array(quantize(x, k=k, i=i, f=f)), want)


@pytest.mark.parametrize('rounding', ['S_RND', 'S_RND_CONV'])
def test_a_call_in_training_draws_from_the_seed(rounding, framework):
    quantize = _get_fixed_quantizer(rounding, 'WRAP')
    x = framework.tensor(np.full(2000, 0.3, np.float32))
    for run in (
        lambda seed: quantize(x, 1, 2, 0, True, seed),
        lambda seed: quantize.round(x, 0, quantize.stochastic, seed),
    ):
        got = framework.array(run(keras.random.SeedGenerator(0)))
        assert set(np.unique(got)) == {0, 1}
        assert abs(got.mean() - 0.3) < 0.05
        np.testing.assert_array_equal(framework.array(run(keras.random.SeedGenerator(0))), got)
    np.testing.assert_array_equal(framework.array(quantize.round(x, 0, False, keras.random.SeedGenerator(0))), 0)


@pytest.mark.parametrize('rounding', ['TRN', 'RND', 'RND_CONV'])
def test_round_is_in_no_range(rounding, framework):
    f = framework.tensor(np.array([[1.0], [3.0]], np.float32))
    got = framework.array(_get_fixed_quantizer(rounding, 'SAT').round(framework.tensor(X), f, False, None))
    want = [FixedQ.from_kif(1, 20, n, rounding, 'SAT')(row) for n, row in zip((1, 3), X, strict=True)]
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize('kind', ['scalar', 'array', 'tensor'])
@pytest.mark.parametrize('name', ['int8', 'uint8', 'int32', 'uint64'])
def test_minus_f_does_not_overflow(name, kind, framework):
    """Of NumPy's scalars, arrays that broadcast, and tensors."""
    quantize, number = _get_fixed_quantizer('RND', 'SAT'), np.dtype(name).type
    made = {
        'scalar': number,
        'array': lambda n: np.full((2, 1), n, number),
        'tensor': lambda n: framework.tensor(np.full((2, 1), n, number)),
    }[kind]
    with framework.precision(np.float64):
        x = framework.tensor(X, np.float64)  # float32 does not hold the step 2^128
        for f in (5, 0, max(-128, int(np.iinfo(name).min))):
            want = framework.array(quantize(x, 1, 2, f))
            np.testing.assert_array_equal(framework.array(quantize(x, made(1), made(2), made(f))), want)


def test_float_quantize_with_tensors_of_the_shape_of_x(framework):
    m, e, e0 = (framework.tensor(np.full(X.shape, n, np.float32)) for n in (3, 4, 1))
    g = framework.tensor(np.ones_like(X))
    for way in framework.ways:
        got, (to_x, to_m, *_) = framework.vjp(way, float_quantize, (framework.tensor(X), m, e, e0), g)
        np.testing.assert_array_equal(got, MinifloatQ(3, 4, 1)(X))
        np.testing.assert_array_equal(to_x, 1)
        np.testing.assert_allclose(to_m, np.log(2) * (X - got), rtol=1e-5)


def test_widths_that_are_trained(framework):
    """HGQ2's: a variable, rounded by round_conv, broadcast to x; its gradient comes back in its own shape."""
    variable = framework.tensor(np.array([[2.4, 3.6, 5.5]], np.float32))
    quantize = _get_fixed_quantizer('RND', 'SAT')

    def layer(x, f):
        return quantize(x, 1.0, 7.0, keras.ops.broadcast_to(round_conv(f), x.shape), True, None)

    for way in (EAGER, *framework.ways[1:]):
        got, (_, to_f) = framework.vjp(way, layer, (framework.tensor(X), variable), framework.tensor(np.ones_like(X)))
        want = np.stack([FixedQ.from_kif(1, 7, n, 'RND', 'SAT')(X[:, at]) for at, n in enumerate((2, 4, 6))], axis=1)
        np.testing.assert_array_equal(got, want)
        np.testing.assert_allclose(to_f, np.log(2) * (X - got).sum(0, keepdims=True), rtol=1e-4, atol=1e-6)
