"""One library of tensors installed, and no Keras: bits and gradients are those of the laws."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest

from oracles import surrogates
from oracles.dtypes import BFLOAT16
from oracles.fixed_cases import MODES
from oracles.reference import ROUNDINGS
from oracles.surrogates import MINIFLOAT_SHAPES, SHAPE, WIDTH_SHAPES, Case, check_all, minifloat_widths, numbers, over
from quantizers import (
    AffineQ,
    BinaryQ,
    FixedQ,
    FloatQ,
    MinifloatQ,
    PerChannel,
    TernaryQ,
    binary_quantize,
    float_decompose,
    float_decompose_np,
    float_quantize,
    get_fixed_quantizer,
    ternary_quantize,
)
from quantizers.functional import round_conv

SPECS = [
    *(FixedQ(8, 3, True, rounding, 'SAT') for rounding in ROUNDINGS),
    *(FixedQ(6, 4, True, 'RND_CONV', overflow, bits) for overflow, bits in MODES if bits < 3),
    FixedQ(7, 9, False, 'TRN_ZERO', 'WRAP', 2),
    FixedQ(5, 2, False, 'RND', 'SAT'),
    MinifloatQ(3, 2, 1),
    MinifloatQ(0, 3),
    BinaryQ(),
    TernaryQ(),
    *(FloatQ(4, 3, 7, 'fn', rounding, 'NAN') for rounding in ROUNDINGS),
    FloatQ.power_of_two(4, 2, zero=False),
    AffineQ(8, 0.1, 3),
    AffineQ(8, 0.1, 3, division='inverse'),
]
S_RND = FixedQ(8, 8, True, 'S_RND', 'SAT')


@pytest.mark.filterwarnings('ignore::quantizers.PrecisionWarning')  # of AffineQ, in 16 bits
@pytest.mark.parametrize('dtype', [np.float32, np.float64, np.float16, BFLOAT16], ids=lambda d: np.dtype(d).name)
def test_formats_have_the_bits_of_numpy(dtype, framework, tally):
    rng = np.random.default_rng(0)
    x = np.concatenate([np.arange(-160, 160) / 32, rng.normal(0, 9, 700), [0.0, -0.0, np.nan, np.inf, -np.inf, 6e4]])
    x = x.astype(dtype)
    tensor = framework.tensor(x)
    for spec in SPECS:
        got = spec(tensor)
        assert type(got) is type(tensor)
        got, expected = (array.astype(np.float64) for array in (framework.array(got), spec(x)))
        tally('NumPy', spec, x, got, expected)
    tally.check()


@pytest.mark.parametrize('n', range(len(MODES)))
def test_fixed_point_by_widths(n, framework, tally):
    """Values and gradients in exact arithmetic, of each overflow mode with a few roundings."""
    overflow, bits = MODES[n]
    case = Case(*WIDTH_SHAPES['mixed'], bits, seed=n)
    x, k, i, f, g = (framework.tensor(array) for array in (case.x, case.k, case.i, case.f, case.g))
    for rounding, training in ((ROUNDINGS[n % 11], True), (ROUNDINGS[(n + 3) % 11], False)):
        quantize = get_fixed_quantizer(rounding, overflow, bits)
        value, gradients = framework.vjp(
            framework.ways[-1], lambda x, i, f, t=training, q=quantize: q(x, k, i, f, training=t), (x, i, f), g
        )
        table = case.table(rounding, overflow, bits, training)
        tally('exact arithmetic', quantize, case.x.ravel(), value.ravel(), table.value.astype(np.float32).ravel())
        check_all(gradients, [table.x, table.i, table.f], case.shapes, case.g, np.float32)
    tally.check()


@pytest.mark.parametrize('shapes', MINIFLOAT_SHAPES)
def test_minifloats_by_widths(shapes, framework, tally):
    rng = np.random.default_rng(0)
    x = np.clip(numbers(rng), -1e6, 1e6)
    widths = minifloat_widths(rng, MINIFLOAT_SHAPES[shapes])
    g = rng.normal(size=SHAPE).astype(np.float32)
    table = over(lambda x, m, e, e0: surrogates.minifloat(x, int(m), int(e), int(e0)), x, *widths)
    tensors = [framework.tensor(array) for array in (x, *widths)]
    value, got = framework.vjp(framework.ways[-1], float_quantize, tensors, framework.tensor(g))
    tally('exact arithmetic', shapes, x.ravel(), value.ravel(), table.value.astype(np.float32).ravel())
    check_all(got, list(table[1:]), [x.shape, *(width.shape for width in widths)], g, np.float32)
    parts = float_decompose(tensors[0], 3, 4)
    for part, expected in zip(parts, float_decompose_np(x, 3, 4), strict=True):
        tally('NumPy', shapes, x.ravel(), framework.array(part).ravel(), expected.ravel())
    tally.check()


def test_binary_ternary_and_rounding(framework):
    x = np.concatenate([np.linspace(-4, 4, 61), [0.0, 0.5, -0.5, 30.0, -30.0]]).astype(np.float32)
    g = np.random.default_rng(0).normal(size=x.shape).astype(np.float32)
    for quantize in (binary_quantize, ternary_quantize, BinaryQ(), TernaryQ()):
        _, (got,) = framework.vjp('eager', quantize, [framework.tensor(x)], framework.tensor(g))
        np.testing.assert_allclose(got, g * (1 - np.tanh(x.astype(np.float64)) ** 2), rtol=1e-5, atol=1e-6)
    value, (got,) = framework.vjp('eager', round_conv, [framework.tensor(x)], framework.tensor(g))
    np.testing.assert_array_equal(value, np.rint(x))
    np.testing.assert_array_equal(got, g)


def test_forward_mode(framework):
    """The tangent is what reverse mode makes of the same direction."""
    rng = np.random.default_rng(0)
    x, along = (rng.normal(0, 4, 50).astype(np.float32) for _ in range(2))
    for spec in (FixedQ(8, 3, True, 'RND', 'SAT'), MinifloatQ(2, 3), BinaryQ()):
        ones = framework.tensor(np.ones_like(x))
        value, (slope,) = framework.vjp('eager', spec, [framework.tensor(x)], ones)
        result, tangent = framework.jvp('eager', spec, [framework.tensor(x)], [framework.tensor(along)])
        np.testing.assert_array_equal(result, value)
        np.testing.assert_allclose(tangent, slope * along, rtol=1e-6)


def test_channels(framework):
    formats = PerChannel(1, [FixedQ(6, 1, True, 'RND', 'SAT'), MinifloatQ(2, 3), BinaryQ(), FixedQ(3, 2), TernaryQ()])
    x = np.random.default_rng(0).normal(0, 2, (3, 5, 4)).astype(np.float32)
    ones = framework.tensor(np.ones_like(x))
    q, (gradient,) = framework.vjp('eager', formats, [framework.tensor(x)], ones)
    np.testing.assert_array_equal(q, formats(x))
    for channel, spec in enumerate(formats.specs):
        _, (expected,) = framework.vjp('eager', spec, [framework.tensor(x[:, channel])], ones[:, channel])
        np.testing.assert_allclose(gradient[:, channel], expected, rtol=1e-6)


def test_integers_and_complex_numbers(framework):
    spec = FixedQ(6, 4, True, 'RND', 'SAT')
    for dtype in (np.int8, np.int32, np.bool_):
        x = np.array([0, 1, 1], dtype)
        got = framework.array(spec(framework.tensor(x)))
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, x)
    x = np.linspace(-9, 9, 12).astype(np.complex64) * (1 + 0.5j)
    np.testing.assert_array_equal(framework.array(spec(framework.tensor(x))), spec(x))


def test_stochastic_rounding_by_a_number(framework):
    x = np.full(100_000, 0.3, np.float32)
    tensor = framework.tensor(x)
    first, again, other = (framework.array(S_RND(tensor, training=True, seed_gen=seed)) for seed in (3, 3, 4))
    assert set(first) == {0, 1}
    assert abs(first.mean() - 0.3) < 5 * (0.21 / x.size) ** 0.5
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)
    with pytest.raises(ValueError, match=r"^'seed_gen' must be an int"):
        S_RND(tensor, training=True)
    with pytest.raises(ValueError, match=r"^'seed_gen' must be an int.*: 'three'$"):
        S_RND(tensor, training=True, seed_gen='three')


@pytest.mark.parametrize('dtype', [np.float32, np.float16, BFLOAT16], ids=lambda d: np.dtype(d).name)
def test_what_is_no_tensor_takes_the_library_of_a_width(dtype, framework):
    x = np.linspace(-5, 5, 11).astype(dtype)
    quantize, width = get_fixed_quantizer('RND', 'SAT'), framework.tensor(np.float32(2))
    got = quantize(x, 1, 2, width)
    assert type(got) is type(width)
    np.testing.assert_array_equal(framework.array(got), FixedQ(5, 3, True, 'RND', 'SAT')(x))
    assert float(quantize(1.1, 1, 2, width)) == 1.0


CALLS = ['get_fixed_quantizer()([1.0], 1, 2, 3)', 'binary_quantize(numpy.ones(3))', 'float_quantize(1.3, 2, 3)']


@pytest.mark.parametrize('call', CALLS)
def test_without_a_tensor_keras_is_asked_for(call, tmp_path):
    code = f'import numpy\nfrom quantizers import *\n{call}'
    # elsewhere, as the folder `keras` of these tests could be imported
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert re.search(r"ImportError: this needs Keras.*pip install 'quantizers\[keras\]'", done.stderr), done.stderr
