"""`choose` on Keras models: each weight is measured once, by a name of its own, which is hls4ml's where it has one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hls4ml.converters import convert_from_keras_model, parse_keras_v3_model
from hls4ml.model.layers import layer_map
from keras import layers

from quantizers import Candidate, FixedQ, QuantizerConfig, choose, parse_type
from quantizers.cpp.headers import identifiers
from quantizers.exchange.hls4ml.layers import takes_no_format
from quantizers.layers import LearnedFixed, Quantize, QuantizedDense

# compiling the default one takes seconds
ZEROS = {'recurrent_initializer': 'zeros'}
# PyTorch's tensors and Keras' variables do not know the newest arguments of NumPy's protocol, by which Keras reads them
pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')


class Inside(layers.Layer):
    """A user's layer around others, called one after another; it has no configuration of its own."""

    def __init__(self, *parts: Any, name: str) -> None:
        super().__init__(name=name)
        self.parts = list(parts)

    def call(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x


class Own(layers.Layer):
    """A user's layer with weights of its own."""

    def __init__(self, *names: str, dtypes: tuple[str, ...] = ('float32', 'float16'), name: str = 'own') -> None:
        super().__init__(name=name)
        self.names, self.dtypes = names, dtypes

    def build(self, _: Any) -> None:
        for name, dtype in zip(self.names, self.dtypes, strict=True):
            self.add_weight(name=name, shape=(3,), dtype=dtype, trainable=False)

    def call(self, x: Any) -> Any:
        return x


def made(*parts: Any, shape: tuple[int, ...] = (6, 4)) -> keras.Model:
    """A model of layers, or of functions of symbolic tensors, one after another."""
    x = inputs = keras.Input(shape)
    for part in parts:
        x = part(x)
    return filled(keras.Model(inputs, x))


def filled(model: keras.Model) -> keras.Model:
    """The model with floats that differ in all its weights."""
    rng = np.random.default_rng(1)
    for variable in model.weights:
        if keras.backend.is_float_dtype(variable.dtype):
            variable.assign(rng.random(variable.shape) + 0.5)
    return model


def candidate(array: Any) -> Candidate:
    """What tells one array from another."""
    return choose(array, width=8)['x'].chosen


def array(variable: Any) -> Any:
    return keras.ops.convert_to_numpy(variable.value)


def measured(model: keras.Model) -> Counter[Candidate]:
    """What is to be measured: the float variables, and what hls4ml makes of batch normalizations."""
    norms = [part for part in model._flatten_layers() if isinstance(part, keras.layers.BatchNormalization)]
    of_norms = {id(variable) for norm in norms for variable in norm.weights}
    found = [array(v) for v in model.weights if keras.backend.is_float_dtype(v.dtype) and id(v) not in of_norms]
    for norm in norms:
        scale = 1 / np.sqrt(array(norm.moving_variance).astype(np.float64) + norm.epsilon)
        scale = scale * array(norm.gamma) if norm.scale else scale
        found += [scale, (array(norm.beta) if norm.center else 0) - array(norm.moving_mean) * scale]
    return Counter(map(candidate, found))


def attention(layer: Any) -> Callable[[Any], Any]:
    return lambda x: layer(x, x)


def shared() -> keras.Model:
    dense = layers.Dense(4, name='dense')
    return made(Inside(dense, layers.Dense(4, name='one'), name='a'), Inside(layers.Dense(4), dense, name='b'))


def tied() -> keras.Model:
    first = layers.Dense(4, name='first')

    class Second(layers.Layer):
        def build(self, _: Any) -> None:
            self.kernel, self.bias = first.kernel, self.add_weight(name='bias', shape=(4,))

        def call(self, x: Any) -> Any:
            return x @ self.kernel + self.bias

    return made(first, Second(name='second'))


def lora() -> keras.Model:
    return made(layers.Dense(4, name='dense', lora_rank=2))


# models, and, where they are to be said, the names of what is measured
NAMED: dict[str, tuple[Callable[[], keras.Model], str]] = {
    'dense': (lambda: made(layers.Dense(3, name='x')), 'x.weight x.bias'),
    'no bias': (lambda: made(layers.Dense(3, use_bias=False, name='x')), 'x.weight'),
    'einsum': (lambda: made(layers.EinsumDense('abc,cd->abd', (None, 3), name='x', bias_axes='d')), 'x.weight x.bias'),
    'conv1d': (lambda: made(layers.Conv1D(2, 3, name='x')), 'x.weight x.bias'),
    'conv2d': (lambda: made(layers.Conv2D(2, 2, name='x'), shape=(6, 6, 2)), 'x.weight x.bias'),
    'conv3d': (lambda: made(layers.Conv3D(2, 2, name='x'), shape=(3, 3, 3, 2)), 'x.weight x.bias'),
    'transpose': (lambda: made(layers.Conv2DTranspose(2, 2, name='x'), shape=(6, 6, 2)), 'x.weight x.bias'),
    'depthwise1d': (lambda: made(layers.DepthwiseConv1D(2, name='x')), 'x.weight x.bias'),
    'depthwise2d': (lambda: made(layers.DepthwiseConv2D(2, name='x'), shape=(6, 6, 2)), 'x.weight x.bias'),
    'separable1d': (lambda: made(layers.SeparableConv1D(2, 3, name='x')), 'x.depthwise x.pointwise x.bias'),
    'separable2d': (
        lambda: made(layers.SeparableConv2D(2, 3, name='x'), shape=(6, 6, 2)),
        'x.depthwise x.pointwise x.bias',
    ),
    'embedding': (lambda: made(layers.Embedding(5, 3, name='x'), shape=(6,)), 'x.embeddings'),
    'batch': (lambda: made(layers.BatchNormalization(name='x')), 'x.scale x.bias'),
    'plain batch': (lambda: made(layers.BatchNormalization(scale=False, center=False, name='x')), 'x.scale x.bias'),
    'lstm': (lambda: made(layers.LSTM(2, name='x', **ZEROS)), 'x.weight x.recurrent_weight x.bias'),
    'gru': (lambda: made(layers.GRU(2, name='x', **ZEROS)), 'x.weight x.recurrent_weight x.bias'),
    'simple': (lambda: made(layers.SimpleRNN(2, name='x', **ZEROS)), 'x.weight x.recurrent_weight x.bias'),
    'conv lstm': (
        lambda: made(layers.ConvLSTM1D(2, 2, name='x', **ZEROS), shape=(3, 6, 4)),
        'x.weight x.recurrent_weight x.bias',
    ),
    'cell': (lambda: made(layers.RNN(layers.LSTMCell(2, **ZEROS), name='x')), 'x.weight x.recurrent_weight x.bias'),
    'cells': (
        lambda: made(
            layers.RNN(
                layers.StackedRNNCells(
                    [layers.LSTMCell(2, name='a', **ZEROS), layers.GRUCell(2, name='b', **ZEROS)], name='s'
                ),
                name='x',
            )
        ),
        'x/s/a.weight x/s/a.recurrent_weight x/s/a.bias x/s/b.weight x/s/b.recurrent_weight x/s/b.bias',
    ),
    'bidirectional': (
        lambda: made(layers.Bidirectional(layers.GRU(2, **ZEROS), name='x')),
        (
            'x.forward_weight x.forward_recurrent_weight x.forward_bias'
            ' x.backward_weight x.backward_recurrent_weight x.backward_bias'
        ),
    ),
    'bidirectional cells': (
        lambda: made(
            layers.Bidirectional(
                layers.RNN(
                    [
                        layers.SimpleRNNCell(2, name='a', **ZEROS),
                        layers.SimpleRNNCell(3, use_bias=False, name='b', **ZEROS),
                    ]
                ),
                name='x',
            )
        ),
        '',
    ),
    'time distributed': (lambda: made(layers.TimeDistributed(layers.Dense(2), name='x')), 'x.weight x.bias'),
    'time distributed batch': (
        lambda: made(layers.TimeDistributed(layers.BatchNormalization(), name='x')),
        'x.scale x.bias',
    ),
    'attention': (
        lambda: made(attention(layers.MultiHeadAttention(2, 3, dropout=0.1, name='x'))),
        (
            'x/query.weight x/query.bias x/key.weight x/key.bias x/value.weight x/value.bias'
            ' x/attention_output.weight x/attention_output.bias'
        ),
    ),
    'grouped attention': (
        lambda: made(attention(layers.GroupQueryAttention(2, 4, 2, use_bias=False, name='x'))),
        'x/query.weight x/key.weight x/value.weight x/attention_output.weight',
    ),
    'plain attention': (
        lambda: made(layers.Dense(3, name='x'), lambda x: layers.Attention()([x, x])),
        'x.weight x.bias',
    ),
    'one inside': (lambda: made(Inside(layers.Dense(2, name='d'), name='x')), 'x.weight x.bias'),
    'two inside': (
        lambda: made(Inside(layers.Dense(2, name='d'), layers.Dense(4, name='e', use_bias=False), name='x')),
        'x/d.weight x/d.bias x/e.weight',
    ),
    'two deep': (
        lambda: made(
            Inside(
                Inside(layers.Dense(2, name='d'), layers.LSTM(2, name='l', **ZEROS), name='i'),
                layers.Dense(1),
                name='x',
            )
        ),
        '',
    ),
    'of many kinds': (
        lambda: made(
            Inside(
                layers.Bidirectional(layers.LSTM(2, return_sequences=True, **ZEROS), name='b'),
                layers.BatchNormalization(name='n'),
                keras.Sequential([layers.Dense(2, name='d'), layers.Dense(2, name='e')], name='s'),
                layers.Dropout(0.5),
                name='x',
            )
        ),
        (
            'x/b.forward_weight x/b.forward_recurrent_weight x/b.forward_bias'
            ' x/b.backward_weight x/b.backward_recurrent_weight x/b.backward_bias'
            ' x/n.scale x/n.bias x/s/d.weight x/s/d.bias x/s/e.weight x/s/e.bias'
        ),
    ),
    'shared': (shared, ''),
    'tied': (tied, 'first.weight first.bias second.bias'),
    'not trained, integers, seeds': (
        lambda: made(Own('bias', 'seeds', dtypes=('float16', 'int32'), name='x'), layers.Dropout(0.5)),
        'x.bias',
    ),
    'quantized': (
        lambda: made(Quantize(FixedQ(8, 3)), QuantizedDense(3, kernel_quantizer=FixedQ(6, 1), name='x')),
        'x.weight x.bias',
    ),
}


@pytest.mark.parametrize('kind', NAMED)
def test_each_weight_is_measured_once(kind: str) -> None:
    make, names = NAMED[kind]
    model = make()
    choices = choose(model, width=8)
    expected = measured(model)
    assert max(expected.values()) == 1  # no two arrays are alike
    assert Counter(choice.chosen for choice in choices.values()) == expected
    if names:
        assert list(choices) == names.split()
    assert set(choices.config()) == set(identifiers(choices)) == set(choices)


def model_with_a_weight() -> keras.Model:
    class Mine(keras.Model):
        def __init__(self) -> None:
            inputs = keras.Input((4,))
            super().__init__(inputs, layers.Dense(2)(inputs), name='mine')
            self.add_weight(name='temperature', shape=())

    return Mine()


def learned(**quantizers: Any) -> keras.Model:
    return made(QuantizedDense(3, name='x', **quantizers))


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: made(layers.LayerNormalization(name='x')), "'x': hls4ml has no name for the weight 'gamma'"),
        (lambda: made(layers.RMSNormalization(name='x')), "'x': hls4ml has no name for the weight 'scale'"),
        (lambda: made(layers.GroupNormalization(2, name='x')), "'x': hls4ml has no name for the weight 'gamma'"),
        (lambda: made(layers.PReLU(name='x')), "'x': hls4ml has no name for the weight 'alpha'"),
        (lambda: made(layers.Normalization(name='x')), "'x': hls4ml has no name for the weight 'mean'"),
        (
            lambda: made(lambda x: layers.Attention(use_scale=True, name='x')([x, x])),
            "'x': hls4ml has no name for the weight 'scale'",
        ),
        (
            lambda: made(Inside(Inside(layers.PReLU(name='p'), name='i'), name='x')),
            "'x/i/p': hls4ml has no name for the weight 'alpha'",
        ),
        (
            lambda: made(layers.SpectralNormalization(layers.Dense(2, name='d'), name='x')),
            "'x': hls4ml has no name for the weight 'vector_u'",
        ),
        (lora, "'dense': hls4ml has no name for the weight 'lora_kernel_a'"),
        (
            lambda: made(Inside(layers.Dense(2, name='d'), layers.Dense(2, name='d'), name='x')),
            "'x/d.weight': must be the name of one weight alone; rename the layers or the weights",
        ),
        (lambda: made(Own('bias', 'bias', name='x')), "'x.bias': must be the name of one weight alone"),
        (model_with_a_weight, "'mine/temperature': must be a weight of a layer of the model"),
        (lambda: made(LearnedFixed(name='x')), "'x': its format is learned, and what it holds are widths"),
        (
            lambda: learned(kernel_quantizer=LearnedFixed(batch_axis=None, name='learned')),
            (
                "'x/learned': its format is learned, and what it holds are widths and no weights; take the format from"
                " its 'to_specs()', and choose for the other arrays alone"
            ),
        ),
        (
            lambda: learned(bias_quantizer=LearnedFixed(batch_axis=None, granularity='channel', name='learned')),
            "'x/learned': its format is learned",
        ),
    ],
)
def test_a_model_with_another_weight_is_refused_by_name(make: Callable[[], keras.Model], message: str) -> None:
    with pytest.raises(ValueError, match=f'^{re.escape(message)}'):
        choose(make(), width=8)


