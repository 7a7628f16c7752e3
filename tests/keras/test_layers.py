"""The layers: what they compute, what they learn, what it costs."""

from __future__ import annotations

import importlib
import itertools
import subprocess
import sys

import keras
import ml_dtypes
import numpy as np
import pytest
from keras import ops

from quantizers import BinaryQ, FixedQ, MinifloatQ, TernaryQ
from quantizers.layers import BetaSchedule, LearnedFixed, Quantize, QuantizedConv2D, QuantizedDense, learned_layers

# Keras reads its own variables in a way that NumPy 2 warns of
pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')

SPEC = FixedQ(8, 3, True, 'RND', 'SAT')
SPECS = [FixedQ(6, 2, True, 'TRN', 'WRAP'), FixedQ(5, 2, False, 'RND', 'SAT'), MinifloatQ(2, 3), BinaryQ(), TernaryQ()]


def array(tensor):
    return ops.convert_to_numpy(tensor)


def normal(*shape, scale=1.0):
    return (np.random.default_rng(0).normal(size=shape) * scale).astype(np.float32)


def learned(i, f, spec=SPEC):
    """A layer with these widths for its last axis, as if it had learned them, for inputs of shape (None, 10, axis)."""
    layer = LearnedFixed(spec, granularity='channel')
    layer.build((None, 10, len(i)))
    variables = {variable.name: variable for variable in layer.variables}
    variables['i'].assign(np.subtract(i, spec.i, dtype=np.float32))
    variables['f'].assign(np.subtract(f, spec.f, dtype=np.float32))
    return layer


def step(layer, x, rate=1.0):
    """One step of gradient descent on the sum of the output, and the layer's own losses."""
    model = keras.Sequential([layer])
    model.compile(keras.optimizers.SGD(rate), loss=lambda y, prediction: ops.sum(prediction))
    model.fit(x, x, batch_size=len(x), verbose=0)


@pytest.mark.parametrize('spec', SPECS, ids=repr)
@pytest.mark.parametrize('dtype', [np.float32, np.float16, ml_dtypes.bfloat16])
def test_quantize_computes_what_the_spec_computes(spec, dtype):
    x = normal(50, 7, scale=3).astype(dtype)
    y = Quantize(spec)(ops.convert_to_tensor(x))
    assert keras.backend.standardize_dtype(y.dtype) == np.dtype(dtype).name
    np.testing.assert_array_equal(array(ops.cast(y, 'float32')), spec(x).astype(np.float32))


def test_quantize_takes_a_configuration():
    assert Quantize(SPEC.get_config()).spec == SPEC


@pytest.mark.parametrize('layer', [Quantize(SPEC), LearnedFixed(SPEC)], ids=['Quantize', 'LearnedFixed'])
@pytest.mark.parametrize(('given', 'made'), [('float32', 'float32'), ('bfloat16', 'bfloat16'), ('int32', 'float32')])
def test_the_symbolic_output_is_like_the_input(layer, given, made):
    y = layer(keras.Input((4, 3), dtype=given))
    assert (y.shape, y.dtype) == ((None, 4, 3), made)
    assert keras.backend.standardize_dtype(layer(ops.ones((1, 4, 3), given)).dtype) == made


def test_a_spec_takes_a_symbolic_tensor():
    inputs = keras.Input((5,))
    model = keras.Model(inputs, SPEC(inputs))
    x = normal(20, 5, scale=4)
    np.testing.assert_array_equal(model.predict(x, verbose=0), SPEC(x))


@pytest.mark.parametrize('layer', [Quantize(SPEC), LearnedFixed(SPEC)], ids=['Quantize', 'LearnedFixed'])
def test_masks_pass(layer):
    masked = keras.layers.Masking()(ops.convert_to_tensor(np.array([[[0.0], [1.0]]], np.float32)))
    assert array(layer(masked)._keras_mask).tolist() == [[False, True]]


@pytest.mark.parametrize('make', [Quantize, LearnedFixed])
def test_stochastic_rounding_draws_in_training_only(make):
    spec = FixedQ(8, 3, True, 'S_RND', 'SAT')
    x = np.full((1000,), 0.3, np.float32)
    first, again = (make(spec, seed=7) for _ in range(2))
    drawn = array(first(x, training=True))
    np.testing.assert_array_equal(drawn, array(again(x, training=True)))
    assert set(drawn) == {np.float32(9 / 32), np.float32(10 / 32)}
    assert (array(first(x, training=True)) != drawn).any()
    np.testing.assert_array_equal(array(first(x)), SPEC(x))


