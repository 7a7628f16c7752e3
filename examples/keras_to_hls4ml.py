"""From a network trained in Keras to a compiled hls4ml project that computes the same bits.

A small network for handwritten digits is trained with `Quantize` on its input and `LearnedFixed`, which learns the bit
widths, on everything else. Its formats are saved as JSON and given to hls4ml, with the accumulators' types, which
`quantizers.result_type` computes: the least that hold every sum exactly. hls4ml's Vitis project is compiled by g++,
with no vendor tool, and its outputs for the held-out images are compared with Keras', bit for bit. The same network
goes through da4ml; and a network of HGQ2's layers, which use this library's kernels, through hls4ml and da4ml as is.

Prints what was compared, and exits with 1 if an output differs.
Needs `pip install 'quantizers[keras,hls4ml]' jax scikit-learn hls4ml da4ml hgq2` and g++.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from quantizers import FixedQ, QuantizerConfig, result_type
from quantizers.layers import LearnedFixed, Quantize, QuantizedDense, learned_layers

Array = NDArray[Any]
PIXELS = FixedQ(5, 1, signed=False)  # multiples of 1/16 from 0 to 1
WEIGHTS = FixedQ(6, 1, True, 'RND', 'SAT')
ACTIVATIONS = FixedQ(6, 3, False, 'RND', 'SAT')
HIDDEN = 32
BETA = 1e-6


def digits(seed: int) -> tuple[Array, Array, Array, Array]:
    """Training images, held-out images, and their labels."""
    data = load_digits()
    images = (data.data / 16).astype(np.float32)
    split: tuple[Array, Array, Array, Array] = train_test_split(
        images, data.target, test_size=0.25, random_state=seed, stratify=data.target
    )
    return split


def network() -> Any:
    """The network: each channel of a weight learns widths of its own, activations have one type."""

    def weights(name: str) -> LearnedFixed:
        return LearnedFixed(WEIGHTS, granularity='channel', batch_axis=None, beta=BETA, name=name)

    return keras.Sequential(
        [
            keras.Input((64,), name='images'),
            Quantize(PIXELS, name='pixels'),
            QuantizedDense(HIDDEN, kernel_quantizer=weights('kernel1'), bias_quantizer=weights('bias1'), name='dense1'),
            keras.layers.ReLU(name='relu1'),
            LearnedFixed(ACTIVATIONS, beta=BETA, name='hidden'),
            QuantizedDense(10, kernel_quantizer=weights('kernel2'), bias_quantizer=weights('bias2'), name='dense2'),
        ]
    )


def train(model: Any, images: Array, labels: Array, epochs: int) -> None:
    """Train by Adam with cross entropy."""
    model.compile(keras.optimizers.Adam(3e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(images, labels, batch_size=128, epochs=epochs, verbose=0)


def quantized_weights(model: Any) -> dict[str, Array]:
    """The weights as the hardware will hold them: `dense1.weight`, `dense1.bias`, ..."""
    found = {}
    for layer in model.layers:
        if isinstance(layer, QuantizedDense):
            found[f'{layer.name}.weight'] = ops.convert_to_numpy(layer.kernel_quantizer(layer.kernel))
            found[f'{layer.name}.bias'] = ops.convert_to_numpy(layer.bias_quantizer(layer.bias))
    return found


def formats(model: Any, weights: Mapping[str, Array]) -> QuantizerConfig:
    """The type of every tensor: given, learned, or computed from those."""
    hidden = model.get_layer('hidden').to_specs()
    if hidden is None:
        raise SystemExit('the hidden layer learned a width of zero: train longer, or with a smaller beta')
    specs = {'images.result': PIXELS, **{name: result_type.constants(value) for name, value in weights.items()}}
    for layer, inputs in (('dense1', PIXELS), ('dense2', hidden)):
        accumulator = result_type.dot(inputs, weights[f'{layer}.weight'], weights[f'{layer}.bias'])
        specs |= {f'{layer}.accum': accumulator, f'{layer}.result': accumulator}
    specs['relu1.result'] = hidden
    for name, spec in specs.items():
        if not spec.fits(np.float32):
            raise SystemExit(f'{name} has more bits than float32, in which Keras computes: {spec.cpp_type}')
    return QuantizerConfig(specs, description='digits, from Keras to hls4ml')


def plain_network(weights: Mapping[str, Array]) -> Any:
    """The same network in layers that hls4ml knows, with the quantized weights."""
    model = keras.Sequential(
        [
            keras.Input((64,), name='images'),
            keras.layers.Dense(HIDDEN, name='dense1'),
            keras.layers.Activation('relu', name='relu1'),
            keras.layers.Dense(10, name='dense2'),
        ]
    )
    for name in ('dense1', 'dense2'):
        model.get_layer(name).set_weights([weights[f'{name}.weight'], weights[f'{name}.bias']])
    return model


def hls4ml_outputs(model: Any, hls_config: dict[str, Any], images: Array, folder: Path) -> Array:
    """What the Vitis project computes, compiled by g++."""
    import hls4ml

    with contextlib.redirect_stdout(sys.stderr):
        project = hls4ml.converters.convert_from_keras_model(
            model, hls_config=hls_config, backend='Vitis', io_type='io_parallel', output_dir=str(folder)
        )
        project.compile()
        outputs: Array = project.predict(np.ascontiguousarray(images))
    return outputs


def da4ml_outputs(weights: Mapping[str, Array], hidden: FixedQ, images: Array) -> Array:
    """What da4ml's logic computes, by its interpreter."""
    from da4ml.trace import FixedVariableArrayInput, comb_trace
    from da4ml.trace.ops import quantize, relu

    inputs = FixedVariableArrayInput(64)
    x = quantize(inputs, PIXELS.k, PIXELS.i, PIXELS.f)
    x = relu(x @ weights['dense1.weight'] + weights['dense1.bias'])
    x = quantize(x, hidden.k, hidden.i, hidden.f, overflow_mode=hidden.overflow, round_mode=hidden.rounding)
    logic = comb_trace(inputs, x @ weights['dense2.weight'] + weights['dense2.bias'])
    outputs: Array = logic.predict(images.astype(np.float64))
    return outputs


