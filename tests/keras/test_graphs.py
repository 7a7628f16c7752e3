"""Quantizers are parts of larger graphs: used twice, cut off, and of inputs that need no gradient."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from oracles.surrogates import Case
from quantizers import float_quantize, get_fixed_quantizer


def test_a_second_use_in_one_graph(framework):
    """The gradients of two uses add up; one goes through the other."""
    case = Case((5,), (5,), 0)
    x, k, i, f, g = (framework.tensor(array) for array in (case.x, case.k, case.i, case.f, case.g))
    quantize = get_fixed_quantizer('RND', 'SAT')
    for way in framework.ways:
        _, once = framework.vjp(way, lambda x, i, f: quantize(x, k, i, f), (x, i, f), g)
        _, twice = framework.vjp(way, lambda x, i, f: quantize(x, k, i, f) + quantize(x, k, i, f), (x, i, f), g)
        for one, two in zip(once, twice, strict=True):
            np.testing.assert_allclose(two, 2 * one, rtol=1e-5, atol=1e-5)
        # quantized again, nothing is lost, and what is at an end stays in range
        _, (to_x, _, _) = framework.vjp(way, lambda x, i, f: quantize(quantize(x, k, i, f), k, i, f), (x, i, f), g)
        np.testing.assert_array_equal(to_x, once[0])


def test_stop_gradient_and_inputs_that_need_none(framework):
    case = Case((5,), (5,), 0)
    x, k, i, f, g = (framework.tensor(array) for array in (case.x, case.k, case.i, case.f, case.g))
    quantize = get_fixed_quantizer('RND', 'SAT')
    for way in framework.all_ways:
        _, (to_x, to_i, to_f) = framework.vjp(way, lambda x, i, f: quantize(x, k, i, f), (x, i, f), g)
        _, stopped = framework.vjp(way, lambda x, i, f: quantize(x, k, keras.ops.stop_gradient(i), f), (x, i, f), g)
        np.testing.assert_array_equal(stopped[0], to_x)
        assert (stopped[1] == 0).all()
        # compilers sum in other orders
        np.testing.assert_allclose(stopped[2], to_f, rtol=1e-6)
        _, nothing = framework.vjp(
            way, lambda x, i, f: keras.ops.stop_gradient(quantize(x, k, i, f)) + 0 * x, (x, i, f), g
        )
        assert all((gradient == 0).all() for gradient in nothing[1:])
        _, (alone,) = framework.vjp(way, lambda i: quantize(x, k, i, f), (i,), g)
        np.testing.assert_allclose(alone, to_i, rtol=1e-6)
        _, (alone,) = framework.vjp(way, lambda x: quantize(x, 1, 2, 3), (x,), g)
        assert ((alone == 0) | (alone == case.g)).all()


def test_a_tensor_of_fixed_widths_for_k_gets_no_gradient(framework):
    case = Case((5,), (5,), 0)
    x, k, i, f, g = (framework.tensor(array) for array in (case.x, case.k, case.i, case.f, case.g))
    _, (to_k,) = framework.vjp('eager', lambda k: get_fixed_quantizer('RND', 'SAT')(x, k, i, f), (k,), g)
    assert (to_k == 0).all()


@pytest.mark.parametrize('overflow', ['WRAP', 'WRAP_SM', 'SAT_ZERO'])
def test_inf_and_nan_in_compiled_graphs(overflow, framework):
    """A compiler that takes x * 0 for 0 changes neither."""
    quantize = get_fixed_quantizer('TRN', overflow)
    x = framework.tensor([np.inf, -np.inf, np.nan, 1.5], np.float32)
    k, i, f, nothing = (framework.tensor(width, np.float32) for width in (1, 2, 1, -1))

    def function(x, k, i, f, m):
        return [quantize(x, k, i, f), float_quantize(x, m, i, f)]

    of_infinity = 0 if overflow == 'SAT_ZERO' else np.nan
    for way in framework.all_ways:
        fixed, minifloat = map(framework.array, framework.made(way, function)(x, k, i, f, nothing))
        np.testing.assert_array_equal(fixed, [of_infinity, of_infinity, np.nan, 1.5], way)
        np.testing.assert_array_equal(minifloat, [0, 0, np.nan, 0], way)
        np.testing.assert_array_equal(np.signbit(minifloat)[[0, 1, 3]], [False, True, False], way)


@pytest.mark.parametrize('overflow', ['WRAP', 'WRAP_SM'])
@pytest.mark.parametrize('i', [110, 1e9])
def test_inf_wraps_to_nan_in_formats_of_any_range(i, overflow, framework):
    quantize = get_fixed_quantizer('RND', overflow)
    x = framework.tensor([1.25, np.inf, -np.inf], np.float32)
    for width in (i, framework.tensor(i, np.float32)):
        np.testing.assert_array_equal(framework.array(quantize(x, 1, width, 2)), [1.25, np.nan, np.nan])


def test_a_minifloat_whose_step_the_dtype_cannot_hold(framework):
    """Eagerly, too, where the widths are at hand, but may be trained."""
    x = framework.tensor([1.0, -1.0], np.float16)
    m, e, e0 = (framework.tensor(width, np.float32) for width in (2, 1, 20))
    for way in framework.ways:
        np.testing.assert_array_equal(framework.array(framework.made(way, float_quantize)(x, m, e, e0)), [0, 0], way)