def test_the_bound_holds_for_each_of_the_weights() -> None:
    model = made(attention(layers.MultiHeadAttention(2, 3, name='x')))
    for part, scale in zip(('query', 'key', 'value'), (1, 100, 0.01), strict=True):
        kernel = getattr(model.get_layer('x'), f'_{part}_dense').kernel
        kernel.assign(array(kernel) * scale)
    choices = choose(model, np.ones((2, 6, 4), 'float32'), sqnr=30)
    for part in ('query', 'key', 'value'):
        kernel = array(getattr(model.get_layer('x'), f'_{part}_dense').kernel).astype(np.float64)
        noise = choices[f'x/{part}.weight'].spec(kernel) - kernel
        assert 10 * np.log10(np.sum(kernel**2) / np.sum(noise**2)) >= 30


def test_forward_is_what_hls4ml_calls_so() -> None:
    first, second = layers.LSTM(2, go_backwards=True, **ZEROS), layers.LSTM(2, **ZEROS)
    model = made(layers.Bidirectional(first, backward_layer=second, name='x'))
    choices = choose(model, width=8)
    layer = model.get_layer('x')
    # hls4ml swaps them
    assert choices['x.forward_weight'].chosen == candidate(array(layer.backward_layer.cell.kernel))
    assert choices['x.backward_weight'].chosen == candidate(array(layer.forward_layer.cell.kernel))


