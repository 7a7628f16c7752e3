"""Models that hold specs and layers are saved, loaded and cloned, on one backend and on another."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from quantizers import BinaryQ, FixedQ, MinifloatQ, TernaryQ
from quantizers.layers import LearnedFixed, Quantize, QuantizedConv2D, QuantizedDense, SpecConstraint

# Keras reads its own variables in a way that NumPy 2 warns of
pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')

SPEC = FixedQ(8, 3, True, 'RND', 'SAT')
SPECS = [FixedQ(6, -2, False, 'S_RND_CONV', 'WRAP', 3), SPEC, MinifloatQ(2, 3, -1), BinaryQ(), TernaryQ()]
OTHERS = sorted({'jax', 'tensorflow', 'torch'} - {keras.backend.backend()})

# before 3.15 Keras takes no other constraints than its own
TAKES_SPECS = tuple(map(int, keras.__version__.split('.')[:2])) >= (3, 15)

LOAD = """
import sys, keras, numpy as np, quantizers.layers
model = keras.saving.load_model(sys.argv[1], compile=False)  # PyTorch takes a minute to compile
np.save(sys.argv[3], model.predict(np.load(sys.argv[2]), verbose=0))
"""

SAVE = """
import sys, keras, quantizers
spec = quantizers.FixedQ(8, 3, True, 'RND', 'SAT')
keras.Sequential([keras.Input((6, 6, 2)), keras.layers.Activation(spec)]).save(sys.argv[1])
assert 'quantizers.layers' not in sys.modules
"""


def make_model():
    """Every way of holding a spec, with widths that were learned; powers of two make all sums exact."""
    activations = LearnedFixed(FixedQ(7, 3, False, 'S_RND', 'SAT'), granularity='element', beta=1e-3, seed=3)
    model = keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            LearnedFixed(SPEC, initial='data', granularity='channel'),
            QuantizedConv2D(3, 3, kernel_quantizer=SPEC, bias_quantizer=FixedQ(6, 2, True, 'RND', 'SAT')),
            keras.layers.Activation(FixedQ(8, 4, True, 'RND', 'SAT')),
            keras.layers.Flatten(),
            QuantizedDense(5, kernel_quantizer=LearnedFixed(SPEC, axes=(0,), batch_axis=None), bias_initializer='ones'),
            activations,
            keras.layers.Dense(4, kernel_constraint=SPEC if TAKES_SPECS else None, activation=TernaryQ()),
            keras.layers.Dense(3, kernel_constraint=SpecConstraint(FixedQ(6, 2, True, 'RND', 'SAT'))),
            Quantize(FixedQ(8, 4, True, 'S_RND', 'SAT'), seed=1),
        ]
    )
    model.compile(keras.optimizers.Adam(0.01), 'mse')
    x = inputs()
    model.fit(x, np.ones((len(x), 3)), epochs=2, batch_size=8, verbose=0)
    return model


def inputs():
    return np.random.default_rng(0).normal(size=(16, 6, 6, 2)).astype(np.float32)


@pytest.fixture(scope='module')
def model():
    keras.utils.set_random_seed(0)
    return make_model()


@pytest.fixture(scope='module')
def saved(model, tmp_path_factory):
    path = tmp_path_factory.mktemp('saved') / 'm.keras'
    model.save(path)
    return path


def predictions(model):
    result = model.predict(inputs(), verbose=0)
    assert len(np.unique(result)) > 10
    return result


@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_keras_takes_a_spec_where_it_takes_a_function(spec):
    for module in (keras.activations, keras.constraints):
        assert module.get(spec) is spec
        written = json.loads(json.dumps(module.serialize(spec)))
        assert written['registered_name'] == f'quantizers>{type(spec).__name__}'
        assert module.get(written) == module.deserialize(written) == spec
    written = json.loads(json.dumps(keras.constraints.serialize(SpecConstraint(spec))))
    assert keras.constraints.get(written).spec == spec


@pytest.mark.parametrize('constraint', [SPEC, SpecConstraint(SPEC)], ids=['spec', 'SpecConstraint'])
def test_a_constrained_kernel_is_on_the_grid_after_each_update(constraint):
    def make():
        return keras.layers.Dense(4, kernel_constraint=constraint)

    if constraint is SPEC and not TAKES_SPECS:
        with pytest.raises(ValueError, match='Expected an instance of'):
            make().build((None, 3))
        return
    model = keras.Sequential([make()])
    model.compile('sgd', 'mse')
    x = np.random.default_rng(1).normal(size=(8, 3)).astype(np.float32)
    model.fit(x, np.ones((8, 4)), verbose=0)
    kernel = model.get_weights()[0]
    np.testing.assert_array_equal(kernel, SPEC(kernel))


@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_a_configuration_has_every_field(spec):
    config = json.loads(json.dumps(spec.get_config()))
    assert next(iter(config)) == 'kind'
    assert type(spec).from_config(config) == spec


@pytest.mark.parametrize(
    ('spec', 'change', 'message'),
    [
        (SPEC, {'width': 0}, "'width' must be an integer from 1 to 4096: 0"),
        (SPEC, {'rounding': 'UP'}, "'rounding' must be one of .*: 'UP'"),
        (SPEC, {'kind': 'ternary'}, "'kind' must be 'fixed': 'ternary'"),
        (MinifloatQ(2, 3), {'exponent_bits': '3'}, "'exponent_bits' must be an integer from 1 to 11: '3'"),
    ],
)
def test_a_wrong_configuration_is_refused(spec, change, message):
    with pytest.raises(ValueError, match=message):
        type(spec).from_config(spec.get_config() | change)


@pytest.mark.parametrize(
    'layer',
    [
        *map(Quantize, SPECS[1:]),
        Quantize(SPECS[0], seed=5, name='q', trainable=False),
        LearnedFixed(SPEC),
        LearnedFixed(SPECS[1], initial='data', axes=(-1, 1), i_bounds=(0, 3), f_bounds=(-1, 9), beta=0.5, seed=4),
        LearnedFixed(SPEC, granularity='element', batch_axis=None, dtype='mixed_bfloat16'),
        QuantizedDense(3, activation='relu', kernel_quantizer=SPEC, use_bias=False),
        QuantizedConv2D(3, 2, strides=2, bias_quantizer=LearnedFixed(SPEC, batch_axis=None, beta=0.25)),
    ],
    ids=lambda layer: layer.name,
)
def test_a_layer_s_configuration_is_plain_and_makes_the_same_layer(layer):
    config = json.loads(json.dumps(layer.get_config()))
    again = type(layer).from_config(config)
    assert json.loads(json.dumps(again.get_config())) == config
    arguments = inspect.signature(type(layer).__init__).parameters.values()
    for name in {argument.name for argument in arguments if argument.default is not argument.empty} | {'spec'}:
        assert plain(getattr(again, name, None)) == plain(getattr(layer, name, None))


def plain(value):
    return value.get_config() if isinstance(value, keras.layers.Layer) else value


def test_beta_is_saved_as_it_is_now():
    layer = LearnedFixed(SPEC, beta=1.0)
    layer.beta.assign(0.125)
    assert layer.get_config()['beta'] == 0.125


def test_a_saved_model_is_loaded_as_it_was(model, saved):
    loaded = keras.saving.load_model(saved)
    np.testing.assert_array_equal(predictions(loaded), predictions(model))
    for one, other in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert loaded.layers[0].to_specs().tolist() == model.layers[0].to_specs().tolist()
    loaded.fit(inputs(), np.ones((16, 3)), verbose=0)


@pytest.mark.parametrize('backend', [keras.backend.backend(), *OTHERS])
def test_a_saved_model_is_loaded_by_every_backend(backend, model, saved, tmp_path):
    x, y = tmp_path / 'x.npy', tmp_path / 'y.npy'
    np.save(x, inputs())
    run(LOAD, saved, x, y, backend=backend)
    np.testing.assert_array_equal(np.load(y), predictions(model))


def test_a_model_that_was_saved_before_the_layers_were_imported_is_loaded(tmp_path):
    path = tmp_path / 'm.keras'
    run(SAVE, path, backend=keras.backend.backend())
    np.testing.assert_array_equal(predictions(keras.saving.load_model(path)), SPEC(inputs()))


def run(program, *arguments, backend):
    command, environment = [sys.executable, '-c', program, *arguments], os.environ | {'KERAS_BACKEND': backend}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_clone_with_the_same_weights_is_the_same(model):
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    np.testing.assert_array_equal(predictions(clone), predictions(model))


@pytest.mark.parametrize('policy', ['mixed_bfloat16', 'mixed_float16'])
def test_mixed_precision_is_saved(policy, tmp_path: Path):
    keras.utils.set_random_seed(0)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = make_model()
        model.save(tmp_path / 'm.keras')
    finally:
        keras.config.set_dtype_policy(before)
    loaded = keras.saving.load_model(tmp_path / 'm.keras', compile=False)
    assert [layer.dtype_policy.name for layer in loaded.layers] == [policy] * 9
    np.testing.assert_array_equal(predictions(loaded), predictions(model))
