"""What clients.py measures, in a process of its own, with whichever quantizers comes first on the path.

Usage: client_nets.py CLIENT NET FILE; KERAS_BACKEND is the framework. FILE gets the times and the results.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
from timing import seconds

import quantizers

BATCH, STEPS, PREDICTED = 64, 10, 2048
INPUTS = {'dense': (16,), 'conv': (16, 16, 1), 'attention': (8, 16), 'layers': (16,)}
WEIGHTS = 256, 512  # of PQuantML's quantizer
Times = Iterator[tuple[str, float]]
Results = dict[str, Any]  # by name, arrays that are the same with both libraries, or else not


def hgq2(net: str) -> keras.Model:
    """A network of HGQ2 as in its own example: weights SAT_SYM with learned widths, data WRAP."""
    from hgq.config import QuantizerConfig, QuantizerConfigScope
    from hgq.layers import QConv2D, QDense, QMultiHeadAttention

    weights = QuantizerConfigScope(place='all', k0=1, b0=3, i0=0, default_q_type='kbi', overflow_mode='sat_sym')
    data = QuantizerConfigScope(place='datalane', k0=0, default_q_type='kif', overflow_mode='wrap', f0=3, i0=3)
    with weights, data:
        first = {'iq_conf': QuantizerConfig(place='datalane', k0=1)}
        x = inputs = keras.Input(INPUTS[net])
        if net == 'dense':
            for units in (64, 32, 32):
                x, first = QDense(units, activation='relu', **first)(x), {}
        elif net == 'conv':
            for filters in (8, 16):
                x, first = QConv2D(filters, 3, activation='relu', **first)(x), {}
            x = QDense(32, activation='relu')(keras.layers.Flatten()(x))
        else:
            x = keras.layers.Flatten()(QMultiHeadAttention(2, 8, fuse='qkv')(x))
        return keras.Model(inputs, QDense(5)(x))


def pquant(net: str) -> keras.Model:
    """Layers of PQuantML for Keras, or its quantizer alone, which learns the widths of each weight."""
    from pquant.core.hyperparameter_optimization import pdp_config
    from pquant.core.keras.layers import PQDense
    from pquant.core.keras.quantizer import Quantizer

    if net == 'quantizer':
        weights = keras.Input(batch_shape=WEIGHTS)
        learned = Quantizer(k=1.0, is_heterogeneous=True, granularity='per_weight', place='weight')
        return keras.Model(weights, keras.layers.Dense(5)(learned(weights)))
    x = inputs = keras.Input(INPUTS[net])
    config = pdp_config()
    for units in (64, 32, 32):
        x = keras.layers.ReLU()(PQDense(config, units)(x))
    return keras.Model(inputs, PQDense(config, 5)(x))


def training(model: keras.Model, results: Results) -> Times:
    """The first step, a step, and an epoch by `fit`."""
    rng, batch = np.random.default_rng(0), model.input_shape[0] or BATCH
    x = rng.normal(size=(PREDICTED, *model.input_shape[1:])).astype(np.float32)
    y = rng.integers(0, 5, PREDICTED)
    model.compile('adam', keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    losses = []

    def step() -> None:
        losses.append(model.train_on_batch(x[:batch], y[:batch]))

    yield 'first step', seconds(step)
    for _ in range(STEPS):
        yield 'step', seconds(step)
    yield 'fit', seconds(lambda: model.fit(x, y, batch, verbose=0))
    results['losses'] = np.array(losses)
    results['outputs'] = model.predict(x, batch, verbose=0)
    yield 'predict', seconds(lambda: model.predict(x, batch, verbose=0))


def saving(model: keras.Model, results: Results) -> Times:
    """Saved to a file, and loaded."""
    x = np.random.default_rng(0).normal(size=(BATCH, *model.input_shape[1:])).astype(np.float32)
    with TemporaryDirectory() as folder:
        path = Path(folder) / 'model.keras'
        for _ in range(3):
            yield 'save', seconds(lambda: model.save(path))
            yield 'load', seconds(lambda: keras.models.load_model(path))
        results['loaded'] = keras.models.load_model(path).predict(x, verbose=0)


def hls4ml(model: keras.Model, results: Results) -> Times:
    """Converted, and written to a folder, whose files are compared."""
    from hls4ml.converters import convert_from_keras_model

    with TemporaryDirectory() as folder:
        made: list[Any] = []

        def convert() -> None:
            made.append(convert_from_keras_model(model, output_dir=folder, backend='Vitis'))

        for _ in range(3):
            yield 'convert', seconds(convert)
            yield 'write', seconds(made[-1].write)
        written = sorted((Path(folder) / 'firmware').rglob('*.[ht]*'))
        results['files'] = np.array([path.read_text() for path in written])


def measure(client: str, net: str, results: Results) -> Times:
    """All times of a network, in ms, and memory in MB."""
    keras.utils.set_random_seed(0)
    model: list[keras.Model] = []
    yield 'build, ms', 1e3 * seconds(lambda: model.append((pquant if client == 'PQuantML' else hgq2)(net)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    parts = [training] if client == 'PQuantML' else [training, saving]
    if client == 'HGQ2 to hls4ml':
        parts = [hls4ml]
    for part in parts:
        for what, taken in part(model[0], results):
            yield f'{what}, ms', 1e3 * taken
    yield 'peak memory, MB', (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


if __name__ == '__main__':
    results: Results = {}
    times: dict[str, list[float]] = {}
    for what, value in measure(*sys.argv[1:3], results):
        times.setdefault(what, []).append(value)
    medians = {f'time {what}': np.median(taken) for what, taken in times.items()}
    np.savez(sys.argv[3], origin=str(Path(quantizers.__file__).parent), **medians, **results)