STOCHASTIC = FixedQ(8, 3, True, 'S_RND', 'SAT')
TRAINED = {
    'quantize': lambda: Quantize(STOCHASTIC),
    'learned': lambda: LearnedFixed(STOCHASTIC),
    'dense': lambda: QuantizedDense(1000, kernel_quantizer=STOCHASTIC),
    'convolution': lambda: QuantizedConv2D(1000, 1, kernel_quantizer=STOCHASTIC),
}
HEEDS = keras.backend.backend() == 'torch'


class Network(keras.Model):
    """A model whose `train()`, where Keras runs on PyTorch, reaches its layer."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, inputs):
        return self.layer(inputs)


def say(mode, *layers):
    """`train(mode)` of a module of PyTorch that holds the layers; on other frameworks they have no such thing."""
    if HEEDS:
        importlib.import_module('torch').nn.Sequential(*layers).train(mode)
    else:
        assert not any(hasattr(layer, 'train') for layer in layers)


@pytest.mark.filterwarnings('ignore:The model does not have any trainable weights:UserWarning')
@pytest.mark.parametrize('name', TRAINED)
def test_a_layer_in_a_module_of_pytorch_draws_after_train(name):
    """Of which alone there are modules; and inside a model `training` is Keras' own."""
    x = ops.full((200, 1, 1, 1), 0.3, 'float32')  # of which no draw leaves all as they are
    network = Network(TRAINED[name]())
    layer = network.layer
    expected = array(network(x, training=False))

    def draws(call, **training):
        return bool((array(call(x, **training)) != expected).any())

    assert not draws(layer)  # PyTorch's own flag is True from the start
    for mode in (True, False, True):
        say(mode, layer)
        assert draws(layer) == (HEEDS and mode)
        assert [draws(layer, training=False), draws(layer, training=True)] == [False, True]
        assert [draws(layer.call), draws(layer.call)] == [HEEDS and mode] * 2
        assert [draws(network), draws(network, training=True), draws(layer)] == [False, True, HEEDS and mode]
    network.compile('sgd', 'mse')
    network.fit(x, expected, verbose=0)
    expected = array(network(x, training=False))
    assert [draws(network), draws(layer)] == [False, False]
    say(True, network)
    assert [draws(network), draws(layer)] == [False, HEEDS]


def test_after_train_nothing_wraps_and_widths_are_chosen():
    x = np.full((1, 2), 5.0, np.float32)
    wrapping = Quantize(FixedQ(8, 3, True, 'RND', 'WRAP'))
    choosing = LearnedFixed(SPEC, initial='data')
    wrapped, chosen = array(wrapping(x)), array(choosing(x))
    np.testing.assert_array_equal(wrapped, -3)
    say(True, wrapping, choosing)
    np.testing.assert_array_equal(array(wrapping(x)), 5 if HEEDS else wrapped)
    np.testing.assert_array_equal(array(choosing(x)), 5 if HEEDS else chosen)


@pytest.mark.parametrize('make', [Quantize, LearnedFixed])
def test_only_stochastic_layers_have_a_generator(make):
    assert make(SPEC).seed_generator is None


@pytest.mark.parametrize(
    ('error', 'message', 'make'),
    [
        (TypeError, "'spec' must be a FixedQ, MinifloatQ, .*: 8", lambda: Quantize(8)),
        (ValueError, "'spec' must have a 'kind' among 'fixed', .*: 'posit'", lambda: Quantize({'kind': 'posit'})),
        (ValueError, "'width' must be an integer", lambda: Quantize({**SPEC.get_config(), 'width': 0})),
        (TypeError, "'kernel_quantizer' must be a spec, .*: 8", lambda: QuantizedDense(2, kernel_quantizer=8)),
        (ValueError, 'batch_axis=None', lambda: QuantizedConv2D(2, 3, bias_quantizer=LearnedFixed(SPEC))),
    ],
)
def test_what_cannot_be_is_refused(error, message, make):
    with pytest.raises(error, match=message):
        make()


