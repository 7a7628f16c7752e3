"""JAX's transformations: vmap, grad of jit, jit of grad, scan, checkpoint; and what stays in memory for backward."""

from __future__ import annotations

import inspect
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from oracles.surrogates import LN2, WIDTH_SHAPES, Case
from quantizers import BinaryQ, FixedQ, MinifloatQ, TernaryQ, float_quantize, get_fixed_quantizer
from quantizers.fixed_point._fixed_point_ops import _get_fixed_quantizer, round_conv

OVERFLOWS = ['SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP', 'WRAP_SM']


def loss(quantize, g, k):
    return lambda x, i, f: jnp.sum(quantize(x, k, i, f) * g)


@pytest.mark.parametrize('overflow', OVERFLOWS)
def test_vmap_over_x_and_over_widths(overflow):
    """A batch of inputs, of widths, and of both, as one call after another would do."""
    quantize = get_fixed_quantizer('RND', overflow)
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(6, 5)) * 9, jnp.float32)
    i, f = (jnp.asarray(rng.integers(0, 4, size=(6, 5)), jnp.float32) for _ in range(2))
    both = jax.vmap(lambda x, i, f: quantize(x, 1, i, f))(x, i, f)
    np.testing.assert_array_equal(both, quantize(x, 1, i, f))
    np.testing.assert_array_equal(jax.vmap(lambda x: quantize(x, 1, i[0], f[0]))(x), quantize(x, 1, i[0], f[0]))
    np.testing.assert_array_equal(
        jax.vmap(lambda f: quantize(x[0], 1, 2, f))(f), jnp.stack([quantize(x[0], 1, 2, row) for row in f])
    )
    scalars = jax.vmap(lambda x, i, f: quantize(x, 1, i, f), in_axes=(None, 0, 0))(x, i[:, 0], f[:, 0])
    np.testing.assert_array_equal(scalars, jnp.stack([quantize(x, 1, i[j, 0], f[j, 0]) for j in range(6)]))