# Results, and what hls4ml calls them ----------------------------------------------------------------------------------


def sequential(*parts: Any, shape: tuple[int, ...] | None = None, **names: str) -> keras.Model:
    """A Sequential model; without a shape it learns that of (6, 4) when it is called."""
    if shape is not None:
        return filled(keras.Sequential([keras.Input(shape, **names), *parts]))
    model = keras.Sequential(list(parts))
    model(np.ones((1, 6, 4), 'float32'))
    return filled(model)


def two(kind: type, **names: str) -> keras.Model:
    inputs = [keras.Input((4,), name=names.get(name)) for name in ('second', 'first')]
    outputs = layers.Dense(2, activation='softmax')(layers.Concatenate()(inputs))
    given = inputs if kind is list else dict(zip(('second', 'first'), inputs, strict=True))
    return filled(keras.Model(given, outputs))


def part_of_another() -> keras.Model:
    """Of layers that were called in another model before."""
    dense = layers.Dense(3, activation='relu')
    made(dense, shape=(4,))
    return made(dense, layers.Dense(2), shape=(4,))


def end_of_another() -> keras.Model:
    whole = made(layers.Dense(3), layers.Dense(2), shape=(4,))
    return keras.Model(whole.layers[1].output, whole.output)


# those whose layers hls4ml converts
CONVERTED: dict[str, Callable[[], keras.Model]] = {
    'sequential': lambda: sequential(layers.Dense(3, activation='relu'), layers.Dense(2), shape=(4,)),
    'sequential with a name': lambda: sequential(layers.Dense(3, name='d'), shape=(4,), name='inputs'),
    'sequential without an input': lambda: sequential(layers.Dense(3, activation='tanh'), layers.Flatten()),
    'functional': lambda: made(layers.Dense(3, activation='sigmoid'), layers.BatchNormalization(), shape=(4,)),
    'two inputs': lambda: two(list),
    'two inputs with names': lambda: two(list, second='b', first='a'),
    'two inputs, one with a name': lambda: two(list, first='a'),
    'two inputs by name': lambda: two(dict, second='second', first='first'),
    'part of another': part_of_another,
    'end of another': end_of_another,
    'images': lambda: made(
        layers.ZeroPadding2D(1),
        layers.DepthwiseConv2D(2, activation='relu'),
        layers.Conv2D(3, 2, padding='same', activation='leaky_relu'),
        layers.MaxPooling2D(2),
        layers.Activation('elu'),
        layers.LeakyReLU(),
        layers.GlobalAveragePooling2D(),
        layers.Dense(2, activation='softmax'),
        shape=(8, 8, 2),
    ),
    'series': lambda: made(
        layers.Conv1D(3, 2, activation='silu'),
        layers.Dropout(0.5),
        layers.Bidirectional(layers.LSTM(2, return_sequences=True, **ZEROS)),
        layers.GRU(3, **ZEROS),
        layers.Softmax(),
    ),
    'products': lambda: made(
        layers.EinsumDense('abc,cd->abd', (6, 3), bias_axes='d', activation='relu'),
        layers.Permute((2, 1)),
        layers.Reshape((9, 2)),
        lambda x: layers.Add()([x, layers.Multiply()([x, x])]),
    ),
    'words': lambda: made(layers.Embedding(5, 3), layers.Flatten(), shape=(6,)),
}


