"""S_RND and S_RND_CONV in training: unbiased, seeded, and only ever one of the two neighbours."""

from __future__ import annotations

import math
from functools import partial
from importlib import import_module
from typing import Any

import keras
import numpy as np
import pytest

from oracles.dtypes import BFLOAT16
from quantizers import FixedQ, MinifloatQ, get_fixed_quantizer
from quantizers.backends.program import philox

ROUNDINGS = ('S_RND', 'S_RND_CONV')
DRAWS = 1_000_000
# of a step; negative and positive, close to the neighbours and to the middle
FRACTIONS = [0.001, 0.01, 0.1, 0.25, 0.3, 0.49, 0.5, 0.51, 0.75, 0.9]
OFFSETS = [3, -4]
STEP = 0.25


def draws(framework: Any, rounding: str, x: np.ndarray, seed_gen: Any) -> np.ndarray:
    """What a format with the step 1/4 makes of x in training."""
    quantize = get_fixed_quantizer(rounding, 'SAT')
    return framework.array(quantize(framework.tensor(x), 1, 4, 2, training=True, seed_gen=seed_gen))


@pytest.mark.parametrize('offset', OFFSETS)
@pytest.mark.parametrize('fraction', FRACTIONS)
@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_the_mean_is_the_number_itself(rounding, fraction, offset, framework):
    x = np.float32((offset + fraction) * STEP)
    below = math.floor(x / STEP) * STEP
    p = float((x - below) / STEP)
    got = draws(framework, rounding, np.full(DRAWS, x), seed_gen=17)
    assert set(np.unique(got).tolist()) == {below, below + STEP}
    mean = got.astype(np.float64).mean()
    assert abs(mean - float(x)) < 5 * STEP * math.sqrt(p * (1 - p) / DRAWS)


@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_each_element_has_a_draw_of_its_own(rounding, framework):
    """The variance of a mean over rows, and over columns, is that of independent draws."""
    x = np.full((1000, 1000), np.float32(0.3 * STEP))
    up = draws(framework, rounding, x, seed_gen=5) > 0
    for axis in (0, 1):
        deviation = up.mean(axis=axis).std() / math.sqrt(0.3 * 0.7 / 1000)
        assert 0.8 < deviation < 1.2


