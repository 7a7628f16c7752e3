"""Forward mode: the tangent of a result is the laws' table times the tangents of what is given."""

from __future__ import annotations

import numpy as np
import pytest

from oracles import surrogates
from oracles.dtypes import BFLOAT16
from oracles.fixed_cases import MODES
from oracles.reference import ROUNDINGS
from oracles.surrogates import MINIFLOAT_SHAPES, WIDTH_SHAPES, Case, close, minifloat_widths, numbers, over
from quantizers import (
    BinaryQ,
    FixedQ,
    MinifloatQ,
    TernaryQ,
    binary_quantize,
    float_quantize,
    get_fixed_quantizer,
    ternary_quantize,
)

pytestmark = pytest.mark.filterwarnings('ignore:.torch.jit')  # what forward mode of PyTorch imports


def check(framework, way, quantize, x, widths, table):
    """The value and its tangent, along random directions of all that is given."""
    rng = np.random.default_rng(0)
    arguments = [x, *widths.values()]
    directions = [rng.normal(size=argument.shape).astype(argument.dtype) for argument in arguments]
    value, tangent = framework.jvp(
        way, quantize, [framework.tensor(a) for a in arguments], [framework.tensor(d) for d in directions]
    )
    np.testing.assert_array_equal(value.astype(np.float64), table.value.astype(x.dtype).astype(np.float64))
    parts = [getattr(table, name) * d for name, d in zip(('x', *widths), directions, strict=True)]
    close(tangent, sum(parts), x.dtype, sum(map(np.abs, parts)))


@pytest.mark.parametrize('training', [True, False], ids=['training', 'inference'])
@pytest.mark.parametrize(('overflow', 'bits'), MODES)
def test_every_mode(overflow, bits, training, framework):
    for turn, (name, shapes) in enumerate(WIDTH_SHAPES.items()):
        rounding = ROUNDINGS[(turn + MODES.index((overflow, bits))) % len(ROUNDINGS)]
        case = Case(*shapes, bits, seed=turn)
        k, quantize = framework.tensor(case.k), get_fixed_quantizer(rounding, overflow, bits)
        check(
            framework,
            framework.ways[-1] if name == 'mixed' else 'eager',
            lambda x, i, f, k=k, quantize=quantize: quantize(x, k, i, f, training=training),
            case.x,
            {'i': case.i, 'f': case.f},
            case.table(rounding, overflow, bits, training),
        )


@pytest.mark.parametrize('shapes', MINIFLOAT_SHAPES)
def test_minifloats(shapes, framework):
    rng = np.random.default_rng(len(shapes))
    x = numbers(rng)
    widths = dict(zip(('m', 'e', 'e0'), minifloat_widths(rng, MINIFLOAT_SHAPES[shapes]), strict=True))
    table = over(lambda x, m, e, e0: surrogates.minifloat(x, int(m), int(e), int(e0)), x, *widths.values())
    check(framework, 'eager', float_quantize, x, widths, table)


@pytest.mark.parametrize('dtype', [np.float64, np.float16, BFLOAT16], ids=lambda dtype: np.dtype(dtype).name)
def test_every_dtype(dtype, framework):
    x = np.clip(numbers(np.random.default_rng(0)), -1000, 1000).astype(dtype)
    table = over(lambda x: surrogates.fixed(x, 1, 2, 5, 'RND', 'SAT', 0, False), x.astype(np.float64))
    check(framework, 'eager', FixedQ(8, 3, True, 'RND', 'SAT'), x, {}, table)
    check(
        framework,
        'eager',
        MinifloatQ(3, 4),
        x,
        {},
        over(lambda x: surrogates.minifloat(x, 3, 4, 0), x.astype(np.float64)),
    )


@pytest.mark.parametrize('quantize', [binary_quantize, ternary_quantize, BinaryQ(), TernaryQ()], ids=range(4))
def test_binary_and_ternary(quantize, framework):
    x = np.linspace(-4, 4, 41, dtype=np.float32)
    ones = np.ones_like(x)
    _, tangent = framework.jvp('eager', quantize, [framework.tensor(x)], [framework.tensor(ones)])
    np.testing.assert_allclose(tangent, 1 / np.cosh(x.astype(np.float64)) ** 2, rtol=1e-5)


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize('overflow', ['SAT', 'WRAP', 'WRAP_SM', 'minifloat'])
def test_numbers_that_are_not_finite_add_nothing_by_widths(overflow, bad, framework):
    fixed = get_fixed_quantizer('RND', 'SAT' if overflow == 'minifloat' else overflow)
    x = framework.tensor(np.float32([bad, 0.3]))

    def quantize(i, f):
        return float_quantize(x, f, i) if overflow == 'minifloat' else fixed(x, 1, i, f)

    widths = [framework.tensor(np.float32(width)) for width in (2, 3)]
    _, tangent = framework.jvp('eager', quantize, widths, [framework.tensor(np.float32(1)) for _ in widths])
    # TensorFlow makes the tangent of the backward pass, whose incoming gradient it multiplies by all there is
    assert tangent[0] == 0 or framework.name == 'tensorflow'
    assert tangent[1] != 0
