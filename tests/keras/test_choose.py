"""`quantizers.choose` on Keras models: weights and results under hls4ml's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import pytest

from quantizers import QuantizerConfig, Spec, choose

# PyTorch's tensors and Keras' variables do not know the newest arguments of NumPy's protocol, by which Keras reads them
pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')


def sequential() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((4,), name='inputs'),
            keras.layers.Dense(3, activation='relu', name='dense1'),
            keras.layers.BatchNormalization(name='bn'),
            keras.layers.Dropout(0.5, seed=1, name='drop'),
            keras.layers.Activation('tanh', name='act'),
            keras.layers.Dense(2, use_bias=False, name='dense2'),
        ]
    )


def filled(model: keras.Model) -> keras.Model:
    rng = np.random.default_rng(1)
    for layer in model.layers:
        layer.set_weights([(rng.random(w.shape) - 0.3).astype(w.dtype) for w in layer.get_weights()])
    bn = model.get_layer('bn')
    bn.set_weights([np.abs(w) + 0.5 for w in bn.get_weights()])
    return model


def test_weights_and_results_are_those_of_the_layers() -> None:
    model = filled(sequential())
    x = np.random.default_rng(0).normal(size=(600, 4)).astype(np.float32)
    choices = choose(model, x, sqnr=30.05)
    dense1, dense2 = model.get_layer('dense1'), model.get_layer('dense2')
    gamma, beta, mean, variance = (w.astype(np.float64) for w in model.get_layer('bn').get_weights())
    kernel, bias = dense1.get_weights()
    before = x @ kernel + bias
    relu = np.maximum(before, 0)
    scale = gamma / np.sqrt(variance + model.get_layer('bn').epsilon)
    normal = (relu - mean) * scale + beta
    expected: dict[str, Any] = {
        'dense1.weight': kernel,
        'dense1.bias': bias,
        'bn.scale': scale,
        'bn.bias': beta - mean * scale,
        'dense2.weight': dense2.get_weights()[0],
        'inputs.result': x,
        'dense1.result': before,
        'dense1_relu.result': relu,
        'bn.result': normal,
        'drop.result': normal,
        'act.result': np.tanh(normal),
        'dense2.result': np.tanh(normal) @ dense2.get_weights()[0],
    }
    assert set(choices) == set(expected)
    for name, array in expected.items():
        alone = choose(array, sqnr=30.05)['x']
        assert choices[name].spec == alone.spec, name
        assert choices[name].chosen.sqnr == pytest.approx(alone.chosen.sqnr, abs=0.05), name
    assert not choices['dense1_relu.result'].spec.signed
    assert choices['dense1.result'].spec.signed
    config = choices.config()
    assert isinstance(config, QuantizerConfig)
    assert set(config.to_hls4ml(model)['LayerName']) == {name.partition('.')[0] for name in choices}
    batches = choose(model, (x[at : at + 100] for at in range(0, 600, 100)), sqnr=30.05)
    assert batches.config() == config
    assert list(choose(model, sqnr=30.05)) == list(expected)[:5]


def test_the_fewest_bits_that_keep_a_score() -> None:
    model = keras.Sequential([keras.Input((4,), name='inputs'), keras.layers.Dense(3, 'relu', name='dense')])
    rng = np.random.default_rng(0)
    kernel, bias = (rng.normal(size=shape).astype(np.float32) for shape in ((4, 3), (3,)))
    model.set_weights([kernel, bias])
    x = rng.normal(size=(300, 4)).astype(np.float32)
    expected = keras.ops.convert_to_numpy(model(x))

    def error(specs: Mapping[str, Spec]) -> float:
        def quantized(name: str, array: Any) -> Any:
            return specs[name](array) if name in specs else array

        inputs = quantized('inputs.result', x)
        before = quantized('dense.weight', kernel), quantized('dense.bias', bias)
        linear = quantized('dense.result', inputs @ before[0] + before[1])
        return float(np.abs(quantized('dense_relu.result', np.maximum(linear, 0)) - expected).mean())

    choices = choose(model, x, score=lambda specs: -error(specs), max_loss=0.05)
    sizes = {'dense.weight': 12, 'dense.bias': 3, 'inputs.result': 4, 'dense_relu.result': 3, 'dense.result': 3}
    specs = {name: choice.spec for name, choice in choices.items()}
    assert list(choices) == list(sizes)
    # the results of a layer count once, not for each of the samples
    assert choices.bits == sum(sizes[name] * spec.bits for name, spec in specs.items())
    bound = -error({}) - 0.05
    assert -error(specs) >= bound
    for name, spec in specs.items():
        if spec.width > 1:
            less = choose(model, x, width=spec.width - 1)[name].spec
            assert -error(specs | {name: less}) < bound, name
    with pytest.raises(ValueError, match=r"^'elements' must have names of tensors, 'dense\.weight', "):
        choose(model, x, score=lambda _: 1, max_loss=0, elements={'dense': 3})


def test_results_of_any_length_need_their_elements() -> None:
    model = keras.Sequential([keras.Input((None, 2), name='inputs'), keras.layers.Dense(1, name='dense')])
    x = np.ones((3, 5, 2), np.float32)
    message = r"^'elements' must have 'inputs\.result', whose shape is not known before the inputs are$"
    with pytest.raises(ValueError, match=message):
        choose(model, x, score=lambda _: 1, max_loss=0)
    sizes = {'inputs.result': 10, 'dense.result': 5}
    assert choose(model, x, score=lambda _: 1, max_loss=0, elements=sizes).bits == 2 + 1 + 10 + 5


def test_two_inputs_and_a_convolution() -> None:
    image, side = keras.Input((6, 6, 1), name='image'), keras.Input((2,), name='side')
    hidden = keras.layers.SeparableConv2D(2, 3, activation='relu', name='conv')(image)
    joined = keras.layers.Concatenate(name='join')([keras.layers.Flatten(name='flat')(hidden), side])
    model = keras.Model([image, side], keras.layers.Dense(1, activation='sigmoid', name='out')(joined))
    rng = np.random.default_rng(0)
    inputs = {'image': rng.random((300, 6, 6, 1)).astype('float32'), 'side': rng.random((300, 2)).astype('float32')}
    choices = choose(model, inputs, width=8)
    assert {'conv.depthwise', 'conv.pointwise', 'conv.bias', 'out.weight', 'out.bias'} <= set(choices)
    assert {'conv.result', 'conv_relu.result', 'join.result', 'out_sigmoid.result', 'side.result'} <= set(choices)
    assert choices['side.result'].spec == choose(inputs['side'], width=8).spec
    # whose result has the format of its input in hls4ml
    assert 'flat.result' not in choices
    choices.config().to_hls4ml(model)
    with pytest.raises(ValueError, match=r"^'inputs' must be a mapping of the names 'image', 'side': ndarray$"):
        choose(model, inputs['image'], width=8)
    with pytest.raises(ValueError, match=r"^'inputs' must be a mapping of the names 'image', 'side': 'image'$"):
        choose(model, {'image': inputs['image']}, width=8)
    with pytest.raises(ValueError, match=r"^'inputs' must be arrays of one length: \[9, 300\]$"):
        choose(model, inputs | {'side': inputs['side'][:9]}, width=8)


@pytest.mark.parametrize('inputs', [[], np.zeros((0, 4)), {'inputs': np.zeros((0, 4))}, iter(())])
def test_inputs_without_a_sample_are_refused(inputs: Any) -> None:
    """Results would be missing without a word."""
    model = keras.Sequential([keras.Input((4,), name='inputs'), keras.layers.Dense(3, name='dense')])
    with pytest.raises(ValueError, match=r"^'inputs' must have a sample: "):
        choose(model, inputs, width=8)


def test_a_model_that_has_no_such_names_is_refused() -> None:
    class Mine(keras.Model):
        pass

    with pytest.raises(ValueError, match=r"^'x' must be a built Sequential or functional model of Keras: <Mine "):
        choose(Mine(), width=8)
    inputs = keras.Input((4,))
    dense = keras.layers.Dense(4, name='shared')
    twice = keras.Model(inputs, dense(dense(inputs)))
    assert list(choose(twice, width=8)) == ['shared.weight', 'shared.bias']
    with pytest.raises(ValueError, match=r"^'shared': must be called once in the model"):
        choose(twice, np.ones((1, 4), 'float32'), width=8)
    nested = keras.Sequential([keras.Input((4,)), keras.Sequential([dense], name='inner')])
    with pytest.raises(ValueError, match=r"'inner' is a model: choose for it by itself$"):
        choose(nested, width=8)
    other = keras.Sequential([keras.Input((4,)), keras.layers.LayerNormalization(name='norm')])
    with pytest.raises(ValueError, match=r"^'norm': hls4ml has no name for the weight 'gamma'"):
        choose(other, width=8)
    filled_with_nan = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, name='d')])
    filled_with_nan.set_weights([np.array([[np.nan]]), np.zeros(1)])
    with pytest.raises(ValueError, match=r"^'d\.weight': all numbers must be finite: 1 NaN"):
        choose(filled_with_nan, width=8)
