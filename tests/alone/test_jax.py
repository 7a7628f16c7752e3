"""JAX alone: its transformations of a format and of widths, on several devices too."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, PartitionSpec

from quantizers import FixedQ, MinifloatQ, float_quantize, get_fixed_quantizer

SPEC = FixedQ(6, 3, True, 'RND', 'SAT')
X = np.random.default_rng(0).normal(0, 3, (8, 6)).astype(np.float32)
quantize = get_fixed_quantizer('RND', 'SAT')


@pytest.mark.parametrize('spec', [SPEC, FixedQ(6, 3), FixedQ(6, 3, True, 'TRN', 'WRAP_SM'), MinifloatQ(2, 3)], ids=repr)
def test_transformations_of_a_format(spec):
    x, expected = jnp.asarray(X), spec(X)
    for transformed in (jax.jit(spec), jax.vmap(spec), jax.jit(jax.vmap(spec)), jax.vmap(jax.vmap(spec))):
        np.testing.assert_array_equal(transformed(x), expected)
    slope = jax.grad(lambda x: spec(x).sum())
    np.testing.assert_array_equal(jax.jit(slope)(x), slope(x))
    np.testing.assert_array_equal(jax.vmap(jax.vmap(jax.grad(spec)))(x), slope(x))
    value, tangent = jax.jvp(spec, (x,), (2 * jnp.ones_like(x),))
    np.testing.assert_array_equal(value, expected)
    np.testing.assert_allclose(tangent, 2 * slope(x))
    second = jax.grad(jax.grad(lambda x: spec(x) ** 2))(0.7)
    assert second == 2


def test_transformations_of_widths():
    x, f = jnp.asarray(X), jnp.arange(6.0)
    loss = lambda f: (quantize(x, 1, 2, f) ** 2).sum()  # noqa: E731
    slope = jax.grad(loss)(f)
    assert slope.shape == f.shape
    assert np.any(slope != 0)
    np.testing.assert_allclose(jax.jit(jax.grad(loss))(f), slope, rtol=1e-5)
    rows = jax.vmap(lambda x: quantize(x, 1, 2, f))(x)
    np.testing.assert_array_equal(rows, quantize(x, 1, 2, f))
    columns = jax.vmap(lambda f: float_quantize(x[0], f, 3))(f)
    np.testing.assert_array_equal(columns, jnp.stack([float_quantize(x[0], m, 3) for m in f]))


def test_shard_map():
    """Each device has its rows, and the gradient to widths that all share is the sum over devices."""
    assert len(jax.devices()) == 4
    mesh = Mesh(jax.devices(), ('rows',))
    rows, whole = PartitionSpec('rows'), PartitionSpec()
    x, f = jnp.asarray(X), jnp.arange(6.0)

    @jax.jit
    @partial(jax.shard_map, mesh=mesh, in_specs=(rows, whole), out_specs=(rows, rows))
    def sharded(x, f):
        return SPEC(x), quantize(x, 1, 2, f)

    by_format, by_widths = sharded(x, f)
    np.testing.assert_array_equal(by_format, SPEC(X))
    np.testing.assert_array_equal(by_widths, quantize(x, 1, 2, f))
    slope = jax.grad(lambda f: (sharded(x, f)[1] ** 2).sum())(f)
    np.testing.assert_allclose(slope, jax.grad(lambda f: (quantize(x, 1, 2, f) ** 2).sum())(f), rtol=1e-5)


def test_keys_of_jax_draw():
    spec, x = FixedQ(8, 8, True, 'S_RND', 'SAT'), jnp.full(1000, 0.3)
    draw = jax.jit(lambda x, key: spec(x, training=True, seed_gen=key))
    results = [draw(x, key) for key in jax.random.split(jax.random.key(0), 3)]
    assert len({result.tobytes() for result in map(np.asarray, results)}) == 3
    number = spec(x, training=True, seed_gen=5)
    np.testing.assert_array_equal(number, draw(x, jnp.array([5, 0], 'uint32')))  # a key of the older kind


def test_the_dtype_of_integers_is_jaxs_own():
    assert SPEC(jnp.arange(3)).dtype == np.float32
    with jax.enable_x64(True):
        assert SPEC(jnp.arange(3)).dtype == np.float64