def test_a_missing_keras_is_said_to_be_missing():
    code = "import sys; sys.modules['keras'] = None; import quantizers.layers"
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=False)
    assert "pip install 'quantizers[keras]'" in done.stderr


@pytest.mark.parametrize(
    ('error', 'message', 'arguments'),
    [
        (TypeError, "'spec' must be a FixedQ, for no other", {'spec': BinaryQ()}),
        (ValueError, "'spec' must have no 'saturation_bits' .*: 1", {'spec': FixedQ(8, 3, saturation_bits=1)}),
        (ValueError, "'initial' must be 'spec' or 'data': 'x'", {'initial': 'x'}),
        (ValueError, "'granularity' must be one of tensor.*: 'x'", {'granularity': 'x'}),
        (ValueError, "'granularity' must be None .*: 'tensor'", {'granularity': 'tensor', 'axes': [1]}),
        (ValueError, "'axes' must be integers: 'ab'", {'axes': 'ab'}),
        (ValueError, "'axes' must be integers: 1", {'axes': 1}),
        (ValueError, "'batch_axis' must be 0, or None .*: 1", {'batch_axis': 1}),
        (ValueError, "'i_bounds' must hold the initial width 2 .*3", {'i_bounds': (3, 4)}),
        (ValueError, "'f_bounds' must be two integers.*: 3", {'f_bounds': 3}),
        (ValueError, "'f_bounds' must be an integer from.*: 5.5", {'f_bounds': (0, 5.5)}),
    ],
)
def test_wrong_arguments_of_learned_widths_are_refused(error, message, arguments):
    with pytest.raises(error, match=message):
        LearnedFixed(**{'spec': SPEC} | arguments)


@pytest.mark.parametrize(
    ('message', 'axes', 'shape'),
    [
        (r"'axes' must be axes of an input of rank 2, without the batch: \(3,\)", [3], (9, 9)),
        (r"'axes' must be axes of an input of rank 2, without the batch: \(-3,\)", [-3], (9, 9)),
        (r"'axes' must be axes of an input of rank 2, without the batch: \(0,\)", [0], (9, 9)),
        (r'axes with bit widths of their own .* must have a known size: .*\(None, None, 3\)', [1], (None, None, 3)),
    ],
)
def test_axes_that_the_input_does_not_have_are_refused(message, axes, shape):
    with pytest.raises(ValueError, match=message):
        LearnedFixed(SPEC, axes=axes).build(shape)


def test_there_are_no_formats_before_there_are_widths():
    with pytest.raises(ValueError, match='has no widths yet'):
        LearnedFixed(SPEC).to_specs()


@pytest.mark.parametrize(
    ('arguments', 'input_shape', 'shape', 'elements'),
    [
        ({}, (None, 4, 5, 6), (), 120),
        ({'granularity': 'tensor'}, (None, 7), (), 7),
        ({'granularity': 'channel'}, (None, 4, 5, 6), (6,), 20),
        ({'granularity': 'channel'}, (None, None, 6), (6,), 1),
        ({'granularity': 'element'}, (None, 4, 5, 6), (4, 5, 6), 1),
        ({'axes': (1,)}, (None, 4, 5, 6), (4, 1, 1), 30),
        ({'axes': (-1, 1)}, (None, 4, 5, 6), (4, 1, 6), 5),
        ({'axes': ()}, (None, 4, 5, 6), (), 120),
        ({'batch_axis': None}, (4, 5), (), 20),
        ({'batch_axis': None, 'granularity': 'channel'}, (4, 5), (5,), 4),
        ({'batch_axis': None, 'granularity': 'element'}, (4, 5), (4, 5), 1),
        ({'batch_axis': None, 'axes': (0,)}, (4, 5), (4, 1), 5),
    ],
)
def test_shape_and_cost_of_widths(arguments, input_shape, shape, elements):
    layer = LearnedFixed(SPEC, **arguments)
    layer.build(input_shape)
    k, i, f = layer.kif
    assert k.shape == i.shape == f.shape == shape
    assert [variable.shape for variable in layer.trainable_variables] == [shape, shape]
    assert array(layer.bits) == 8 * elements * np.prod(shape)
    x = normal(*(3 if size is None else size for size in input_shape))
    np.testing.assert_array_equal(array(layer(x)), SPEC(x))