def hgq2_network() -> Any:
    """A network of HGQ2's layers, whose quantizers are this library's."""
    from hgq.config import QuantizerConfigScope
    from hgq.layers import QDense

    with (
        QuantizerConfigScope(place='all', default_q_type='kbi', overflow_mode='SAT_SYM', round_mode='RND'),
        QuantizerConfigScope(place='datalane', default_q_type='kif', overflow_mode='WRAP', f0=4, i0=4),
    ):
        return keras.Sequential(
            [
                keras.Input((64,)),
                QDense(HIDDEN, activation='relu', beta0=BETA),
                QDense(10, beta0=BETA),
            ]
        )


def main() -> None:
    """Train, convert, compare, and report."""
    parser = argparse.ArgumentParser(description='From a network trained in Keras to hls4ml, with equal bits.')
    parser.add_argument('--out', type=Path, default=Path('build/keras_to_hls4ml'), help='where to write')
    parser.add_argument('--epochs', type=int, default=60, help='of each training')
    parser.add_argument('--skip-hgq2', action='store_true', help="leave out the network of HGQ2's layers")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    images, test, labels, test_labels = digits(0)
    differing = 0

    def report(name: str, expected: Array, outputs: Array) -> None:
        nonlocal differing
        outputs = outputs.reshape(expected.shape)
        differences = int(np.count_nonzero(outputs != expected))
        differing += differences
        accuracy = 100 * np.mean(outputs.argmax(axis=1) == test_labels)
        print(f'{name:14}{expected.size:6} outputs, {differences:4} differ; accuracy {accuracy:.2f} %')

    model = network()
    train(model, images, labels, arguments.epochs)
    weights = quantized_weights(model)
    config = formats(model, weights)
    config.save(arguments.out / 'formats.json')
    print(*(f'{name:14}{spec.cpp_type}' for name, spec in config.items()), sep='\n')
    print(f'{sum(float(layer.bits) for layer in learned_layers(model)):.0f} bits of weights and hidden activations\n')
    expected = ops.convert_to_numpy(model(test))
    plain = plain_network(weights)
    report('Keras', expected, expected)
    report('  hls4ml', expected, hls4ml_outputs(plain, config.to_hls4ml(plain), test, arguments.out / 'hls4ml'))
    report('  da4ml', expected, da4ml_outputs(weights, config['relu1.result'], test))

    if not arguments.skip_hgq2:
        from da4ml.converter import trace_model
        from da4ml.trace import comb_trace
        from hgq.utils import trace_minmax

        model = hgq2_network()
        train(model, images, labels, arguments.epochs)
        trace_minmax(model, images)
        expected = ops.convert_to_numpy(model(test))
        # hls4ml finds all types of HGQ2's layers; were one not found, a type of one bit would show it
        hls_config = {'Model': {'Precision': 'ap_fixed<1, 0>', 'ReuseFactor': 1}}
        report('HGQ2', expected, expected)
        report('  hls4ml', expected, hls4ml_outputs(model, hls_config, test, arguments.out / 'hgq2'))
        report('  da4ml', expected, comb_trace(*trace_model(model)).predict(test.astype(np.float64)))

    print(f'\n{differing} outputs differ')
    sys.exit(differing > 0)


if __name__ == '__main__':
    main()
