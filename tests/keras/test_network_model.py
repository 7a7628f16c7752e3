"""Networks as models of Keras to train on: the bits of the exact inference, gradients, saving, and back again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from onnx import numpy_helper, parser

from oracles import networks
from quantizers import FixedQ, PerChannel, QuantizerConfig
from quantizers.network import Network

pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')
# means are cut in hardware, and functions looked up
NAMES = [name for name in networks.NETWORKS if name not in ('averaged', 'tables', 'classes')]
WEIGHT, RESULT = FixedQ(5, 2, True, 'RND', 'SAT'), FixedQ(9, 5, True, 'RND_CONV', 'SAT')
FIRST = """
<ir_version: 8, opset_import: ["" : 18]>
first (float[N, 3, 8, 6] x) => (float[N, 4] out) {
    wide = Conv <group: int = 3, pads: ints = [1, 0, 0, 1]> (x, W1, b1)
    norm = BatchNormalization (wide, gamma, beta, mean, var)
    small = MaxPool <kernel_shape: ints = [2, 2], strides: ints = [2, 3]> (norm)
    filtered = Conv <dilations: ints = [1, 2]> (small, W2)
    both = Concat <axis: int = 1> (filtered, filtered)
    zeros = Constant <value_ints: ints = [0, 0, 0, 1, 0, 0, 0, 0]> ()
    padded = Pad (both, zeros)
    last = Transpose <perm: ints = [0, 2, 3, 1]> (padded)
    rows = Flatten (last)
    out = Gemm <transB: int = 1> (rows, W3, b3)
}
"""
SHAPES = {
    'W1': (3, 1, 2, 3), 'b1': (3,), 'gamma': (3,), 'beta': (3,), 'mean': (3,), 'var': (3,), 'W2': (2, 3, 2, 1),
    'b3': (4,), 'W3': (4, 36),
}  # fmt: skip


def specs(network: Network) -> dict[str, Any]:
    """Of all weights and results, but the accumulators, which floats have not."""
    weights: dict[str, Any] = dict.fromkeys(network.weights, WEIGHT)
    for name, array in network.weights.items():
        if array.ndim == 2:
            weights[name] = PerChannel(1, [FixedQ(3 + n % 4, 2, True, 'RND', 'SAT') for n in range(array.shape[1])])
    return weights | {name: RESULT for name in network.tensors if name.endswith('.result')}


def computed(model: keras.Model, x: Any) -> list[np.ndarray[Any, Any]]:
    given = {name: a.astype('f4') for name, a in x.items()} if isinstance(x, dict) else x.astype('f4')
    found = model(given, training=False)
    return [keras.ops.convert_to_numpy(y) for y in (found if isinstance(found, list | tuple) else [found])]


def expected(network: Network, x: Any) -> list[np.ndarray[Any, Any]]:
    found = network.quantize(specs(network))(x)
    return list(found.values()) if isinstance(found, dict) else [found]


def first() -> Network:
    """Of ONNX, where channels come first."""
    made, numbers = parser.parse_model(FIRST), np.random.default_rng(0)
    weights = {
        name: np.abs(numbers.normal(size=shape)).astype('f4') - (name != 'var') for name, shape in SHAPES.items()
    }
    made.graph.initializer.extend(numpy_helper.from_array(w, name) for name, w in weights.items())
    return Network.load(made)


@pytest.mark.parametrize('name', [*NAMES, 'first'])
def test_it_has_the_bits_of_the_exact_inference_where_float32_holds_them(name: str, tally: Any) -> None:
    network = first() if name == 'first' else Network.load(networks.made(name))
    x = networks.samples(network, 40)
    model = network.to_keras(specs(network))
    for n, (got, want) in enumerate(zip(computed(model, x), expected(network, x), strict=True)):
        values = got.astype(np.float64).ravel()
        assert len(np.unique(values)) > 10
        tally('Keras', f'{name}, {network.outputs[n]}', values, values, want.ravel())
    tally.check()


@pytest.mark.parametrize('name', ['averaged', 'tables', 'classes'])
def test_means_and_functions_are_those_of_floats(name: str) -> None:
    network = Network.load(networks.made(name))
    x = networks.samples(network, 40)
    model = network.to_keras({f'{each}.result': networks.INPUT for each in network.inputs})
    floats = network.trace(x)
    for got, output in zip(computed(model, x), network.outputs, strict=True):
        np.testing.assert_allclose(got, floats[output], rtol=1e-4, atol=1e-5)


def test_it_learns_is_saved_and_goes_back(tmp_path: Path) -> None:
    network = Network.load(networks.made('convolutions'))
    x = networks.samples(network, 64).astype('f4')
    model = network.to_keras(specs(network))
    assert [layer.name for layer in model.layers if layer.weights] == ['first', 'second', 'strided', 'last']
    model.compile(keras.optimizers.Adam(0.01), 'mse')
    target = 3 * network.trace(x)['last'].astype('f4') + 1
    losses = model.fit(x, target, epochs=15, batch_size=32, verbose=0).history['loss']
    assert losses[-1] < 0.8 * losses[0]
    tuned = network.with_weights(model)
    for name, weight in tuned.weights.items():
        assert not np.array_equal(weight, network.weights[name]), name  # a gradient has reached it
        assert not weight.flags.writeable
    got = computed(model, x)[0]
    np.testing.assert_array_equal(got, tuned.quantize(specs(network))(x))
    model.save(tmp_path / 'm.keras')
    np.testing.assert_array_equal(computed(keras.saving.load_model(tmp_path / 'm.keras'), x)[0], got)
    model.save_weights(tmp_path / 'm.weights.h5')
    other = network.to_keras(specs(network))
    other.load_weights(tmp_path / 'm.weights.h5')
    np.testing.assert_array_equal(computed(other, x)[0], got)


def test_a_stochastic_format_draws_in_training_alone() -> None:
    network = Network.load(networks.made('dense'))
    model = network.to_keras(specs(network) | {'last.result': FixedQ(6, 5, True, 'S_RND', 'SAT')})
    x = networks.samples(network, 40).astype('f4')
    a, b = (keras.ops.convert_to_numpy(model(x, training=True)) for _ in range(2))
    assert not np.array_equal(a, b)
    np.testing.assert_array_equal(computed(model, x)[0], computed(model, x)[0])


def test_what_does_not_fit_is_refused() -> None:
    network = Network.load(networks.made('dense'))
    good = QuantizerConfig({'first.result': RESULT})
    other = Network.load(networks.made('separable'))
    with pytest.raises(ValueError, match=re.escape("'source' must have the weights of the network, and no others")):
        other.with_weights(network.to_keras(good))
    with pytest.raises(ValueError, match='an input must have a format'):
        network.to_keras({})
    made = parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 18]> g (float[N, 3] x) => (float[N, 3] y) {y = Relu (x)}'
    )
    made.graph.node[0].output[0] = made.graph.output[0].name = 'a/y'
    with pytest.raises(ValueError, match='a/y: Keras takes no name with a /'):
        Network.load(made).to_keras({'x.result': RESULT})