def test_bits_and_their_gradient(framework):
    i, f = np.array([1.4, -2.6, 3, 0, 2.5, 0.5]), np.array([2.6, 2.4, -3, 1, -9, 0.51])
    layer = learned(i, f, FixedQ(8, 3, True, 'RND', 'SAT_SYM'))
    whole = np.rint(i) + np.rint(f)
    one = framework.tensor(np.float32(1))
    bits, gradients = framework.variables_vjp(lambda: layer.bits, layer.trainable_variables, one)
    assert bits == 10 * np.sum(np.where(whole > 0, 1 + whole, 0)) == 90
    for gradient in gradients:
        np.testing.assert_array_equal(gradient, np.where(whole > 0, 10, 0))


@pytest.mark.parametrize(
    ('overflow', 'signed'),
    [*itertools.product(['SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP'], [True, False]), ('WRAP_SM', True)],
)
def test_learned_formats_compute_the_layer_s_output(overflow, signed):
    i, f = np.array([1.4, -2.6, 3, 0, 2.5, 0.4]), np.array([2.6, 2.4, -3, 2, -9, 0.6])
    layer = learned(i, f, FixedQ(8, 3, signed, 'RND_CONV', overflow))
    x = normal(50, 10, 6, scale=4)
    y, specs = array(layer(x)), layer.to_specs()
    assert [spec is None for spec in specs] == [False, True, True, False, True, False]
    for channel, spec in enumerate(specs):
        expected = 0 if spec is None else spec(x[..., channel])
        np.testing.assert_array_equal(y[..., channel], expected)
    k, i, f = layer.kif
    assert [spec.width if spec else 0 for spec in specs] == (k + i + f).tolist()


def test_one_width_gives_one_format():
    layer = LearnedFixed(SPEC)
    layer.build((None, 3))
    assert layer.to_specs() == SPEC
    layer.trainable_variables[1].assign(-SPEC.f - SPEC.i)
    assert layer.to_specs() is None


@pytest.mark.parametrize('sign', [1, -1])
def test_widths_stay_within_their_bounds(sign):
    layer = LearnedFixed(SPEC, i_bounds=(1, 4), f_bounds=(2, 9), granularity='channel', beta=100.0 * sign)
    x = normal(4, 3)
    for _ in range(3):
        step(layer, x)
        _, i, f = layer.kif
        assert (i.tolist(), f.tolist()) == (([1] * 3, [2] * 3) if sign > 0 else ([4] * 3, [9] * 3))
    # where an optimizer went beyond does not count: one step leads back inside
    layer(x, training=True)
    layer.beta.assign(-sign * 0.25)
    step(layer, x, rate=4.0)
    _, i, f = layer.kif
    assert (i.tolist(), f.tolist()) == (([2] * 3, [3] * 3) if sign > 0 else ([3] * 3, [8] * 3))


def test_both_widths_learn():
    layer = LearnedFixed(SPEC)
    x = normal(100, 3, scale=10)
    layer.build(x.shape)
    before = layer.get_weights()
    step(layer, x, rate=0.1)
    assert all((a != b).any() for a, b in zip(before[:2], layer.get_weights()[:2], strict=True))


@pytest.fixture
def whole_steps(framework):
    """Keras compiles a whole training step, in which PyTorch's compiler goes on eagerly here and there."""
    if framework.name != 'torch':
        yield
        return
    import torch

    torch._dynamo.reset()
    with torch._dynamo.config.patch(fail_on_recompile_limit_hit=False):
        yield


@pytest.mark.filterwarnings('ignore')  # PyTorch's compiler warns of itself, and of Keras
@pytest.mark.parametrize('jit', [False, True])
@pytest.mark.usefixtures('whole_steps')
def test_initial_widths_from_data(jit):
    x = np.zeros((5, 6), np.float32)
    x[2] = [0.9, 1.0, -3.99, -4.0, 0, 1e-9]
    x[3] = [0, 0, 3, 1e-3, 0, 0]
    layer = LearnedFixed(SPEC, initial='data', granularity='channel')
    layer(x)
    assert [width.tolist() for width in layer.kif[1:]] == [[2] * 6, [5] * 6]
    model = keras.Sequential([layer])
    model.compile(keras.optimizers.SGD(0.0), 'mse', jit_compile=jit)
    model.fit(x, x, verbose=0)
    first = [[0, 1, 2, 3, 2, -12], [7, 6, 5, 4, 5, 12]]
    assert [width.tolist() for width in layer.kif[1:]] == first
    model.fit(100 * x, x, verbose=0)
    assert [width.tolist() for width in layer.kif[1:]] == first


