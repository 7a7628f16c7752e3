"""The weights of a float network go into a quantized one by name, all of them or none, and nothing goes silently."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest
from keras import layers, ops

from quantizers import FixedQ
from quantizers.layers import LearnedFixed, Quantize, QuantizedConv2D, QuantizedDense, copy_weights

# Keras reads its own variables in a way that NumPy 2 warns of
pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')

SPEC = FixedQ(8, 3, True, 'RND', 'SAT')


def learned():
    return LearnedFixed(SPEC, granularity='channel', batch_axis=None)


# what quantizes kernels: nothing, a format, learned widths, another layer with weights
QUANTIZERS = {'format': lambda: SPEC, 'learned': learned, 'layer': lambda: layers.LayerNormalization(axis=-1)}


def network(dense=layers.Dense, conv=layers.Conv2D, quantizer=None, after=(), units=3, first='first'):
    """A model in a model, with weights that are not trained; the layers `after` the inner ones are added."""

    def own():  # one quantizer for each layer
        return {'kernel_quantizer': quantizer()} if quantizer else {}

    inner = [conv(3, 2, name='conv', **own()), layers.BatchNormalization(name='norm'), *after]
    outer = [layers.Flatten(), dense(4, name=first, **own()), dense(units, name='last', **own())]
    return keras.Sequential([keras.Input((4, 4, 2)), keras.Sequential(inner, name='inner'), *outer])


def quantized(quantizer='format', **arguments):
    return network(QuantizedDense, QuantizedConv2D, QUANTIZERS[quantizer], **arguments)


def scrambled(model):
    """With numbers that no initializer makes."""
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.1, 1, w.shape).astype(w.dtype) for w in model.get_weights()])
    return model


def weights(model):
    """By the names of layer and weight, but for those of quantizers."""
    found = {}
    for layer in model._flatten_layers():
        for weight in [*layer._trainable_variables, *layer._non_trainable_variables]:
            if not isinstance(layer, LearnedFixed | Quantize | layers.LayerNormalization):
                found[layer.name, weight.name] = ops.convert_to_numpy(weight)
    return found


def everything(model):
    return [np.array(weight) for weight in model.get_weights()]


def same(one, other):
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize('quantizer', QUANTIZERS)
def test_float_weights_go_into_quantized_layers(quantizer):
    source = scrambled(network())
    target = quantized(quantizer, after=[Quantize(SPEC), LearnedFixed(SPEC)])
    rest = [everything(layer) for layer in target._flatten_layers() if isinstance(layer, LearnedFixed)]
    copy_weights(source, target)
    expected, got = weights(source), weights(target)
    assert len(expected) == 2 + 4 + 2 + 2
    assert got.keys() == expected.keys()
    for name, weight in expected.items():
        np.testing.assert_array_equal(got[name], weight)
    after = [everything(layer) for layer in target._flatten_layers() if isinstance(layer, LearnedFixed)]
    assert all(same(a, b) for a, b in zip(rest, after, strict=True))


def test_learned_weights_go_back_into_a_float_network():
    source, target = scrambled(quantized('learned')), network()
    copy_weights(source, target)
    for name, weight in weights(source).items():
        np.testing.assert_array_equal(weights(target)[name], weight)


def test_the_quantized_network_computes_with_them():
    source, target = network(), quantized()
    copy_weights(scrambled(source), target)
    x = np.random.default_rng(1).normal(size=(5, 4, 4, 2)).astype(np.float32)
    for layer in ('first', 'last'):
        mine = source.get_layer(layer)
        mine.set_weights([SPEC(mine.get_weights()[0]), mine.get_weights()[1]])
    conv = source.get_layer('inner').get_layer('conv')
    conv.set_weights([SPEC(conv.get_weights()[0]), conv.get_weights()[1]])
    np.testing.assert_allclose(target.predict(x, verbose=0), source.predict(x, verbose=0), rtol=1e-5)


def test_the_order_of_layers_does_not_count():
    def two(dense, names):
        x = keras.Input((4,))
        return keras.Model(x, [dense(4, name=name)(x) for name in names])

    source, target = scrambled(two(layers.Dense, 'ab')), two(QuantizedDense, 'ba')
    copy_weights(source, target)
    for name in 'ab':
        assert same(everything(target.get_layer(name)), everything(source.get_layer(name)))


def test_one_layer_takes_the_weights_of_another_whatever_their_names():
    source, target = layers.Dense(2, name='one'), QuantizedDense(2, kernel_quantizer=learned(), name='other')
    for layer in (source, target):
        layer.build((None, 3))
    copy_weights(scrambled(source), target)
    assert same(everything(target)[:2], everything(source))


class Block(layers.Layer):
    """A user's layer, whose layers Keras names itself; `turned` makes the second first."""

    def __init__(self, dense, turned, **arguments):
        super().__init__(**arguments)
        for step in ('two', 'one') if turned else ('one', 'two'):
            setattr(self, step, [{'dense': dense(4)}])

    def build(self, shape):
        for part in (self.one, self.two):
            part[0]['dense'].build(shape)

    def call(self, x):
        return self.two[0]['dense'](self.one[0]['dense'](x))


