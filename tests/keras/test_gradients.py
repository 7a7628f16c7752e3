"""The gradients of fixed point are those of the laws' table, to the input and to every bit width."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from oracles import surrogates
from oracles.dtypes import BFLOAT16
from oracles.fixed_cases import MODES
from oracles.reference import ROUNDINGS
from oracles.surrogates import LN2, SHAPE, WIDTH_SHAPES, Case, check_all, close, numbers, over, summed
from quantizers import FixedQ, get_fixed_quantizer


@pytest.mark.parametrize('training', [True, False], ids=['training', 'inference'])
@pytest.mark.parametrize('shapes', WIDTH_SHAPES)
@pytest.mark.parametrize(('overflow', 'bits'), MODES)
def test_every_mode_and_shape_of_widths(overflow, bits, shapes, training, framework):
    case = Case(*WIDTH_SHAPES[shapes], bits, seed=MODES.index((overflow, bits)))
    x, k, i, f, g = (framework.tensor(array) for array in (case.x, case.k, case.i, case.f, case.g))
    roundings = ('RND_CONV',)
    if shapes == 'mixed':
        turn = MODES.index((overflow, bits)) % len(ROUNDINGS)
        roundings = ROUNDINGS[turn : turn + 1] if framework.compiles_calls else ROUNDINGS
    for rounding in roundings:
        quantize = get_fixed_quantizer(rounding, overflow, bits)
        value, gradients = framework.vjp(
            'eager', lambda x, i, f, quantize=quantize: quantize(x, k, i, f, training=training), (x, i, f), g
        )
        table = case.table(rounding, overflow, bits, training)
        np.testing.assert_array_equal(value, table.value.astype(np.float32), err_msg=f'{rounding} {overflow} {bits}')
        check_all(gradients, [table.x, table.i, table.f], case.shapes, case.g, np.float32)


@pytest.mark.parametrize(
    'training', [True, pytest.param(False, marks=pytest.mark.test_all)], ids=['training', 'inference']
)
@pytest.mark.parametrize(('overflow', 'bits'), MODES)
def test_compiled(overflow, bits, training, framework):
    """All roundings in one compiled function; one or two where compilation is slow or large."""
    case = Case(*WIDTH_SHAPES['mixed'], bits, seed=7)
    k, turn = framework.tensor(case.k), MODES.index((overflow, bits)) % len(ROUNDINGS)
    roundings = ['RND'] if framework.compiles_slowly else ROUNDINGS
    if framework.keeps_what_is_compiled:
        roundings = [ROUNDINGS[turn], ROUNDINGS[turn - 3]]
    quantizers = [get_fixed_quantizer(rounding, overflow, bits) for rounding in roundings]

    def together(x, i, f):
        results = [quantize(x[j], k, i[j], f[j], training=training) for j, quantize in enumerate(quantizers)]
        return keras.ops.stack(results)

    # a copy for each rounding, which has its gradients alone
    arrays = case.x, case.i, case.f, case.g
    *copies, g = (framework.tensor(np.stack([array] * len(roundings))) for array in arrays)
    compiled_always = training and (overflow, bits) in (('SAT', 0), ('WRAP_SM', 0))
    ways = framework.all_ways if compiled_always else framework.ways
    for way in ways[1:] or ways:
        value, gradients = framework.vjp(way, together, copies, g)
        for j, rounding in enumerate(roundings):
            table = case.table(rounding, overflow, bits, training)
            np.testing.assert_array_equal(value[j], table.value.astype(np.float32), err_msg=f'{way} {rounding}')
            of_one = [gradient[j] for gradient in gradients]
            check_all(of_one, [table.x, table.i, table.f], case.shapes, case.g, np.float32)


@pytest.mark.parametrize('training', [True, False], ids=['training', 'inference'])
@pytest.mark.parametrize('overflow', ['SAT', 'WRAP', 'WRAP_SM'])
def test_the_widths_are_keras_variables(overflow, training, framework):
    case = Case((5,), (1, 4, 1), 0)
    i, f = keras.Variable(case.i), keras.Variable(case.f)
    x, k, g = (framework.tensor(array) for array in (case.x, case.k, case.g))
    quantize = get_fixed_quantizer('RND', overflow)
    value, gradients = framework.variables_vjp(lambda: quantize(x, k, i, f, training=training), [i, f], g)
    table = case.table('RND', overflow, 0, training)
    np.testing.assert_array_equal(value, table.value.astype(np.float32))
    check_all(gradients, [table.i, table.f], case.shapes[1:], case.g, np.float32)


def test_x_that_is_broadcast_to_wider_widths(framework):
    """The gradient to x is summed to the shape of x."""
    rng = np.random.default_rng(3)
    x = numbers(rng, (4, 1))
    i, f = np.full((2, 1, 5), 2, np.float32), rng.integers(0, 4, size=5).astype(np.float32)
    g = rng.normal(size=(2, 4, 5)).astype(np.float32)
    quantize = get_fixed_quantizer('RND', 'SAT')
    tensors = [framework.tensor(array) for array in (x, i, f)]
    for way in framework.ways:
        value, gradients = framework.vjp(way, lambda x, i, f: quantize(x, 1, i, f), tensors, framework.tensor(g))
        assert value.shape == g.shape
        table = over(lambda x, i, f: surrogates.fixed(x, 1, int(i), int(f), 'RND', 'SAT', 0, False), x, i, f)
        check_all(gradients, [table.x, table.i, table.f], [x.shape, i.shape, f.shape], g, np.float32)


@pytest.mark.parametrize('dtype', [np.float64, np.float16, BFLOAT16], ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize('overflow', ['SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP', 'WRAP_SM'])
def test_each_gradient_has_the_dtype_of_its_own_argument(overflow, dtype, framework):
    case = Case((5,), (3, 1, 1), 0)
    case.x = np.clip(case.x, -1000, 1000).astype(dtype)
    case.g = case.g.astype(dtype)
    x, k, i, f, g = (framework.tensor(array) for array in (case.x, case.k, case.i, case.f, case.g))
    table = case.table('RND', overflow, 0, True)
    quantize = get_fixed_quantizer('RND', overflow)
    for way in framework.ways if overflow == 'SAT' else ('eager',):
        _, (to_x, to_i, to_f) = framework.vjp(way, lambda x, i, f: quantize(x, k, i, f, training=True), (x, i, f), g)
        wide = case.g.astype(np.float64)
        close(to_x, table.x * wide, dtype)
        # widths are float32, and so are their gradients: a sum that is done in 16 bits would not be as close
        for gradient, column, shape in zip((to_i, to_f), (table.i, table.f), case.shapes[1:], strict=True):
            close(gradient, summed(column * wide, shape), np.float32, summed(np.abs(column * wide), shape))


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize(('overflow', 'bits'), MODES)
@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_add_nothing_to_widths(bad, overflow, bits, training, framework):
    """Neither NaN nor anything else reaches the widths, their own channel's or another's."""
    case = Case((5,), (5,), bits)
    clean = case.x.copy()
    case.x[1, 2, 3] = bad
    k, i, f = (framework.tensor(array) for array in (case.k, case.i, case.f))
    g = case.g.copy()
    g[1, 2, 3] = 0
    quantize = get_fixed_quantizer('RND', overflow, bits)

    def gradients(x, g):
        function = lambda x, i, f: quantize(x, k, i, f, training=training)  # noqa: E731
        return framework.vjp('eager', function, (framework.tensor(x), i, f), framework.tensor(g))[1]

    got, want = gradients(case.x, case.g), gradients(clean, g)
    for gradient, without in zip(got[1:], want[1:], strict=True):
        assert np.isfinite(gradient).all()
        np.testing.assert_allclose(gradient, without, rtol=1e-5, atol=1e-5)
    others = np.ones(SHAPE, bool)
    others[1, 2, 3] = False
    np.testing.assert_array_equal(got[0][others], want[0][others])


@pytest.mark.parametrize('overflow', ['SAT', 'SAT_ZERO', 'WRAP', 'WRAP_SM'])
def test_gradients_that_come_in_as_nan_where_x_is_nan_add_nothing_to_widths(overflow, framework):
    """As of a loss that has the result in it."""
    case = Case((5,), (5,), 0)
    case.x[1, 2, 3] = np.nan
    k, i, f = (framework.tensor(array) for array in (case.k, case.i, case.f))
    quantize = get_fixed_quantizer('RND', overflow)
    function = lambda x, i, f: quantize(x, k, i, f)  # noqa: E731
    without, with_nan = case.g.copy(), case.g.copy()
    without[1, 2, 3], with_nan[1, 2, 3] = 0, np.nan
    got, want = (
        framework.vjp('eager', function, (framework.tensor(case.x), i, f), framework.tensor(g))[1]
        for g in (with_nan, without)
    )
    for gradient, expected in zip(got[1:], want[1:], strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize('overflow', ['SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP', 'WRAP_SM'])
def test_i_below_minus_f_still_gets_its_gradient(overflow, framework):
    """It is raised to -f: 2^i is 2^-f, and f gets nothing that way."""
    x = np.array([5.0, -5.0, 0.3, -0.3], np.float32)
    f, g = 1.0, np.array([1.0, 2.0, 3.0, 4.0], np.float32)
    table = over(lambda x: surrogates.fixed(x, 1, -4, 1, 'RND', overflow, 0, False), x)
    quantize = get_fixed_quantizer('RND', overflow)
    tensors = [framework.tensor(array) for array in (x, np.float32(-4), np.float32(f))]
    for way in framework.ways:
        _, got = framework.vjp(way, lambda x, i, f: quantize(x, 1, i, f), tensors, framework.tensor(g))
        check_all(got, [table.x, table.i, table.f], [x.shape, (), ()], g, np.float32)
    if overflow == 'SAT':
        # 5, -5 and 0.3 are outside [-0.5, 0]
        assert got[1] == pytest.approx(LN2 * 0.5 * (1 - 2 + 3))


@pytest.mark.parametrize(('overflow', 'bits'), MODES)
def test_the_ends_count_as_in_range(overflow, bits, framework):
    """Exactly min and max pass the gradient on and give none to i; the next numbers outside do not under SAT*."""
    highest = 4 - 2.0**-3
    lowest = -highest if overflow == 'SAT_SYM' else -4.0
    ends = np.array([highest, lowest], np.float32)
    beyond = np.nextafter(ends, np.array([np.inf, -np.inf], np.float32))
    ones = framework.tensor(np.ones(2, np.float32))
    quantize = get_fixed_quantizer('RND', overflow, bits)
    widths = [framework.tensor(np.float32(width)) for width in (2, 3)]
    for x, inside in ((ends, True), (beyond, False)):
        function = lambda x, i, f: quantize(x, 1, i, f)  # noqa: E731
        value, (to_x, to_i, _) = framework.vjp('eager', function, (framework.tensor(x), *widths), ones)
        np.testing.assert_array_equal(value, ends)
        passes = inside or overflow.startswith('WRAP')
        np.testing.assert_array_equal(to_x, [1, 1] if passes else [0, 0])
        # above, and below, by 2^i each: they cancel
        assert to_i == 0
    if overflow.startswith('SAT'):
        above = [framework.tensor(beyond[:1]), *widths]
        _, (_, to_i, _) = framework.vjp('eager', function, above, framework.tensor(np.ones(1, np.float32)))
        assert to_i == pytest.approx(LN2 * 4)


@pytest.mark.parametrize('bits', [0, 1, 2])
def test_wrap_sm_mirrors_where_its_bits_are_inverted(bits, framework):
    """A sweep over several turns: the slope is that of the sawtooth itself."""
    x = np.arange(-40, 40, 0.25, np.float32) + np.float32(0.1)
    quantize = get_fixed_quantizer('TRN', 'WRAP_SM', bits)
    value, (to_x,) = framework.vjp(
        'eager', lambda x: quantize(x, 1, 2, 2), (framework.tensor(x),), framework.tensor(np.ones_like(x))
    )
    steps = np.diff(value)
    # away from the folds one step to the right is one step up or down
    smooth = np.abs(steps) == 0.25
    assert smooth.sum() > 0.8 * x.size
    np.testing.assert_array_equal(to_x[:-1][smooth], np.sign(steps)[smooth])
    assert set(np.sign(steps)[smooth].tolist()) == {1, -1}


@pytest.mark.parametrize('overflow', ['SAT', 'SAT_SYM'])
def test_finite_differences_at_saturation(overflow, framework):
    """What is held at an end is `2^i - 2^-f` or `-2^i`, and its gradients are the slopes of that."""
    i, f, h = 2.0, 3.0, 1e-6
    x = np.array([9.0, -9.0], np.float32)
    ends = {
        'SAT': lambda i, f: np.array([2**i - 2**-f, -(2**i)]),
        'SAT_SYM': lambda i, f: np.array([2**i - 2**-f, -(2**i - 2**-f)]),
    }[overflow]
    slopes = [(ends(i + h, f) - ends(i - h, f)) / (2 * h), (ends(i, f + h) - ends(i, f - h)) / (2 * h)]
    quantize = get_fixed_quantizer('RND', overflow)
    widths = [framework.tensor(np.full(2, width, np.float32)) for width in (i, f)]
    value, (_, *got) = framework.vjp(
        'eager', lambda x, i, f: quantize(x, 1, i, f), (framework.tensor(x), *widths), framework.tensor(np.ones_like(x))
    )
    np.testing.assert_array_equal(value, ends(i, f))
    for gradient, slope in zip(got, slopes, strict=True):
        np.testing.assert_allclose(gradient, slope, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_finite_differences_in_range(rounding, framework):
    """With the rest of the rounding frozen, `q = x - rest * 2^-f`."""
    rng = np.random.default_rng(5)
    x = rng.uniform(-3.8, 3.8, 100).astype(np.float32)
    f, h = 3, 1e-6
    quantize = get_fixed_quantizer(rounding, 'SAT')
    value, (to_x, to_f) = framework.vjp(
        'eager',
        lambda x, f: quantize(x, 1, 2, f),
        (framework.tensor(x), framework.tensor(np.full(100, f, np.float32))),
        framework.tensor(np.ones_like(x)),
    )
    wide = x.astype(np.float64)
    rest = (wide - value) * 2.0**f

    def surrogate(x, f):
        return x - rest * 2.0**-f

    np.testing.assert_allclose(to_x, (surrogate(wide + h, f) - surrogate(wide - h, f)) / (2 * h), rtol=1e-6)
    np.testing.assert_allclose(to_f, (surrogate(wide, f + h) - surrogate(wide, f - h)) / (2 * h), rtol=1e-4, atol=1e-7)


def test_real_widths_pass_the_gradient_on(framework):
    """They are rounded half to even on entry, straight-through."""
    x = numbers(np.random.default_rng(2))
    g = framework.tensor(np.ones_like(x))
    quantize = get_fixed_quantizer('RND', 'SAT')
    for real, whole in (((2.5, 2.5), (2, 2)), ((3.4, 1.5), (3, 2))):
        got, want = (
            framework.vjp(
                'eager',
                lambda x, i, f: quantize(x, 1, i, f),
                [framework.tensor(x), *(framework.tensor(np.float32(width)) for width in widths)],
                g,
            )
            for widths in (real, whole)
        )
        np.testing.assert_array_equal(got[0], want[0])
        for gradient, expected in zip(got[1], want[1], strict=True):
            assert np.any(expected != 0)
            np.testing.assert_array_equal(gradient, expected)


@pytest.mark.parametrize('rounding', ['S_RND', 'S_RND_CONV'])
def test_stochastic_rounding_has_the_gradient_of_what_was_drawn(rounding, framework):
    x = np.random.default_rng(2).uniform(-5, 5, 500).astype(np.float32)
    quantize = get_fixed_quantizer(rounding, 'SAT')
    value, (to_x, to_f) = framework.vjp(
        'eager',
        lambda x, f: quantize(x, 1, 2, f, training=True, seed_gen=3),
        (framework.tensor(x), framework.tensor(np.full(500, 2, np.float32))),
        framework.tensor(np.ones_like(x)),
    )
    inside = (x >= -4) & (x <= 3.75)
    assert 0.5 < inside.mean() < 1
    np.testing.assert_array_equal(to_x, inside)
    np.testing.assert_allclose(to_f[inside], LN2 * (x - value)[inside], rtol=1e-5, atol=1e-7)
    assert (np.abs(x - value)[inside] > 0.126).any()  # further than any rounding to nearest


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize(('overflow', 'bits'), MODES)
def test_a_spec_has_the_gradient_of_its_widths(overflow, bits, training, framework):
    x = numbers(np.random.default_rng(4))
    spec = FixedQ(6, 3, True, 'RND', overflow, bits)
    table = over(lambda x: surrogates.fixed(x, 1, 2, 3, 'RND', overflow, bits, training), x)
    for way in framework.ways if training and not bits else ('eager',):
        value, (got,) = framework.vjp(
            way, lambda x: spec(x, training=training), [framework.tensor(x)], framework.tensor(np.ones_like(x))
        )
        np.testing.assert_array_equal(value, table.value.astype(np.float32))
        np.testing.assert_array_equal(got, table.x)


@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_rounding_alone(rounding, framework):
    """`.round` has no range."""
    rng = np.random.default_rng(6)
    x = (rng.normal(size=SHAPE) * 50).astype(np.float32)
    f = rng.integers(-2, 4, size=5).astype(np.float32)
    g = rng.normal(size=SHAPE).astype(np.float32)
    table = over(lambda x, f: surrogates.fixed(x, 1, 100, int(f), rounding, 'WRAP', 0, True), x, f)
    rounded = get_fixed_quantizer(rounding, 'SAT').round
    value, got = framework.vjp('eager', rounded, [framework.tensor(x), framework.tensor(f)], framework.tensor(g))
    np.testing.assert_array_equal(value, table.value.astype(np.float32))
    check_all(got, [table.x, table.f], [x.shape, f.shape], g, np.float32)