@pytest.mark.parametrize('bad', [np.nan, np.inf])
def test_data_that_are_not_finite_leave_the_widths_of_the_spec(bad):
    layer = LearnedFixed(SPEC, initial='data', granularity='channel')
    layer(np.array([[bad, 0.3], [0.5, 0.1]], np.float32), training=True)
    assert [width.tolist() for width in layer.kif[1:]] == [[2, -1], [5, 8]]


def test_wrapping_integer_bits_follow_the_data():
    layer = LearnedFixed(FixedQ(6, 2, True, 'RND', 'WRAP'), initial='data', granularity='channel')
    layer.build((None, 2))
    assert len(layer.trainable_variables) == 1
    for x, i in [([0.4, 0.4], [-1, -1]), ([3.0, 0.1], [2, -1]), ([0.1, -0.999], [2, 1])]:
        tensor = np.array([x], np.float32)
        trained = array(layer(tensor, training=True))
        assert layer.kif[1].tolist() == i
        np.testing.assert_array_equal(array(layer(tensor)), trained)


def test_wrapping_integer_bits_of_a_spec_stay():
    layer = LearnedFixed(FixedQ(6, 2, True, 'RND', 'WRAP'))
    layer(np.array([[100.0]], np.float32), training=True)
    assert layer.kif[1].tolist() == 1


def test_a_frozen_layer_stays_as_it_is():
    layer = LearnedFixed(SPEC, initial='data', beta=1.0)
    layer.build((None, 3))
    layer.trainable = False
    before = layer.get_weights()
    layer(normal(10, 3, scale=100), training=True)
    assert not layer.losses
    for a, b in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_cost_counts_once_for_a_layer_that_is_called_twice():
    layer = LearnedFixed(SPEC, beta=0.5)
    inputs = keras.Input((3,))
    model = keras.Model(inputs, layer(layer(inputs)))
    model.compile('sgd', loss=lambda y, prediction: 0.0 * ops.sum(prediction))
    x = normal(4, 3)
    assert model.fit(x, x, verbose=0).history['loss'] == [0.5 * 24]


def test_beta_is_set_for_each_epoch():
    kernel = LearnedFixed(SPEC, batch_axis=None, beta=3.0)
    model = keras.Sequential([keras.Input((3,)), LearnedFixed(SPEC), QuantizedDense(2, kernel_quantizer=kernel)])
    assert learned_layers(model) == [model.layers[0], kernel]
    model.compile(keras.optimizers.SGD(0.0), loss=lambda y, prediction: 0.0 * ops.sum(prediction))
    x = normal(8, 3)
    schedule = BetaSchedule([1.0, 0.0, 0.25].__getitem__)
    history = model.fit(x, x, epochs=3, batch_size=2, verbose=0, callbacks=[schedule]).history
    bits = 8 * (3 + 3 * 2)
    assert history['loss'] == [bits, 0, bits / 4]
    assert [float(layer.beta) for layer in learned_layers(model)] == [0.25, 0.25]


def test_cost_lowers_the_widths():
    layer = LearnedFixed(SPEC, beta=1.0)
    x = normal(4, 3)
    step(layer, x, rate=0.5)
    assert array(layer.bits) < 24


@pytest.mark.parametrize('policy', ['mixed_bfloat16', 'mixed_float16'])
def test_mixed_precision_rounds_neither_widths_nor_inputs(policy):
    layer = LearnedFixed(FixedQ(12, 2, True, 'RND', 'SAT'), dtype=policy)
    x = normal(100, 3)
    np.testing.assert_array_equal(array(layer(x)), layer.spec(x))
    layer.trainable_variables[1].assign(1.499)  # 11.499 would be 11.5 in 16 bits, and rounded to 12
    np.testing.assert_array_equal(array(layer(x)), FixedQ(13, 2, True, 'RND', 'SAT')(x))
    bits = keras.layers.Lambda(lambda _: layer.bits, dtype=policy)(x)
    assert array(bits) == 3 * 13
    assert {variable.dtype for variable in layer.variables} == {'float32'}