def samples(model: keras.Model) -> Any:
    """An array, or one for each input by the name of its layer."""
    rng = np.random.default_rng(2)
    arrays = {
        tensor._keras_history.operation.name: rng.integers(0, 5, (3, *tensor.shape[1:])).astype('float32')
        for tensor in model.inputs
    }
    return arrays if len(arrays) > 1 else next(iter(arrays.values()))


@pytest.mark.parametrize('kind', CONVERTED)
def test_all_names_are_those_of_hls4ml(kind: str) -> None:
    model = CONVERTED[kind]()
    tree = choose(model, samples(model), width=8).config().to_hls4ml(model)
    found, *_ = parse_keras_v3_model(model, allow_da_fallback=False)
    # these have no format of their own
    alike = {layer.name for layer in model.layers if takes_no_format(type(layer).__name__)}
    assert set(tree['LayerName']) == {layer['name'] for layer in found} - alike
    for layer in (layer for layer in found if layer['name'] not in alike):
        known = {attribute.name for attribute in layer_map[layer['class_name']].expected_attributes}
        assert {f'{tensor}_t' for tensor in tree['LayerName'][layer['name']]['Precision']} <= known


def test_the_types_of_inputs_and_of_zeros_reach_hls4ml(tmp_path: Path) -> None:
    model = sequential(layers.Dense(3), shape=(8,))
    model.layers[0].bias.assign(np.zeros(3))
    choices = choose(model, samples(model), width=7)
    tree = choices.config().to_hls4ml(model)
    tree['Model'] = {'Precision': {'default': 'fixed<16,6>'}, 'ReuseFactor': 1}
    dense, inputs = tree['LayerName']
    precisions = tree['LayerName'][dense]['Precision'] | {'accum': 'auto'}
    accumulators = []
    # a bias of one bit takes no range either
    for bias in (precisions['bias'], 'ufixed<1,0,RND,SAT>'):
        tree['LayerName'][dense]['Precision'] = precisions | {'bias': bias}
        graph = convert_from_keras_model(model, hls_config=tree, output_dir=str(tmp_path), backend='Vitis').graph
        given = graph[inputs].get_output_variable().type.precision
        assert parse_type(str(given)) == choices[f'{inputs}.result'].spec
        accumulators.append(str(graph[dense].get_attr('accum_t').precision))
    assert accumulators[0] == accumulators[1]


