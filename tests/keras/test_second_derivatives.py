"""Second derivatives, and higher ones, are those of the laws' table: of a surrogate that is a function as any other.

What stands in the table for `q` are the slopes of a smooth function, `a * x + b * 2^i + c * 2^-f + d` with other
constants in each region: see `surrogates.fixed_curvature`. The comparison is with that.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest

from oracles import surrogates
from oracles.dtypes import BFLOAT16
from oracles.fixed_cases import MODES
from oracles.reference import ROUNDINGS
from oracles.surrogates import (
    LN2,
    MINIFLOAT_SHAPES,
    SHAPE,
    WIDTH_SHAPES,
    Case,
    Loss,
    close,
    minifloat_widths,
    numbers,
    over,
    summed,
)
from quantizers import (
    BinaryQ,
    FixedQ,
    MinifloatQ,
    TernaryQ,
    binary_quantize,
    float_decompose,
    float_quantize,
    get_fixed_quantizer,
    ternary_quantize,
)
from quantizers.functional import round_conv


def check(
    framework: Any,
    way: str,
    quantize: Any,
    x: np.ndarray,
    widths: dict[str, np.ndarray],
    table: Any,
    curvature: surrogates.Curvature,
) -> None:
    """The Hessian of a loss times a vector of random numbers, so that no part of it can be wrong unseen."""
    rng = np.random.default_rng(0)
    loss = Loss(*(rng.normal(size=x.shape).astype(x.dtype) for _ in Loss._fields))
    arguments = {'x': x, **widths}
    tensors = [framework.tensor(argument) for argument in arguments.values()]
    in_tensors = Loss(*(framework.tensor(factor) for factor in loss))
    directions = {name: rng.normal(size=argument.shape).astype(argument.dtype) for name, argument in arguments.items()}
    got = framework.hessian_product(
        way,
        lambda x, *widths: in_tensors.of(quantize(x, *widths), x),
        tensors,
        [framework.tensor(direction) for direction in directions.values()],
    )
    want = loss.hessian_product(x, table, curvature, directions)
    for part, (name, (product, magnitude)) in zip(got, want.items(), strict=True):
        shape = arguments[name].shape
        # of more roundings than a gradient: ten times what is allowed there
        close(part, summed(product, shape), arguments[name].dtype, 10 * summed(magnitude, shape))


def check_fixed(framework: Any, way: str, modes: Any, shapes: Any, training: bool) -> None:
    rounding, overflow, bits = modes
    case = Case(*shapes, bits, seed=MODES.index((overflow, bits)))
    case.x = np.clip(case.x, -1000, 1000)
    k, quantize = framework.tensor(case.k), get_fixed_quantizer(rounding, overflow, bits)
    table = case.table(rounding, overflow, bits, training)
    check(
        framework,
        way,
        lambda x, i, f: quantize(x, k, i, f, training=training),
        case.x,
        {'i': case.i, 'f': case.f},
        table,
        surrogates.fixed_curvature(table),
    )


@pytest.mark.parametrize('spec', [FixedQ(8, 3, True, 'RND', 'SAT'), FixedQ(8, 3, True), MinifloatQ(3, 4)], ids=repr)
def test_the_square_has_two(spec, framework):
    """As `x^2` has in place of which it stands; the slope is `2 q`."""
    x, one = (framework.tensor(np.float32([number])) for number in (0.7, 1))
    (got,) = framework.hessian_product('eager', lambda x: keras.ops.sum(spec(x) ** 2), [x], [one])
    assert got == [2]


@pytest.mark.parametrize(('overflow', 'bits', 'training'), [*((*mode, False) for mode in MODES), ('WRAP', 0, True)])
def test_every_overflow(overflow, bits, training, framework):
    turn = MODES.index((overflow, bits)) % len(ROUNDINGS)
    check_fixed(framework, 'eager', (ROUNDINGS[turn], overflow, bits), WIDTH_SHAPES['mixed'], training)


@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_every_rounding(rounding, framework):
    check_fixed(framework, 'eager', (rounding, 'SAT', 0), WIDTH_SHAPES['channel'], True)


@pytest.mark.parametrize('shapes', WIDTH_SHAPES)
def test_every_shape_of_widths(shapes, framework):
    check_fixed(framework, 'eager', ('RND', 'SAT_SYM', 0), WIDTH_SHAPES[shapes], False)


@pytest.mark.parametrize('overflow', ['SAT', 'WRAP_SM'])
def test_compiled(overflow, framework):
    for way in framework.ways[1:]:
        check_fixed(framework, way, ('RND', overflow, 0), WIDTH_SHAPES['mixed'], False)


@pytest.mark.parametrize('dtype', [np.float64, np.float16, BFLOAT16], ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize('overflow', ['SAT', 'WRAP_SM'])
def test_each_has_the_dtype_of_its_own_argument(overflow, dtype, framework):
    case = Case((), (), 0)
    case.x, case.k = np.clip(case.x, -30, 30).astype(dtype), np.float32(1)
    table = case.table('RND', overflow, 0, True)
    quantize = get_fixed_quantizer('RND', overflow)
    tensors = [framework.tensor(array) for array in (case.x, case.i, case.f)]
    directions = [framework.tensor(np.full_like(array, array is case.f)) for array in (case.x, case.i, case.f)]

    def loss(x, i, f):
        return keras.ops.sum(quantize(x, 1, i, f, training=True) ** 2)

    to_x, to_i, to_f = framework.hessian_product('eager', loss, tensors, directions)
    assert (to_x.dtype, to_i.dtype, to_f.dtype) == (dtype, np.float32, np.float32)
    bend = table.value * surrogates.fixed_curvature(table)['f', 'f']
    rough = 1e-5 if dtype == np.float64 else 0.05
    np.testing.assert_allclose(to_x.astype(np.float64), 2 * table.x * table.f, rtol=rough, atol=rough)
    np.testing.assert_allclose(to_i, 2 * np.sum(table.i * table.f), rtol=rough, atol=rough)
    np.testing.assert_allclose(to_f, 2 * np.sum(table.f**2 + bend), rtol=rough, atol=rough)


@pytest.mark.parametrize('shapes', MINIFLOAT_SHAPES)
def test_minifloats(shapes, framework):
    rng = np.random.default_rng(len(shapes))
    x = np.clip(numbers(rng), -1000, 1000)
    widths = dict(zip(('m', 'e', 'e0'), minifloat_widths(rng, MINIFLOAT_SHAPES[shapes]), strict=True))
    table = over(lambda x, m, e, e0: surrogates.minifloat(x, int(m), int(e), int(e0)), x, *widths.values())
    for way in framework.ways[:2] if shapes == 'mixed' else ('eager',):
        check(framework, way, float_quantize, x, widths, table, surrogates.minifloat_curvature(x, table))


@pytest.mark.parametrize('quantize', [binary_quantize, ternary_quantize, BinaryQ(), TernaryQ()], ids=range(4))
def test_binary_and_ternary(quantize, framework):
    """The slope is that of tanh, which is smooth: also at 0, also the third."""
    x = np.concatenate([np.linspace(-4, 4, 41), [30.0, -30.0, 100.0, -100.0, np.inf, -np.inf]]).astype(np.float32)
    tanh = np.tanh(x.astype(np.float64))
    sech2 = 1 / np.cosh(np.clip(x, -300, 300).astype(np.float64)) ** 2
    tensor, ones = framework.tensor(x), framework.tensor(np.ones_like(x))
    q = framework.array(quantize(tensor))

    def slopes(x):
        return framework.gradients(lambda x: keras.ops.sum(quantize(x)), [x])[0]

    for way in framework.ways[:2]:
        (got,) = framework.hessian_product(way, lambda x: keras.ops.sum(quantize(x) ** 2), [tensor], [ones])
        np.testing.assert_allclose(got, 2 * sech2**2 - 4 * q * tanh * sech2, rtol=1e-4, atol=1e-6)
        (third,) = framework.hessian_product(way, lambda x: keras.ops.sum(slopes(x)), [tensor], [ones])
        np.testing.assert_allclose(third, 4 * tanh**2 * sech2 - 2 * sech2**2, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize('overflow', ['SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP_SM'])
def test_third_derivatives_of_fixed_point(overflow, framework):
    """As those of the powers of two of which the ends and the steps are made."""
    case = Case(SHAPE, SHAPE, 0)
    case.x = np.clip(case.x, -1000, 1000)
    table = case.table('RND', overflow, 0, False)
    k, quantize = framework.tensor(case.k), get_fixed_quantizer('RND', overflow)
    x, i, f, ones = (framework.tensor(array) for array in (case.x, case.i, case.f, np.ones(SHAPE, np.float32)))

    def slope_of(name):
        def loss(*arguments):
            gradients = framework.gradients(lambda x, i, f: keras.ops.sum(quantize(x, k, i, f)), arguments)
            return keras.ops.sum(gradients['xif'.index(name)])

        return loss

    signs = {'f': -1} if overflow == 'WRAP_SM' else {'i': 1, 'f': -1}
    for name, sign in signs.items():
        directions = [ones * (other == name) for other in 'xif']
        product = framework.hessian_product('eager', slope_of(name), [x, i, f], directions)
        slope = getattr(table, name)
        for got, other in zip(product, 'xif', strict=True):
            want = (sign * LN2) ** 2 * slope if other == name else np.zeros(SHAPE)
            close(got, want, np.float32, np.abs(slope) + np.abs(case.x))


def test_third_derivatives_of_minifloats(framework):
    x = np.float32([0.01, -0.3, 1.3, 100, -1000])
    m, e, e0 = (np.full(5, width, np.float32) for width in (2, 2, 1))
    table = over(lambda x: surrogates.minifloat(x, 2, 2, 1), x)
    tensors = [framework.tensor(array) for array in (x, m, e, e0)]
    directions = [framework.tensor(np.full(5, name == 'e', np.float32)) for name in ('x', 'm', 'e', 'e0')]

    def loss(*arguments):
        return keras.ops.sum(framework.gradients(lambda *every: keras.ops.sum(float_quantize(*every)), arguments)[2])

    _, _, got, _ = framework.hessian_product('eager', loss, tensors, directions)
    u = LN2 * 2  # ln2 * a
    np.testing.assert_allclose(got, LN2**2 * (1 - 3 * u + u * u) * table.e, rtol=1e-5)


@pytest.mark.parametrize('rounding', ['S_RND', 'S_RND_CONV'])
@pytest.mark.parametrize('overflow', ['SAT', 'WRAP'])
def test_stochastic_rounding(overflow, rounding, framework):
    """Of what was drawn."""
    x = np.random.default_rng(2).uniform(-3.9, 3.7, 200).astype(np.float32)
    f = np.full(200, 2, np.float32)
    quantize = get_fixed_quantizer(rounding, overflow)

    def drawn(x, f):
        return quantize(x, 1, 2, f, training=True, seed_gen=3)

    tensors = [framework.tensor(x), framework.tensor(f)]
    value = framework.array(drawn(*tensors)).astype(np.float64)
    rest = LN2 * (x - value)
    zeros, ones = (framework.tensor(np.full(200, each, np.float32)) for each in (0, 1))
    to_x, to_f = framework.hessian_product(
        'eager', lambda x, f: keras.ops.sum(drawn(x, f) ** 2), tensors, [zeros, ones]
    )
    np.testing.assert_allclose(to_x, 2 * rest, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(to_f, 2 * rest**2 - 2 * value * LN2 * rest, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('overflow', ['WRAP', 'WRAP_SM'])
def test_stochastic_rounding_that_wraps(overflow, training, framework):
    """Where WRAP_SM inverts, the random numbers are needed again at each order."""
    case = Case((), (), 0)
    case.x, case.k = np.clip(case.x, -1000, 1000), np.float32(1)
    quantize = get_fixed_quantizer('S_RND', overflow)
    tensors = [framework.tensor(array) for array in (case.x, np.full(SHAPE, 2, np.float32))]
    ones = framework.tensor(np.ones(SHAPE, np.float32))

    def slope(x, f):
        q = lambda x, f: keras.ops.sum(quantize(x, 1, 2, f, training=training, seed_gen=3))  # noqa: E731
        return keras.ops.sum(framework.gradients(q, (x, f))[1])

    once = framework.array(framework.gradients(slope, tensors)[1])
    first = framework.array(
        framework.gradients(lambda x, f: keras.ops.sum(quantize(x, 1, 2, f, training=training, seed_gen=3)), tensors)[1]
    )
    assert np.any(first != 0)
    np.testing.assert_allclose(once, -LN2 * first, rtol=1e-4, atol=1e-5)
    thrice = framework.hessian_product('eager', slope, tensors, [ones * 0, ones])[1]
    np.testing.assert_allclose(thrice, LN2**2 * first, rtol=1e-4, atol=1e-5)


def test_round_and_round_conv(framework):
    x = np.float32([0.3, -1.7, 2.5, 40.2])
    ones = framework.tensor(np.ones_like(x))
    (got,) = framework.hessian_product(
        'eager', lambda x: keras.ops.sum(round_conv(x) ** 3), [framework.tensor(x)], [ones]
    )
    np.testing.assert_array_equal(got, 6 * np.rint(x))
    f = np.full(4, 1, np.float32)
    quantize = get_fixed_quantizer('RND').round
    tensors = [framework.tensor(x), framework.tensor(f)]
    value = framework.array(quantize(*tensors))
    rest = LN2 * (x - value)
    got = framework.hessian_product('eager', lambda x, f: keras.ops.sum(quantize(x, f) ** 2), tensors, [ones * 0, ones])
    np.testing.assert_allclose(got[0], 2 * rest, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(got[1], 2 * rest**2 - 2 * value * LN2 * rest, rtol=1e-5, atol=1e-5)


def test_the_mantissa_of_float_decompose(framework):
    """It is `q / 2^E`, of a fixed exponent."""
    x = np.float32([0.3, -1.7, 2.5, 5.2])
    ones = framework.tensor(np.ones_like(x))
    (got,) = framework.hessian_product(
        'eager', lambda x: keras.ops.sum(float_decompose(x, 3, 3)[0] ** 2), [framework.tensor(x)], [ones]
    )
    np.testing.assert_array_equal(got, [2.0 * 4.0 ** -max(math.floor(math.log2(abs(number))), -3) for number in x])


@pytest.mark.parametrize('overflow', ['SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP', 'WRAP_SM', 'minifloat'])
def test_numbers_that_are_not_finite_add_nothing_to_widths(overflow, framework):
    """At the second order either."""
    bad = np.isin(np.arange(5), (1, 2, 3))
    if overflow == 'minifloat':
        quantize = lambda x, i, f: float_quantize(x, f, i)  # noqa: E731
    else:
        fixed = get_fixed_quantizer('RND', overflow)
        quantize = lambda x, i, f: fixed(x, 1, i, f)  # noqa: E731

    def product(x):
        arguments = [np.float32(array) for array in (x, 2, 3, [2, 3, 4, 5, 6])]
        return framework.hessian_product(
            'eager',
            lambda x, i, f, factor: keras.ops.sum(factor * quantize(x, i, f)),
            [framework.tensor(array) for array in arguments],
            [framework.tensor(np.full_like(array, n in (1, 2))) for n, array in enumerate(arguments)],
        )

    got, want = (product(np.where(bad, those, [0.3, 0, 0, 0, 9])) for those in ([0, np.nan, np.inf, -np.inf, 0], 0))
    for gradient, without in zip(got[1:3], want[1:3], strict=True):
        np.testing.assert_allclose(gradient, without, rtol=1e-6)


def test_a_gradient_penalty(framework):
    """What trains by the slope of a network: its gradient to the weights, through two formats one after the other."""
    rng = np.random.default_rng(0)
    weights, x = (rng.uniform(-1.9, 1.9, shape).astype(np.float32) for shape in ((4, 3), (5, 4)))
    inner, outer = FixedQ(8, 2, True, 'RND', 'SAT'), FixedQ(12, 6, True, 'RND_CONV', 'SAT')

    def penalty(weights, x):
        loss = lambda x: keras.ops.sum(outer(keras.ops.matmul(x, inner(weights))) ** 2) / 2  # noqa: E731
        return keras.ops.sum(framework.gradients(loss, [x])[0] ** 2) / 2

    # the slope is `y w^T` of the rounded `y` and `w`, whose derivatives are those of `x w` and `w`
    w, wide = framework.array(inner(framework.tensor(weights))).astype(np.float64), x.astype(np.float64)
    y = framework.array(outer(framework.tensor((wide @ w).astype(np.float32)))).astype(np.float64)
    slope = y @ w.T
    want = wide.T @ (slope @ w) + slope.T @ y
    tensors = [framework.tensor(weights), framework.tensor(x)]
    for way in framework.ways[:2]:
        got = framework.made(way, lambda w, x: framework.gradients(lambda w: penalty(w, x), [w])[0])(*tensors)
        np.testing.assert_allclose(framework.array(got), want, rtol=1e-4)