@pytest.mark.parametrize('overflow', OVERFLOWS)
def test_vmap_of_grad_and_grad_of_vmap(overflow):
    """Each element of a batch has a gradient of its own; their sum is that of the whole."""
    case = Case((5,), (5,), 0)
    quantize = get_fixed_quantizer('RND', overflow)
    x, g, i, f, k = (jnp.asarray(array) for array in (case.x, case.g, case.i, case.f, case.k))
    whole = jax.grad(loss(quantize, g, k), (0, 1, 2))(x, i, f)
    each = jax.vmap(lambda x, g: jax.grad(loss(quantize, g, k), (0, 1, 2))(x, i, f))(x, g)
    assert each[1].shape == (3, 5)
    np.testing.assert_array_equal(each[0], whole[0])
    for one, all_of in zip(each[1:], whole[1:], strict=True):
        np.testing.assert_allclose(one.sum(0), all_of, rtol=1e-4, atol=1e-4)
    mapped = jax.grad(lambda x, i, f: jnp.sum(jax.vmap(lambda x: quantize(x, k, i, f))(x) * g), (0, 1, 2))(x, i, f)
    np.testing.assert_array_equal(mapped[0], whole[0])
    for one, all_of in zip(mapped[1:], whole[1:], strict=True):
        np.testing.assert_allclose(one, all_of, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('shapes', WIDTH_SHAPES)
def test_jit_of_grad_and_grad_of_jit(shapes):
    case = Case(*WIDTH_SHAPES[shapes], 0)
    x, g, i, f, k = (jnp.asarray(array) for array in (case.x, case.g, case.i, case.f, case.k))
    function = loss(get_fixed_quantizer('RND_CONV', 'SAT'), g, k)
    plain = jax.grad(function, (0, 1, 2))(x, i, f)
    for other in (jax.jit(jax.grad(function, (0, 1, 2))), jax.grad(jax.jit(function), (0, 1, 2))):
        for one, another in zip(other(x, i, f), plain, strict=True):
            np.testing.assert_allclose(one, another, rtol=1e-5, atol=1e-5)


def test_scan_and_checkpoint():
    quantize = get_fixed_quantizer('RND', 'SAT')
    x, f = jnp.linspace(-5.0, 5.0, 40), jnp.float32(2)

    def unrolled(f):
        y = x
        for _ in range(3):
            y = quantize(y * 0.7, 1, 2, f)
        return jnp.sum(y**2)

    def scanned(f):
        y, _ = jax.lax.scan(lambda y, _: (quantize(y * 0.7, 1, 2, f), None), x, length=3)
        return jnp.sum(y**2)

    def checkpointed(f):
        y = x
        for _ in range(3):
            y = jax.checkpoint(lambda y: quantize(y * 0.7, 1, 2, f))(y)
        return jnp.sum(y**2)

    want = jax.value_and_grad(unrolled)(f)
    for other in (scanned, checkpointed):
        np.testing.assert_allclose(jax.value_and_grad(other)(f), want, rtol=1e-5)


def test_tracers_are_never_sent_to_numpy():
    """A spec inside jit, grad and vmap sees tracers; so do widths that are arguments."""
    x = jnp.linspace(-5.0, 5.0, 11)
    for spec in (FixedQ(6, 3, True, 'RND', 'SAT'), FixedQ(6, 3), MinifloatQ(2, 3)):
        want = spec(np.asarray(x))
        np.testing.assert_array_equal(jax.jit(spec)(x), want)
        np.testing.assert_array_equal(jax.vmap(spec)(x), want)
        assert jax.grad(lambda x, spec=spec: spec(x).sum())(x).shape == x.shape
    with jax.check_tracer_leaks():
        jax.jit(lambda x, m: float_quantize(x, m, 3))(x, jnp.float32(2))
        jax.jit(lambda x, f: get_fixed_quantizer('RND', 'SAT')(x, 1, 2, f))(x, jnp.float32(2))


def test_a_result_does_not_depend_on_what_was_traced_before():
    """Nothing traced is kept for the next call, eager or in the other precision."""
    spec = FixedQ(8, 3, True, 'RND', 'SAT')
    x = np.linspace(-3, 3, 11)
    jax.jit(spec)(jnp.asarray(x, jnp.float16))
    with jax.enable_x64(True):
        first = jax.jit(spec)(jnp.asarray(x))
        assert first.dtype == np.float64
    narrow = spec(jnp.asarray(x, jnp.float32))
    assert narrow.dtype == np.float32
    with jax.enable_x64(True):
        np.testing.assert_array_equal(spec(jnp.asarray(x)), spec(x))
        np.testing.assert_array_equal(first, spec(x))
    np.testing.assert_array_equal(spec(jnp.asarray(x, jnp.float32)), narrow)


def test_float32_stays_float32_in_x64_mode():
    with jax.enable_x64(True):
        x = jnp.linspace(-5, 5, 11, dtype=jnp.float32)
        for f in (2, 2.0, np.full(11, 2.0), jnp.full(11, 2), jnp.float64(2)):
            got, gradient = jax.value_and_grad(lambda x, f=f: get_fixed_quantizer('RND', 'SAT')(x, 1, 2, f).sum())(x)
            assert got.dtype == gradient.dtype == np.float32
            compiled = jax.jit(lambda x, f: get_fixed_quantizer('RND', 'SAT')(x, 1, 2, f))(x, f)
            assert compiled.dtype == np.float32


def test_the_gradient_to_a_scalar_is_summed_in_one_go():
    """A million small terms: their sum is as exact as that of float32 numbers can be."""
    x = jnp.full((1_000_000,), 9.0)
    _, to_i = jax.grad(lambda x, i: get_fixed_quantizer('RND', 'SAT')(x, 1, i, 2.0).sum(), (0, 1))(x, jnp.float32(2))
    np.testing.assert_allclose(to_i, 1e6 * LN2 * 4, rtol=1e-5)


def kept(function, *inputs):
    """The bytes that wait for the backward pass."""
    _, pullback = jax.jit(lambda *inputs: jax.vjp(function, *inputs))(*inputs)
    return sum(leaf.nbytes for leaf in jax.tree.leaves(pullback))


@pytest.mark.parametrize('training', [False, True])
@pytest.mark.parametrize('overflow', OVERFLOWS)
@pytest.mark.parametrize('dtype', ['float32', 'bfloat16'])
def test_backward_keeps_the_input_the_output_and_the_widths(dtype, overflow, training):
    """And nothing else, whatever the formulas have in between; in the dtype of `x`."""
    x, i, f = jnp.ones((100, 50), dtype), jnp.full(50, 2.0), jnp.full(50, 3.0)
    quantize = get_fixed_quantizer('RND', overflow)
    assert kept(lambda x, i, f: quantize(x, 1, i, f, training), x, i, f) <= 2 * x.nbytes + i.nbytes + f.nbytes


@pytest.mark.parametrize('dtype', ['float32', 'bfloat16'])
def test_backward_keeps_the_input_and_the_output_of_a_format(dtype):
    x, m, e = jnp.ones((100, 50), dtype), jnp.full(50, 2.0), jnp.full(50, 3.0)
    assert kept(float_quantize, x, m, e) <= 2 * x.nbytes + m.nbytes + e.nbytes
    fixed = [FixedQ(8, 3, True, 'RND', overflow) for overflow in OVERFLOWS]
    for spec in (*fixed, MinifloatQ(3, 4), BinaryQ(), TernaryQ()):
        assert kept(spec, x) <= 2 * x.nbytes, spec


def tracers(function, *arguments):
    """The kinds of what `function` is given while `grad` and `jit` of it run, and the gradients of both."""
    seen = []

    def watched(*inner):
        seen.extend(type(argument).__name__ for argument in inner)
        return jnp.sum(function(*inner))

    every = tuple(range(len(arguments)))
    eager = jax.grad(watched, every)(*arguments)
    compiled = jax.jit(jax.grad(watched, every))(*arguments)
    jax.jit(watched)(*arguments)
    return set(seen), eager, compiled


def by_overflow(overflow):
    """Calls with inputs and widths, and with widths alone."""
    quantize, x = _get_fixed_quantizer('RND', overflow), Case((5,), (5,), 0).x
    return {
        f'{overflow}, call': lambda x, i, f: quantize(x, 1, i, f, True, None),
        f'{overflow}, widths': lambda i, f: quantize(x, 1, i, f),
    }


CALLS = {
    'round': lambda x, f: _get_fixed_quantizer('RND', 'SAT').round(x, f, False, None),
    'round_conv': round_conv,
    'minifloat': lambda x, m: float_quantize(x, m, 4, 0),
}
for mode in ('SAT', 'SAT_SYM', 'WRAP', 'WRAP_SM'):
    CALLS |= by_overflow(mode)


@pytest.mark.parametrize('name', CALLS)
def test_every_kind_of_tracer_is_taken(name):
    """As inputs and as widths, by a call, by `round` and by `round_conv`; so HGQ2's layers meet them."""
    case, function = Case((5,), (5,), 0), CALLS[name]
    of = {'x': case.x, 'i': case.i, 'f': case.f, 'm': case.f}
    arguments = [jnp.asarray(of[parameter]) for parameter in inspect.signature(function).parameters]
    kinds, eager, compiled = tracers(function, *arguments)
    assert {'LinearizeTracer', 'DynamicJaxprTracer'} <= kinds
    for one, other in zip(eager, compiled, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
    assert np.any(np.asarray(eager[0]) != 0) or name.endswith('widths')


COMPILERS = [lambda function: function, jax.jit]


@pytest.mark.parametrize('spec', [FixedQ(8, 3, True, 'RND', 'SAT'), FixedQ(8, 3), MinifloatQ(1, 2, 1), TernaryQ()])
@pytest.mark.parametrize('compiler', COMPILERS)
def test_numbers_of_python_are_differentiated_as_arrays_are(spec, compiler):
    assert compiler(jax.grad(spec))(0.3) == jax.grad(spec)(jnp.asarray(0.3))


@pytest.mark.parametrize('compiler', COMPILERS)
def test_widths_that_are_numbers_of_python_are_differentiated_as_arrays_are(compiler):
    assert compiler(jax.grad(lambda f: get_fixed_quantizer('RND', 'SAT')(0.3, 1, 2, f)))(3.0) == jax.grad(
        lambda f: get_fixed_quantizer('RND', 'SAT')(jnp.asarray(0.3), 1, 2, f)
    )(jnp.asarray(3.0))
    assert compiler(jax.grad(lambda m: float_quantize(0.3, m, 2, 1)))(3.0) == jax.grad(
        lambda m: float_quantize(jnp.asarray(0.3), m, 2, 1)
    )(jnp.asarray(3.0))


@pytest.mark.parametrize('spec', [FixedQ(8, 3, True, 'RND', 'SAT'), FixedQ(8, 3), MinifloatQ(3, 4)], ids=repr)
def test_second_derivatives_of_every_transformation(spec):
    """Also of numbers of Python, as `float` or in an array that is made inside."""
    square = lambda x: jnp.sum(spec(x) ** 2)  # noqa: E731
    second = jax.grad(jax.grad(square))
    x = jnp.asarray([0.7, -1.3])
    assert second(0.7) == jax.jit(second)(0.7) == jax.grad(jax.jit(jax.grad(jax.jit(square))))(0.7) == 2
    assert jax.grad(jax.grad(lambda x: spec(jnp.array([x]))[0] ** 2))(0.7) == 2
    assert jax.grad(jax.grad(jax.checkpoint(square)))(0.7) == 2
    assert jax.vmap(second)(x).tolist() == [2, 2]
    assert jax.jacrev(jax.grad(square))(x).tolist() == [[2, 0], [0, 2]]
    assert jax.grad(second)(0.7) == 0


def test_a_bias_is_quantized_once():
    """XLA would do it in the loop of what it is added to, for each element of that."""
    spec = FixedQ(8, 3, True, 'RND', 'SAT')
    x, bias = jax.ShapeDtypeStruct((512, 32), jnp.float32), jax.ShapeDtypeStruct((32,), jnp.float32)
    text = jax.jit(lambda x, bias: x + spec(bias)).lower(x, bias).compile().as_text()
    fused = [part for part in text.split('\n\n') if 'ENTRY' not in part and '[512,32]' in part]
    assert fused
    assert not any('floor' in part for part in fused)


@pytest.mark.parametrize('overflow', OVERFLOWS)
@pytest.mark.parametrize('rows', [None, 512])
def test_constants_of_a_channel_are_computed_for_each_channel_alone(overflow, rows):
    """XLA would compute them in the loop over all: the powers of two by operations of int32, which x itself has not."""
    shape = (rows, 32) if rows else jax.export.symbolic_shape('rows, 32')
    widths = [jax.ShapeDtypeStruct((32,), jnp.float32)] * 3
    function = jax.jit(get_fixed_quantizer('RND', overflow))
    x = jax.ShapeDtypeStruct(shape, jnp.float32)
    if rows is None:
        jax.export.export(function)(x, *widths)
    else:
        text = function.lower(x, *widths).compile().as_text()
        fused = [part for part in text.split('\n\n') if 'ENTRY' not in part and '[512,32]' in part]
        assert fused
        assert not any(re.search(r'= s32\[32\]\S* (shift|multiply|add|subtract)', part) for part in fused)