def test_layers_inside_a_layer_go_by_their_attribute():
    source, target = Block(layers.Dense, False), Block(QuantizedDense, True)
    for layer in (source, target):
        layer.build((None, 4))
    copy_weights(scrambled(source), target)
    for step in ('one', 'two'):
        mine, theirs = (getattr(layer, step)[0]['dense'] for layer in (target, source))
        assert same(everything(mine), everything(theirs))


@pytest.mark.parametrize(
    'make',
    [
        lambda: layers.LSTM(3, name='a', recurrent_initializer='zeros'),
        lambda: layers.Bidirectional(layers.GRU(3, recurrent_initializer='zeros'), name='a'),
        lambda: layers.RNN([layers.SimpleRNNCell(4, recurrent_initializer='zeros') for _ in range(2)], name='a'),
        lambda: layers.TimeDistributed(layers.Dense(3), name='a'),
    ],
    ids=['LSTM', 'Bidirectional', 'RNN', 'TimeDistributed'],
)
def test_names_that_keras_numbers_do_not_count(make):
    source, target = (keras.Sequential([keras.Input((5, 4)), make()]) for _ in range(2))
    copy_weights(scrambled(source), target)
    assert same(everything(target), everything(source))


def test_the_copy_is_one_of_its_own():
    source, target = network(), quantized('learned')
    copy_weights(scrambled(source), target)
    before = everything(source)
    # a compiled step of JAX takes the arrays themselves; PyTorch would compile for a minute
    target.compile(keras.optimizers.SGD(0.1), 'mse', jit_compile=keras.backend.backend() == 'jax')
    target.fit(np.ones((4, 4, 4, 2)), np.zeros((4, 3)), verbose=0)
    assert not same(everything(target)[:1], before[:1])
    assert same(everything(source), before)


def test_what_is_wrong_is_said_by_name_and_nothing_is_copied():
    source, target = scrambled(network(units=2)), quantized(first='1st')
    before = everything(target)
    with pytest.raises(ValueError, match='nothing was copied') as error:
        copy_weights(source, target)
    first, *lines = str(error.value).splitlines()
    assert first == (
        "'target' must have the weights of 'source', and nothing was copied; give the layers of both the same names, "
        'or copy layer by layer: copy_weights(source.get_layer(NAME), target.get_layer(NAME))'
    )
    assert lines == [
        '  1st/kernel: missing, it is in the target alone',
        '  1st/bias: missing, it is in the target alone',
        '  first/kernel: unexpected, it is in the source alone',
        '  first/bias: unexpected, it is in the source alone',
        '  last/kernel: of shape (4, 2) in the source, (4, 3) in the target',
        '  last/bias: of shape (2,) in the source, (3,) in the target',
    ]
    assert same(everything(target), before)


def test_of_many_the_first_ten_are_said():
    models = []
    for units in (1, 2):
        dense = [
            layers.Dense(1, name='x' * 100, use_bias=False),
            *(layers.Dense(units, name=f'd{n}') for n in range(7)),
        ]
        models.append(keras.Sequential([keras.Input((1,)), *dense]))
    with pytest.raises(ValueError, match='nothing was copied') as error:
        copy_weights(*models)
    lines = str(error.value).splitlines()
    assert len(lines) == 1 + 10 + 1
    assert lines[-1] == '  and 4 more'
    dense = layers.Dense(1)
    dense.build((None, 1))
    with pytest.raises(ValueError, match=rf'(?m)^  {"x" * 77}\.\.\.: missing'):
        copy_weights(dense, models[0])


