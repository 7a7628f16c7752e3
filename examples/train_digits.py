"""Learn the bit widths of a network for handwritten digits, and compare them with uniform widths and with float32.

Each seed has its own split of scikit-learn's digits into training, validation and held-out test images, and its own
start: a network trained in float32. From there every variant trains for the same epochs on the same schedule:

- float32;
- uniform W: W bits for every weight and activation, with the best integer bits for each channel;
- learned b: an own format for every weight and activation, learned by `LearnedFixed` at the strength b of the bit cost.

Bits are the sum of k + i + f over all weights and over the activations of one image (pixels and hidden layer). The
logits are compared by argmax alone, and quantized in no variant. Prints the table and the verdict; writes the formats
of one learned network as JSON and, with its weights, as a C++ header, and draws bits against accuracy.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import cos, pi
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from digits_report import FLOAT, Result, choose, draw, table, verdict
from keras import ops
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from quantizers import FixedQ, QuantizerConfig, get_fixed_quantizer, get_fixed_quantizer_np
from quantizers.cpp import header
from quantizers.layers import BetaSchedule, LearnedFixed, QuantizedDense, learned_layers

Array = NDArray[Any]
Data = tuple[Array, Array]
MODES = ('RND', 'SAT')
WEIGHTS = ('dense1.kernel', 'dense1.bias', 'dense2.kernel', 'dense2.bias')
HIDDEN = 64
WIDTHS = (2, 3, 4, 5, 6, 7, 8)
STRENGTHS = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3)
# settled in trials, see docs/train_digits.md
BATCH, RATE, RAMP = 128, 3e-3, 0.2


class Learned(NamedTuple):
    """The formats of a learned network, and the weights that have one, by their name."""

    specs: dict[str, FixedQ]
    weights: dict[str, Array]


class Uniform(keras.layers.Layer):
    """Fixed point of one width; each channel has the integer bits that fit `values` best."""

    def __init__(self, width: int, k: int, values: Array) -> None:
        super().__init__()
        i = integer_bits(values, k, width, axis=tuple(range(values.ndim - 1)))
        self.widths = k, i, width - k - i
        self.quantizer = get_fixed_quantizer(*MODES)

    def call(self, inputs: Any) -> Any:
        """The quantized input."""
        return self.quantizer(inputs, *self.widths)


def integer_bits(values: Array, k: int, width: int, axis: tuple[int, ...] | None = None) -> Array:
    """The integer bits with the least mean squared error over `axis`, for formats of `width` bits in all."""
    quantizer = get_fixed_quantizer_np(*MODES)
    candidates = np.arange(-8, 9)
    errors = [np.mean((quantizer(values, k, i, width - k - i) - values) ** 2, axis=axis) for i in candidates]
    return candidates[np.argmin(errors, axis=0)]


def split(seed: int) -> tuple[Data, Data, Data]:
    """Training, validation and test: images of 64 pixels, multiples of 1/16 from 0 to 1, and their labels."""
    digits = load_digits()
    images = (digits.data / 16).astype(np.float32)
    rest, test, rest_labels, test_labels = train_test_split(
        images, digits.target, test_size=0.25, random_state=seed, stratify=digits.target
    )
    train, validation, labels, validation_labels = train_test_split(
        rest, rest_labels, test_size=0.2, random_state=seed, stratify=rest_labels
    )
    return (train, labels), (validation, validation_labels), (test, test_labels)


def network(quantizer: Callable[[str], Any] = lambda name: None, start: Mapping[str, Array] | None = None) -> Any:
    """The network, compiled; `quantizer` gives the quantizer of each tensor by its name, `start` the weights."""
    layers = [
        keras.Input((64,)),
        quantizer('pixels'),
        QuantizedDense(
            HIDDEN,
            activation='relu',
            kernel_quantizer=quantizer('dense1.kernel'),
            bias_quantizer=quantizer('dense1.bias'),
            name='dense1',
        ),
        quantizer('dense1.output'),
        QuantizedDense(
            10,
            kernel_quantizer=quantizer('dense2.kernel'),
            bias_quantizer=quantizer('dense2.bias'),
            name='dense2',
        ),
    ]
    model = keras.Sequential([layer for layer in layers if layer is not None])
    model.compile(keras.optimizers.Adam(), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    for name, value in (start or {}).items():
        weight(model, name).assign(value)
    return model


def weight(model: Any, name: str) -> Any:
    """The variable of a name such as `dense1.kernel`."""
    layer, attribute = name.split('.')
    return getattr(model.get_layer(layer), attribute)


def weights(model: Any) -> dict[str, Array]:
    """All weights by their names, before quantization."""
    return {name: ops.convert_to_numpy(weight(model, name)).copy() for name in WEIGHTS}


def fit(model: Any, data: Data, epochs: int, seed: int, strength: float = 0.0) -> None:
    """Train; the bit cost rises to its strength in the first epochs, and the learning rate falls to 0."""
    keras.utils.set_random_seed(seed)
    callbacks = [
        BetaSchedule(lambda epoch: strength * min(1, epoch / (RAMP * epochs))),
        keras.callbacks.LearningRateScheduler(lambda epoch: RATE * (1 + cos(pi * epoch / epochs)) / 2),
    ]
    model.fit(*data, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=callbacks)


def accuracy(model: Any, data: Data) -> float:
    """The share of right answers, in percent."""
    logits = ops.convert_to_numpy(model(data[0]))
    return float(100 * np.mean(logits.argmax(axis=1) == data[1]))


def snapshot(model: Any) -> Callable[[], None]:
    """A function that puts the model, its optimizer included, back to where it is now: no strength compiles anew."""
    model.optimizer.build(model.trainable_variables)
    state = [(v, ops.convert_to_numpy(v).copy()) for v in [*model.variables, *model.optimizer.variables]]

    def restore() -> None:
        for variable, value in state:
            variable.assign(value)

    return restore


def learned(model: Any) -> Learned:
    """The learned formats, `dense1.kernel.12.3` for row 12 and column 3; elements of no width have none."""
    tensors = weights(model)
    specs, values = {}, {}
    for layer in learned_layers(model):
        tensor = layer.name.replace('_', '.')
        for at, spec in np.ndenumerate(layer.to_specs()):
            if spec is not None:
                name = '.'.join([tensor, *map(str, at)])
                specs[name] = spec
                if tensor in tensors:
                    values[name] = tensors[tensor][at]
    return Learned(specs, values)


def variants(seed: int, epochs: int, widths: Sequence[int]) -> Iterator[tuple[str, Result, Learned | None]]:
    """Train every variant for one seed."""
    train, validation, test = split(seed)
    keras.utils.set_random_seed(seed)
    first = network()
    fit(first, train, max(epochs // 6, 1), seed)
    start = weights(first)
    values = {'pixels': train[0], 'dense1.output': ops.convert_to_numpy(first.layers[0](train[0])), **start}
    elements = sum(tensor.size if name in WEIGHTS else tensor[0].size for name, tensor in values.items())

    def result(model: Any, bits: float) -> Result:
        return Result(bits, accuracy(model, validation), accuracy(model, test))

    model = network(start=start)
    fit(model, train, epochs, seed)
    yield FLOAT, result(model, 32 * elements), None

    for width in widths:
        # weights have a sign; pixels, and the outputs of a ReLU, have none
        model = network(lambda name, w=width: Uniform(w, int(name in WEIGHTS), values[name]), start)
        fit(model, train, epochs, seed)
        yield f'uniform {width}', result(model, width * elements), None

    def eight_bits(name: str) -> LearnedFixed:
        k = int(name in WEIGHTS)
        i = int(integer_bits(values[name], k, 8))
        spec = FixedQ.from_kif(k, i, 8 - k - i, *MODES)
        # PyTorch takes no point in the name of a layer
        layer_name = name.replace('.', '_')
        return LearnedFixed(spec, granularity='element', batch_axis=None if k else 0, name=layer_name)

    model = network(eight_bits, start)
    restore = snapshot(model)
    for strength in STRENGTHS:
        restore()
        fit(model, train, epochs, seed, strength)
        bits = sum(float(layer.bits) for layer in learned_layers(model))
        yield f'learned {strength:.0e}', result(model, bits), learned(model)


def main() -> None:
    """Train everything, print the table and the verdict, and write the files."""
    parser = argparse.ArgumentParser(description='Learn the bit widths of a network for handwritten digits.')
    parser.add_argument('--out', type=Path, default=Path('build/train_digits'), help='where to write')
    parser.add_argument('--epochs', type=int, help='of each training; 300, or 100 if quick')
    parser.add_argument('--seeds', type=int, help='how many; 3, or 1 if quick')
    parser.add_argument('--quick', action='store_true', help='fewer epochs, seeds and uniform widths: for a first look')
    arguments = parser.parse_args()
    epochs = arguments.epochs or (100 if arguments.quick else 300)
    seeds = arguments.seeds or (1 if arguments.quick else 3)

    results: dict[str, list[Result]] = {}
    kept: dict[str, Learned] = {}
    for seed in range(seeds):
        for name, result, formats in variants(seed, epochs, (2, 4, 8) if arguments.quick else WIDTHS):
            print(f'seed {seed}: {name}', file=sys.stderr)
            results.setdefault(name, []).append(result)
            if formats is not None:
                kept.setdefault(name, formats)
    # rounded, so that networks with as many right answers are equal
    mean = {name: Result(*np.mean(runs, axis=0).round(6).tolist()) for name, runs in results.items()}
    baseline, best = choose(mean)
    print(*table(results, mean), '', *verdict(mean, baseline, best), sep='\n')

    config = QuantizerConfig(kept[best].specs, description=f'digits, {best}, seed 0')
    arguments.out.mkdir(parents=True, exist_ok=True)
    config.save(arguments.out / 'train_digits.json')
    (arguments.out / 'train_digits.h').write_text(header(config, kept[best].weights, guard='TRAIN_DIGITS_H'))
    draw(arguments.out / 'train_digits.png', mean)
    print(f'\n{len(config)} formats of {best}, seed 0, in {arguments.out}: train_digits.json, .h; and train_digits.png')


if __name__ == '__main__':
    main()
