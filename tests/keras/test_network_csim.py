"""Networks in formats have the bits of hls4ml's compiled simulation, layer by layer.

Of `oracles/networks.py`: dense, convolutions, which have a residual connection, separable, normalized, folding, joined,
averaged, tables, classes, which are softmax's, and channels; and convolutions once more in PyTorch and in ONNX.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from oracles import csim, networks, twins
from quantizers import QuantizerConfig
from quantizers.network import Layer, Network

pytestmark = [
    pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning'),
    pytest.mark.filterwarnings('ignore:.*hls4ml has one type for all channels:UserWarning'),
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning"),
    pytest.mark.filterwarnings('ignore:Softmax layer .* table size is too large:UserWarning'),  # which it then changes
]


NAMES = [name for name in networks.NETWORKS if name != 'dilated']


class Simulated(NamedTuple):
    """A network, and what hls4ml's C++ computes of it."""

    model: keras.Model
    network: Network
    config: QuantizerConfig
    samples: Any
    results: Mapping[str, NDArray[Any]]


@pytest.fixture(scope='module')
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Simulated]:
    """A network by its name; hls4ml's Vitis backend, compiled by g++, once."""

    @cache
    def simulate(name: str) -> Simulated:
        model = networks.made(name)
        network = Network.load(model)
        config = networks.config(network, 7, networks.ACCUMULATORS)
        x = networks.samples(network, 200)
        arrays = [x[n] for n in network.inputs] if isinstance(x, dict) else x
        results = csim.trace(model, config, arrays, tmp_path_factory.mktemp(name))
        return Simulated(model, network, config, x, results)

    return simulate


def check(
    name: str, layers: Mapping[str, Layer], trace: Mapping[str, Any], results: Mapping[str, Any], tally: Any
) -> None:
    """Every layer that has a format, but inputs, which hls4ml does not give."""
    seen = {n.name for n in layers.values() if n.inputs and n.operation.takes_format and n.kind != 'Dropout'}
    assert seen <= results.keys()
    for layer in seen:
        got = np.asarray(trace[layer], np.float64).ravel()
        tally('hls4ml against Python', f'{name}, {layer}', got, got, results[layer].ravel())
    tally.check()


@pytest.mark.parametrize('name', NAMES)
def test_every_layer_is_that_of_the_compiled_simulation(name: str, simulated: Any, tally: Any) -> None:
    _, network, config, x, results = simulated(name)
    check(name, network.layers, network.quantize(config).trace(x), results, tally)


@pytest.mark.parametrize('name', twins.TWINS)
def test_a_twin_has_every_layer_of_the_compiled_simulation(name: str, simulated: Any, tally: Any) -> None:
    """The network of Keras that was simulated, from PyTorch and from ONNX, where channels come first."""
    model, original, config, x, results = simulated('convolutions')
    source, renamed = twins.TWINS[name](model)
    network = Network.load(source)

    def named(tensor: str) -> str:
        layer, _, own = tensor.rpartition('.')
        return f'{renamed.get(layer, layer)}.{own}'

    quantized = network.quantize({named(tensor): spec for tensor, spec in config.items()})
    trace = quantized.trace(np.moveaxis(x, -1, 1))
    of_keras = {n: trace[renamed.get(n, n)] for n in original.layers}
    last = {n: np.moveaxis(a, 1, -1) if a.ndim == 4 else a for n, a in of_keras.items()}
    check(f'{name}, convolutions', original.layers, last, results, tally)
