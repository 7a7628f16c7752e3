"""Networks in formats have the bits of hls4ml's compiled simulation, layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracles import csim, networks
from quantizers.network import Network

pytestmark = [
    pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning'),
    pytest.mark.filterwarnings('ignore:Softmax layer .* table size is too large:UserWarning'),  # which it then changes
]


@pytest.mark.parametrize('name', [name for name in networks.NETWORKS if name != 'dilated'])
def test_every_layer_is_that_of_the_compiled_simulation(name: str, tmp_path: Path, tally: Any) -> None:
    """hls4ml's, of its Vitis backend, compiled by g++."""
    model = networks.made(name)
    network = Network.load(model)
    config = networks.config(network, 7, networks.ACCUMULATORS)
    x = networks.samples(network, 200)
    arrays = [x[n] for n in network.inputs] if isinstance(x, dict) else x
    simulated = csim.trace(model, config, arrays, tmp_path)
    trace = network.quantize(config).trace(x)
    layers_of = network.layers.values()
    seen = {n.name for n in layers_of if n.inputs and n.operation.takes_format and n.kind != 'Dropout'}
    assert seen <= simulated.keys()
    for layer in seen:
        got = np.asarray(trace[layer], np.float64).ravel()
        tally('hls4ml against Python', f'{name}, {layer}', got, got, simulated[layer].ravel())
    tally.check()