def test_a_weight_of_another_network_is_unexpected():
    """Each of what is in one network alone is an error: a bias less, a layer more."""
    x = keras.Input((3,))
    with_bias, without = (keras.Model(x, layers.Dense(2, use_bias=bias, name='a')(x)) for bias in (True, False))
    with pytest.raises(ValueError, match='a/bias: unexpected'):
        copy_weights(with_bias, without)
    with pytest.raises(ValueError, match='a/bias: missing'):
        copy_weights(without, with_bias)


class Twice(keras.Model):
    """Two layers of one name, which only a model of the user's own can have."""

    def __init__(self):
        super().__init__()
        self.one, self.two = layers.Dense(2, name='a'), layers.Dense(2, name='a')

    def call(self, x):
        return self.two(self.one(x))


def test_two_weights_of_one_name_are_refused():
    model = Twice()
    model(np.ones((1, 2), np.float32))
    with pytest.raises(ValueError, match="'source' must have one weight alone named 'a/kernel'; rename"):
        copy_weights(model, model)


def test_a_layer_of_two_places_is_copied_once():
    def shared(dense):
        layer = dense(4, name='a')
        x = keras.Input((4,))
        return keras.Model(x, layer(layer(x)))

    source, target = scrambled(shared(layers.Dense)), shared(QuantizedDense)
    copy_weights(source, target)
    assert same(everything(target), everything(source))


@pytest.mark.parametrize(
    ('error', 'message', 'source', 'target'),
    [
        (TypeError, "'source' must be a model or layer of Keras: 'float.weights.h5'", 'float.weights.h5', network),
        (TypeError, r"'target' must be a model or layer of Keras: \[\]", network, []),
        (ValueError, "'source' must be built, or called, before it has weights: <Dense", layers.Dense(3), network),
        (ValueError, "'target' must be built, or called", network, lambda: keras.Sequential([QuantizedDense(3)])),
    ],
)
def test_what_has_no_weights_is_refused(error, message, source, target):
    made = [value() if callable(value) and not isinstance(value, layers.Layer) else value for value in (source, target)]
    with pytest.raises(error, match=message):
        copy_weights(*made)


def test_weights_are_cast_to_the_target_s_dtype():
    source, target = layers.Dense(2), QuantizedDense(2, kernel_quantizer=SPEC, dtype='float16')
    for layer in (source, target):
        layer.build((None, 3))
    copy_weights(scrambled(source), target)
    assert target.kernel.dtype == 'float16'
    np.testing.assert_array_equal(target.get_weights()[0], source.get_weights()[0].astype(np.float16))


def test_set_weights_fits_a_format_and_refuses_learned_widths():
    source = scrambled(network())
    target = quantized()
    target.set_weights(source.get_weights())
    assert same(everything(target), everything(source))
    with pytest.raises(ValueError, match='weight list of length 10, but the layer was expecting'):
        quantized('learned').set_weights(source.get_weights())


@pytest.mark.parametrize('quantizer', QUANTIZERS)
def test_a_file_of_float_weights_is_refused_with_the_way_out(tmp_path, quantizer):
    path = tmp_path / 'float.weights.h5'
    scrambled(network()).save_weights(path)
    target = quantized(quantizer)
    message = (
        "The file has no weights of a QuantizedDense for the layer 'first'. Those of a float network: load them there, "
        'and then quantizers.layers.copy_weights(float_network, quantized_network)'
    )
    with pytest.raises(ValueError, match=r'no weights of a Quantized.*copy_weights\('):
        target.load_weights(path)
    with pytest.raises(ValueError, match=re.escape(message)):
        target.get_layer('first').load_own_variables({})
    with pytest.warns(UserWarning, match='could not be loaded'):
        target.load_weights(path, skip_mismatch=True)


def test_a_file_of_its_own_weights_is_loaded(tmp_path):
    source, target = scrambled(quantized('learned')), quantized('learned')
    source.save_weights(tmp_path / 'own.weights.h5')
    target.load_weights(tmp_path / 'own.weights.h5')
    assert same(everything(target), everything(source))