def test_layers_that_hls4ml_renames_are_known_by_its_names() -> None:
    """Its set of reserved names has the letters of `input`, and it numbers what is called again."""
    x = keras.Input((4,), name='i')
    t, d = (keras.layers.Dense(4, activation='relu', name=name) for name in 'td')
    model = keras.Model(x, d(d(t(t(x)))))
    graph = [layer['name'] for layer in parse_keras_v3_model(model, allow_da_fallback=False)[0]]
    assert sorted(graph) == sorted(['i_0', 't_0', 't_relu', 't_1', 't_relu_0', 'd', 'd_relu', 'd_0', 'd_relu_0'])
    spec = FixedQ(8, 3, True, 'RND', 'SAT')
    assert list(QuantizerConfig({f'{name}.result': spec for name in graph}).to_hls4ml(model)['LayerName']) == graph
    with pytest.raises(ValueError, match=r"^'model' has no layer 't'; its layers are i_0, t_0, "):
        QuantizerConfig({'t.weight': spec}).to_hls4ml(model)
    other = keras.layers.Dense(4, name='d_0')
    with pytest.raises(ValueError, match=r"^'model' has two layers that hls4ml may call 'd_0': rename one of them$"):
        QuantizerConfig({'d.weight': spec}).to_hls4ml(keras.Model(x, other(d(d(x)))))