def dense(policy=None, **quantizers):
    layer = QuantizedDense(4, activation='relu', bias_initializer='normal', dtype=policy, **quantizers)
    return layer, keras.layers.Dense(4, activation='relu', dtype=policy), (3, 5)


def convolution(policy=None, **quantizers):
    layer = QuantizedConv2D(4, 3, bias_initializer='normal', strides=2, dtype=policy, **quantizers)
    return layer, keras.layers.Conv2D(4, 3, strides=2, dtype=policy), (2, 7, 7, 3)


@pytest.mark.parametrize('make', [dense, convolution])
@pytest.mark.parametrize('policy', ['float32', 'mixed_bfloat16'])
def test_weights_are_quantized_in_their_own_dtype(make, policy):
    kernel, bias = LearnedFixed(SPEC, batch_axis=None, granularity='channel'), FixedQ(6, 2, True, 'RND', 'SAT')
    layer, plain, shape = make(policy, kernel_quantizer=kernel, bias_quantizer=bias)
    x = normal(*shape)
    y = layer(x)
    plain.build(shape)
    plain.set_weights([SPEC(array(layer.kernel)), bias(array(layer.bias))])
    np.testing.assert_array_equal(array(ops.cast(y, 'float32')), array(ops.cast(plain(x), 'float32')))
    assert (array(layer.kernel) != SPEC(array(layer.kernel))).any()
    assert array(kernel.bits) == 8 * np.size(layer.kernel)
    assert kernel.kif[0].shape == (4,)


def test_widths_of_weights_are_chosen_from_the_weights_in_training():
    kernel = LearnedFixed(SPEC, initial='data', batch_axis=None)
    layer = QuantizedDense(2, kernel_initializer=keras.initializers.Constant(0.3), kernel_quantizer=kernel)
    layer(normal(4, 3))
    assert kernel.to_specs() == SPEC
    layer(normal(4, 3), training=True)
    assert kernel.to_specs() == FixedQ(8, 0, True, 'RND', 'SAT')


@pytest.mark.parametrize('make', [dense, convolution])
def test_weights_without_quantizers_are_as_they_are(make):
    layer, plain, shape = make(use_bias=False)
    x = normal(*shape)
    y = layer(x)
    plain.build(shape)
    plain.set_weights([array(layer.kernel), np.zeros(4)])
    np.testing.assert_array_equal(array(y), array(plain(x)))


def test_channels_may_come_first():
    x = normal(2, 6, 6, 3)
    first, last = (
        QuantizedConv2D(4, 3, data_format=f'channels_{where}', kernel_quantizer=SPEC, bias_initializer='normal')
        for where in ('first', 'last')
    )
    y = last(x)
    first.build((2, 3, 6, 6))
    first.set_weights(last.get_weights())
    np.testing.assert_allclose(array(first(x.transpose(0, 3, 1, 2))).transpose(0, 2, 3, 1), array(y), atol=1e-5)


@pytest.fixture(params=['float32', 'mixed_bfloat16', 'mixed_float16'])
def dtype_policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)


@pytest.mark.filterwarnings('ignore')
@pytest.mark.usefixtures('whole_steps')
def test_compiled_training_lowers_the_loss(dtype_policy, framework):
    keras.utils.set_random_seed(0)
    kernel = LearnedFixed(SPEC, initial='data', granularity='element', batch_axis=None)
    model = keras.Sequential(
        [
            LearnedFixed(SPEC, initial='data', granularity='channel', beta=1e-5),
            QuantizedDense(3, kernel_quantizer=kernel),
            Quantize(FixedQ(8, 5, True, 'S_RND', 'SAT'), seed=1),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # PyTorch takes minutes to compile
    jit = framework.name != 'torch' or dtype_policy == 'float32'
    model.compile(keras.optimizers.Adam(0.05), loss, jit_compile=jit)
    x = normal(64, 8, scale=2)
    losses = model.fit(x, np.argmax(x[:, :3], axis=1), batch_size=64, epochs=20, verbose=0).history['loss']
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.5 * losses[0]
