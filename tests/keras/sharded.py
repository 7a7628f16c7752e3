"""What test_sharding.py runs, by the name of a function, where JAX has 8 devices."""

from __future__ import annotations

import sys

import jax
import jax.numpy as jnp
import keras
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from quantizers import FixedQ, MinifloatQ, float_quantize, get_fixed_quantizer

COLLECTIVES = ('all-gather', 'all-reduce', 'collective-permute', 'all-to-all')
x = np.random.default_rng(0).normal(size=(64, 32)).astype(np.float32) * 5
f = np.random.default_rng(1).integers(0, 6, size=32).astype(np.float32)


def talk(function, *arguments):
    """The collectives in the compiled text of a function."""
    text = jax.jit(function).lower(*arguments).compile().as_text()
    return [name for name in COLLECTIVES if name in text]


def placed(mesh, array, *axes):
    return jax.device_put(array, NamedSharding(mesh, PartitionSpec(*axes)))


def forward():
    """Sharded by rows, by columns and by both; per-channel widths sharded as the channels are, or replicated."""
    devices = np.array(jax.devices())
    assert devices.size == 8
    quantizers = {
        'fixed': lambda x, f: FixedQ(8, 3, True, 'RND', 'SAT')(x),
        'wrap': lambda x, f: FixedQ(8, 3, True, 'RND_CONV', 'WRAP')(x),
        'sign-magnitude': lambda x, f: FixedQ(8, 3, True, 'TRN', 'WRAP_SM')(x),
        'minifloat': lambda x, f: MinifloatQ(3, 4)(x),
        'per channel': lambda x, f: get_fixed_quantizer('RND', 'SAT')(x, 1, 3, f),
        'minifloats per channel': lambda x, f: float_quantize(x, f, 4),
    }
    layouts = [((8,), ('a', None), (None,)), ((8,), (None, 'a'), ('a',)), ((4, 2), ('a', 'b'), ('b',))]
    layouts += [((4, 2), ('a', 'b'), (None,))]
    for shape, x_axes, f_axes in layouts:
        mesh = Mesh(devices.reshape(shape), ('a', 'b')[: len(shape)])
        tensor, widths = placed(mesh, x, *x_axes), placed(mesh, f, *f_axes)
        for name, quantize in quantizers.items():
            result = jax.jit(quantize)(tensor, widths)
            assert result.sharding.is_equivalent_to(tensor.sharding, 2), (name, result.sharding)
            assert len(result.sharding.device_set) == 8
            np.testing.assert_array_equal(result, jax.jit(quantize)(x, f), err_msg=name)
            found = talk(quantize, tensor, widths)
            # widths that are placed otherwise than the channels are sliced where they are
            assert not found, (name, x_axes, f_axes, found)
    print('checked', len(layouts) * len(quantizers))


def collectives_would_be_seen():
    """A function that has to talk is found out, so the check above can fail."""
    mesh = Mesh(np.array(jax.devices()), ('a',))
    tensor = placed(mesh, x, 'a', None)
    assert talk(lambda x: x / jnp.max(x), tensor) == ['all-reduce']
    assert talk(lambda x: jax.lax.with_sharding_constraint(x, NamedSharding(mesh, PartitionSpec())), tensor) == [
        'all-gather'
    ]
    print('checked')


class PerChannel(keras.layers.Layer):
    """Per-channel widths that are trained."""

    def build(self, shape):
        self.i = self.add_weight(shape=shape[-1:], initializer=keras.initializers.Constant(2))
        self.f = self.add_weight(shape=shape[-1:], initializer=keras.initializers.Constant(3))

    def call(self, x, training=False):
        return get_fixed_quantizer('RND', 'SAT')(x, 1, self.i, self.f, training=training)


def trained():
    """Losses and weights after some steps."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.layers.Input((32,)),
            PerChannel(),
            keras.layers.Dense(16, activation='relu'),
            keras.layers.Activation(FixedQ(8, 3, True, 'RND', 'SAT')),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer=keras.optimizers.SGD(0.01), loss='mse', jit_compile=True)
    y = x[:, :1] - x[:, 1:2]
    losses = [float(model.train_on_batch(x, y)) for _ in range(5)]
    return losses, [np.asarray(weight.value) for weight in model.weights]


def data_parallel():
    """The widths' gradients too are summed over the devices."""
    losses, weights = trained()
    assert losses[-1] < losses[0]
    assert any((weight != np.rint(weight)).any() for weight in weights[:2])
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=keras.distribution.list_devices()))
    parallel_losses, parallel_weights = trained()
    np.testing.assert_allclose(parallel_losses, losses, rtol=1e-5)
    for weight, parallel in zip(weights, parallel_weights, strict=True):
        np.testing.assert_allclose(parallel, weight, rtol=1e-4, atol=1e-6)
    print('checked', len(weights))


globals()[sys.argv[1]]()