class Cell(layers.LSTM):
    """A user's recurrent layer."""


class Rectified(layers.Activation):
    """A user's activation."""


@pytest.mark.parametrize(
    ('make', 'activation'),
    [
        (lambda: made(layers.LSTM(2, name='x', **ZEROS)), 'tanh'),
        (lambda: made(Cell(2, name='x', **ZEROS)), 'tanh'),
        (lambda: made(layers.ConvLSTM1D(2, 2, name='x', **ZEROS), shape=(3, 6, 4)), 'tanh'),
        (lambda: made(Rectified('relu', name='x')), 'relu'),
    ],
)
def test_an_activation_inside_a_layer_is_no_layer(make: Callable[[], keras.Model], activation: str) -> None:
    model = make()
    choices = choose(model, samples(model), width=8)
    inputs = next(name for name in choices if name.startswith('input_layer'))
    assert set(choices) - {'x.weight', 'x.recurrent_weight', 'x.bias'} == {inputs, 'x.result'}
    assert set(choices.config().to_hls4ml(model)['LayerName']) == {inputs.removesuffix('.result'), 'x'}
    with pytest.raises(ValueError, match=f"^'model' has no layer 'x_{activation}'; "):
        QuantizerConfig({f'x_{activation}.result': FixedQ(8, 3)}).to_hls4ml(model)


def test_inputs_are_given_by_the_names_of_their_layers_or_as_keras_does() -> None:
    model = two(list)
    by_layer = samples(model)
    assert list(by_layer) == [layer.name for layer in model.layers if isinstance(layer, layers.InputLayer)]
    by_tensor = {tensor.name: by_layer[tensor._keras_history.operation.name] for tensor in model.inputs}
    assert set(by_tensor) != set(by_layer)
    choices = choose(model, by_layer, width=8)
    assert {f'{name}.result' for name in by_layer} < set(choices)
    assert choose(model, by_tensor, width=8) == choices
    for name, x in by_layer.items():
        assert choices[f'{name}.result'].chosen == candidate(x)
    with pytest.raises(
        ValueError, match=f"^'inputs' must be a mapping of the names {', '.join(map(repr, by_layer))}: "
    ):
        choose(model, {'second': [[1.0]], 'first': [[2.0]]}, width=8)


def test_a_result_is_that_of_the_call_in_this_model() -> None:
    inputs = keras.Input((4,))
    dense = layers.Dense(3, activation='relu', name='dense')
    keras.Model(inputs, dense(inputs))
    before = layers.Dense(4, name='before')
    model = filled(keras.Model(inputs, dense(before(inputs))))
    x = np.random.default_rng(0).normal(size=(5, 4)).astype('float32')
    choices = choose(model, x, width=8)
    expected = candidate(keras.ops.convert_to_numpy(model(x)))
    assert choices['dense_relu.result'].spec == expected.spec
    assert choices['dense_relu.result'].chosen.sqnr == pytest.approx(expected.sqnr, abs=0.1)


def test_two_results_of_one_name_are_refused() -> None:
    model = made(layers.Dense(3, activation='relu', name='a'), layers.Dense(3, name='a_relu'))
    assert len(choose(model, width=8)) == 4
    message = r"^'a_relu': hls4ml calls the activation of 'a' so, too: rename a layer$"
    with pytest.raises(ValueError, match=message):
        choose(model, samples(model), width=8)


class Plain(layers.Layer):
    """A user's layer whose configuration is without its name, as Keras makes it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.dense = layers.Dense(4)

    def call(self, x: Any) -> Any:
        return self.dense(x)


@pytest.mark.parametrize('make', [made, sequential])
def test_layers_of_the_user_have_results_and_names(make: Callable[..., keras.Model]) -> None:
    model = make(Plain(name='x'), shape=(6, 4))
    assert 'name' not in model.get_layer('x').get_config()
    choices = choose(model, samples(model), width=8)
    assert {'x.weight', 'x.bias', 'x.result'} < set(choices)
    assert set(choices.config().to_hls4ml(model)['LayerName']) == {name.rpartition('.')[0] for name in choices}
    nested = make(Inside(layers.Dense(2, name='d'), layers.Dense(2, name='e'), name='x'), shape=(6, 4))
    assert {'x/d.weight', 'x/e.weight', 'x.result'} < set(choose(nested, samples(nested), width=8))