@pytest.mark.parametrize('dtype', [np.float32, np.float64, np.float16, BFLOAT16], ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_the_outcomes_are_the_neighbours_and_multiples_never_move(rounding, dtype, framework):
    steps = np.random.default_rng(0).integers(-64, 64, 4000) / np.array([1, 2, 3, 7])[:, None]
    x = (np.clip(steps, -63, 62) * STEP).astype(dtype)
    got = draws(framework, rounding, x, seed_gen=1)
    assert got.dtype == dtype
    exact, got = x.astype(np.float64) / STEP, got.astype(np.float64) / STEP
    assert ((got == np.floor(exact)) | (got == np.ceil(exact))).all()
    whole = exact == np.floor(exact)
    assert whole.sum() > 4000
    assert (got[whole] == exact[whole]).all()
    assert 0.3 < (got > exact)[~whole].mean() < 0.7


@pytest.mark.parametrize('dtype', [np.float32, np.float64], ids=lambda d: np.dtype(d).name)
def test_extreme_numbers(dtype, framework):
    """Where every number is a multiple; where a number is far below the step; where there is none."""
    largest = np.finfo(dtype).max
    x = np.array([largest, -largest, 2.0**30 + 64, 1e-30, -1e-30, 0, -0.0, np.nan, np.inf, -np.inf], dtype)
    quantize = get_fixed_quantizer('S_RND', 'SAT')
    got = framework.array(quantize(framework.tensor(x), 1, 2000.0, 1, training=True, seed_gen=2))
    np.testing.assert_array_equal(got[:3], x[:3])
    assert np.isin(got[3], [0, 0.5])
    assert np.isin(got[4], [0, -0.5])
    assert (got[5:7] == 0).all()
    assert np.isnan(got[7])


@pytest.mark.parametrize('overflow', ['SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP_SM'])
def test_what_is_drawn_stays_in_the_range(overflow, framework):
    x = np.random.default_rng(0).uniform(-20, 20, 10_000).astype(np.float32)
    spec = FixedQ(6, 4, True, 'S_RND', overflow)
    got = framework.array(spec(framework.tensor(x), training=True, seed_gen=4))
    assert got.min() >= float(spec.min)
    assert got.max() <= float(spec.max)
    np.testing.assert_array_equal(got * 4, np.rint(got * 4))
    if overflow.startswith('SAT'):
        outside = (x > float(spec.max) + STEP) | (x < float(spec.min) - STEP)
        kept = framework.array(FixedQ(6, 4, True, 'RND', overflow)(framework.tensor(x)))
        np.testing.assert_array_equal(got[outside], kept[outside])


@pytest.mark.parametrize('overflow', ['SAT', 'WRAP', 'SAT_ZERO', 'WRAP_SM'])
@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_without_training_it_is_the_deterministic_mode(rounding, overflow, framework):
    x = np.concatenate([np.arange(-40, 40) / 8, np.random.default_rng(0).normal(size=1000) * 9]).astype(np.float32)
    tensor = framework.tensor(x)
    plain = framework.array(get_fixed_quantizer(rounding[2:], overflow)(tensor, 1, 3, 2))
    for way in framework.ways:
        for seed_gen in (None, 3):
            quantize = partial(get_fixed_quantizer(rounding, overflow), k=1, i=3, f=2, seed_gen=seed_gen)
            np.testing.assert_array_equal(framework.array(framework.made(way, quantize)(tensor)), plain)
        got = framework.made(way, FixedQ.from_kif(1, 3, 2, rounding, overflow))(tensor)
        np.testing.assert_array_equal(framework.array(got), plain)


X = np.full(1000, np.float32(0.3 * STEP))


@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_equal_seeds_draw_alike(rounding, framework):
    first = draws(framework, rounding, X, seed_gen=3)
    np.testing.assert_array_equal(draws(framework, rounding, X, seed_gen=3), first)
    assert (draws(framework, rounding, X, seed_gen=4) != first).any()
    one, other = keras.random.SeedGenerator(7), keras.random.SeedGenerator(7)
    for _ in range(3):
        np.testing.assert_array_equal(
            draws(framework, rounding, X, seed_gen=one), draws(framework, rounding, X, seed_gen=other)
        )


def test_a_number_draws_what_keras_draws(framework):
    """The library draws by itself, without Keras too; on PyTorch by counters, which give the same on all devices."""
    if framework.name == 'torch':
        drawn = philox.fraction(np.int64(3), np.arange(X.size), 24) * np.float32(2.0**-24)
    else:
        drawn = framework.array(keras.random.uniform(X.shape, dtype='float32', seed=3))
    expected = np.where(drawn < np.float32(0.3), STEP, 0)
    np.testing.assert_array_equal(draws(framework, 'S_RND', X, seed_gen=3) > 0, expected > 0)


@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_one_generator_draws_anew_at_each_call(rounding, framework):
    seed_gen = keras.random.SeedGenerator(7)
    several = [draws(framework, rounding, X, seed_gen).tobytes() for _ in range(5)]
    assert len(set(several)) == 5


def test_a_compiled_function_draws_anew_at_each_call(framework):
    """The generator's state is an argument in JAX, and a variable of the others' functions."""
    seed_gen = keras.random.SeedGenerator(7)
    spec = FixedQ(8, 4, True, 'S_RND', 'SAT')
    tensor = framework.tensor(X)
    for way in framework.compilers:

        def draw(state, x):
            with keras.StatelessScope(state_mapping=[(seed_gen.state, state)]) as scope:
                result = spec(x, training=True, seed_gen=seed_gen)
            return result, scope.get_current_value(seed_gen.state)

        if framework.name == 'jax':
            compiled, state, results = framework.made(way, draw), seed_gen.state.value, []
            for _ in range(4):
                result, state = compiled(state, tensor)
                results.append(framework.array(result))
        else:
            # in more than one graph with torch, where Keras keeps its generator out of them
            compiler = framework.compilers[way] if way != 'compile' else import_module('torch').compile
            compiled = compiler(lambda x: spec(x, training=True, seed_gen=seed_gen))
            results = [framework.array(compiled(tensor)) for _ in range(4)]
        assert len({result.tobytes() for result in results}) == 4, way
        assert all(set(np.unique(result).tolist()) == {0.0625, 0.125} for result in results)


def losses(seed: int, jit_compile: bool) -> list[float]:
    """Of a few steps of a model whose only random part is a spec."""
    spec = FixedQ(8, 4, True, 'S_RND', 'SAT')

    class Rounded(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.seed_gen = keras.random.SeedGenerator(seed)

        def call(self, x, training=False):
            return spec(x, training=training, seed_gen=self.seed_gen)

    dense = keras.layers.Dense(1, kernel_initializer='ones')
    model = keras.Sequential([keras.layers.Input((50,)), Rounded(), dense])
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss='mse', jit_compile=jit_compile)
    x = np.random.default_rng(0).normal(size=(8, 50)).astype(np.float32)
    return [float(model.train_on_batch(x, np.zeros((8, 1), np.float32))) for _ in range(4)]


def test_training_steps_draw_anew_and_are_reproducible():
    for jit_compile in (False, True) if keras.backend.backend() != 'torch' else (False,):
        first = losses(1, jit_compile)
        assert len(set(first)) == 4
        assert losses(1, jit_compile) == first
        assert losses(2, jit_compile) != first


@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_no_seed_in_training_is_refused(rounding, framework):
    x = framework.tensor(X)
    calls = [
        lambda: get_fixed_quantizer(rounding, 'SAT')(x, 1, 4, 2, training=True),
        lambda: get_fixed_quantizer(rounding)(x, 1, 4, 2, True),
        lambda: FixedQ(8, 4, True, rounding)(x, training=True),
        lambda: get_fixed_quantizer('RND').round(x, 2, stochastic=True),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"^'seed_gen' must"):
            call()


def test_other_modes_need_no_seed(framework):
    x = framework.tensor(X)
    for spec in (FixedQ(8, 4, True, 'RND', 'SAT'), MinifloatQ(3, 4)):
        np.testing.assert_array_equal(framework.array(spec(x, training=True)), framework.array(spec(x)))


def test_rounding_alone_draws_when_asked(framework):
    x = framework.tensor(X)
    quantize = get_fixed_quantizer('RND', 'SAT')
    assert (framework.array(quantize.round(x, 2)) == 0).all()
    got = framework.array(quantize.round(x, 2, stochastic=True, seed_gen=3))
    assert set(np.unique(got).tolist()) == {0, STEP}
    got = framework.array(quantize.round(x, 2, True, keras.random.SeedGenerator(3)))
    assert set(np.unique(got).tolist()) == {0, STEP}
