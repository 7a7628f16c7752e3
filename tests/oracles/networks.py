"""Small networks of Keras, by name, of every operation that is computed exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from quantizers import FixedQ, PerChannel, QuantizerConfig
from quantizers.network import Network

# exact; of fewer fraction bits than products have; saturating; wrapping where sums do not fit
ACCUMULATORS = FixedQ(30, 12), FixedQ(14, 8, True, 'RND'), FixedQ(12, 5, True, 'TRN', 'SAT'), FixedQ(15, 4)
INPUT = FixedQ(10, 4)


def dense() -> keras.Model:
    """With and without activations and biases."""
    x = keras.Input((7,), name='first')
    hidden = layers.Dense(9, activation='relu', name='hidden')(x)
    linear = layers.Dense(6, use_bias=False, name='linear')(hidden)
    return keras.Model(x, layers.Dense(4, name='last')(layers.Dropout(0.5, name='dropped')(linear)))


def convolutions() -> keras.Model:
    """Padding, strides, pooling, a residual connection."""
    x = keras.Input((8, 8, 2), name='image')
    first = layers.Conv2D(4, 3, padding='same', activation='relu', name='first')(x)
    small = layers.MaxPooling2D(name='small')(first)
    second = layers.Conv2D(4, (3, 2), padding='same', name='second')(small)
    sum_ = layers.ReLU(name='positive')(layers.Add(name='residual')([small, second]))
    strided = layers.Conv2D(3, 2, strides=2, name='strided')(sum_)
    return keras.Model(x, layers.Dense(5, name='last')(layers.Flatten(name='flat')(strided)))


def normalized() -> keras.Model:
    """Batch normalizations that stay: after an activation, at the input, and of what is taken elsewhere, too."""
    x = keras.Input((6,), name='first')
    scaled = layers.BatchNormalization(name='scaled')(x)
    hidden = layers.Dense(8, activation='relu', name='hidden')(scaled)
    last = layers.Dense(3, name='last')(layers.BatchNormalization(name='between')(hidden))
    model = keras.Model(x, layers.Add(name='residual')([last, layers.BatchNormalization(name='after')(last)]))
    _move(model)
    return model


def folding() -> keras.Model:
    """Batch normalizations right after what has weights, into which they may be folded."""
    x = keras.Input((6, 6, 2), name='image')
    first = layers.BatchNormalization(name='norm')(layers.Conv2D(3, 3, name='first')(x))
    wide = layers.DepthwiseConv2D(2, name='wide')(layers.Activation('relu', name='positive')(first))
    flat = layers.Flatten(name='flat')(wide)
    model = keras.Model(x, layers.BatchNormalization(name='end')(layers.Dense(4, name='last')(flat)))
    _move(model)
    return model


def joined() -> keras.Model:
    """Two inputs, of one axis and of two; results side by side; two outputs."""
    a, b = keras.Input((5,), name='vector'), keras.Input((9, 3), name='series')
    filtered = layers.Conv1D(4, 3, activation='relu', name='filtered')(b)
    largest = layers.GlobalMaxPooling1D(name='largest')(filtered)
    both = layers.Concatenate(name='both')([layers.Dense(4, name='of_vector')(a), largest])
    results = [layers.Dense(3, name='out')(both), layers.Dense(3, activation='relu', name='other')(both)]
    return keras.Model([a, b], results)


def tables() -> keras.Model:
    """Functions that are looked up, of narrow and wide sums, and of what has no sign."""
    x = keras.Input((6,), name='first')
    gate = layers.Dense(12, activation='sigmoid', name='gate')(x)
    change = layers.Dense(12, activation='tanh', name='change')(layers.ReLU(name='positive')(x))
    both = layers.Activation('tanh', name='both')(layers.Add(name='sum')([gate, change]))
    return keras.Model(x, layers.Activation('sigmoid', name='last')(layers.Dense(4, name='wide')(both)))


def classes() -> keras.Model:
    """Softmax of few and of several numbers, with a sign and without one, and along the last of two axes."""
    x = keras.Input((6,), name='first')
    three = layers.Dense(3, activation='softmax', name='three')(x)
    seven = layers.Softmax(name='seven')(layers.ReLU(name='positive')(layers.Dense(7, name='hidden')(x)))
    pairs = layers.Reshape((2, 5), name='pairs')(layers.Dense(10, name='ten')(x))
    rows = layers.Softmax(name='rows')(pairs)
    return keras.Model(x, [three, seven, rows])


def averaged() -> keras.Model:
    """Means of windows whose sizes are no powers of two, of all of an axis, and of one that is."""
    x, y = keras.Input((7, 6, 2), name='image'), keras.Input((9, 3), name='series')
    small = layers.AveragePooling2D((3, 2), strides=(2, 2), name='small')(x)
    whole = layers.GlobalAveragePooling2D(name='whole')(layers.Conv2D(3, 2, name='first')(small))
    pairs = layers.AveragePooling1D(3, name='threes')(y)
    both = layers.Concatenate(name='both')([whole, layers.GlobalAveragePooling1D(name='mean')(pairs)])
    return keras.Model([x, y], layers.Dense(4, name='last')(both))


def separable() -> keras.Model:
    """Convolutions of each channel alone, and of all channels at one place after them, as MobileNet has them."""
    x = keras.Input((6, 5, 3), name='image')
    wide = layers.DepthwiseConv2D((3, 2), padding='same', name='wide')(x)
    mixed = layers.Conv2D(4, 1, activation='relu', name='mixed')(wide)
    strided = layers.DepthwiseConv2D(2, strides=2, use_bias=False, name='strided')(mixed)
    return keras.Model(x, layers.Conv2D(3, 1, use_bias=False, name='few')(strided))


def channels() -> keras.Model:
    """Weights whose channels have formats of their own: of a convolution, a batch normalization, and dense."""
    x, moved = keras.Input((8, 3), name='series'), {'bias_initializer': 'random_normal'}
    norm = layers.BatchNormalization(name='norm')(layers.Conv1D(4, 3, name='filtered', **moved)(x))
    each = layers.DepthwiseConv1D(2, activation='relu', name='each', **moved)(norm)
    model = keras.Model(x, layers.Dense(6, name='last', **moved)(layers.Flatten(name='flat')(each)))
    _move(model)
    return model


def dilated() -> keras.Model:
    """What hls4ml does not take: dilation, padding on one side, a window of all that stays an axis."""
    x = keras.Input((12, 3), name='series')
    causal = layers.Conv1D(4, 3, padding='causal', dilation_rate=2, activation='relu', name='causal')(x)
    wide = layers.DepthwiseConv1D(3, padding='same', strides=2, name='wide')(causal)
    return keras.Model(x, layers.GlobalMaxPooling1D(keepdims=True, name='largest')(wide))


NETWORKS: dict[str, Callable[[], keras.Model]] = {
    make.__name__: make
    for make in (
        *(dense, convolutions, separable, normalized, folding, joined, averaged, tables, classes, channels),
        dilated,
    )
}


def made(name: str) -> keras.Model:
    """A network with the same weights in each run."""
    keras.utils.set_random_seed(3)
    return NETWORKS[name]()


def _move(model: keras.Model) -> None:
    """Statistics as after training."""
    numbers = np.random.default_rng(5)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.set_weights([numbers.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])


def config(network: Network, seed: int, accumulators: tuple[FixedQ, ...]) -> QuantizerConfig:
    """Formats of all tensors, of many modes, some of which saturate, wrap, and lose bits."""
    numbers = np.random.default_rng(seed)
    softmax = {name.replace('exp_table', 'accum') for name in network.tensors if name.endswith('exp_table')}

    def spec(name: str) -> FixedQ:
        kind = name.rpartition('.')[2]
        if kind == 'accum':
            return accumulators[numbers.integers(len(accumulators))]
        if 'inv' in kind or kind == 'exp_table' or name in softmax:
            return FixedQ(int(numbers.integers(14, 20)), 8, True, ('TRN', 'RND')[numbers.integers(2)], 'SAT')
        if kind == 'table':
            return FixedQ(int(numbers.integers(8, 20)), 3, True, ('TRN', 'RND')[numbers.integers(2)], 'SAT')
        if kind != 'result':
            return FixedQ(int(numbers.integers(5, 8)), 2, True, 'RND', 'SAT')
        rounding = ('TRN', 'RND', 'RND_CONV', 'TRN_ZERO')[numbers.integers(4)]
        overflow = ('SAT', 'WRAP', 'SAT_SYM')[numbers.integers(3)]
        return FixedQ(int(numbers.integers(8, 13)), 4, True, rounding, overflow)

    formats = {name: spec(name) for name in network.tensors}
    return QuantizerConfig({name: per_channel(network, name, spec) for name, spec in formats.items()})


def per_channel(network: Network, name: str, spec: FixedQ) -> FixedQ | PerChannel:
    """Of weights of `channels`, formats of several widths and modes: finer, coarser, and of another range."""
    if 'filtered' not in network.layers or 'each' not in network.layers or name not in network.weights:
        return spec
    count = network.weights[name].shape[axis := -2 if name == 'each.weight' else -1]
    kinds = [
        FixedQ(4, 1, True, 'RND', 'SAT'),
        FixedQ(6, 1),
        FixedQ(3, 2, True, 'TRN', 'WRAP'),
        FixedQ(8, 2, True, 'RND'),
    ]
    return PerChannel(axis, [kinds[n % len(kinds)] for n in range(count)])


def samples(network: Network, size: int, spec: FixedQ = INPUT) -> Any:
    numbers = np.random.default_rng(1)
    arrays = {n: spec(numbers.normal(0, 2, (size, *network.layers[n].shape))) for n in network.inputs}
    return arrays if len(arrays) > 1 else next(iter(arrays.values()))
