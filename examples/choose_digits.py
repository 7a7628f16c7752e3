"""Choose the formats of the demo's network by its accuracy: the fewest bits for at most half a point of loss.

The network is that of `demo/`, 64-32-10 with a ReLU between, as it was trained, and a format is chosen for what the
demo quantizes: input, weights, biases, the hidden layer after its ReLU, and the outputs. The best format of each width
comes from the weights and from the activations of the training images; how many bits a tensor can lose is decided by
the accuracy on the held-out images. Bits are those of all weights and of the activations of one image.

The held-out images that choose are no independent test: among many combinations of widths the one is taken that does
well on them, by luck too. So a second choice is made by half of these images, and its loss is told on the other half.

Prints a table with what a width less would have cost, the bits beside those of uniform 8 bits and of the demo's own
configuration, and the accuracies; writes the configuration, with which the demo runs in C++:

    CONFIG=build/choose_digits.json demo/run
"""

from __future__ import annotations

import argparse
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantizers import Choices, QuantizerConfig, Spec, choose

Array = NDArray[Any]
ROOT = Path(__file__).parents[1]
MAX_LOSS = 0.5  # points of accuracy
ACTIVATIONS = ('input', 'dense1.output', 'dense2.output')


class Network:
    """The demo's network in float64, where every sum of products of fixed-point numbers is exact.

    Attributes:
        weights: weights and biases, by the demo's names.
    """

    def __init__(self) -> None:
        with np.load(ROOT / 'demo' / 'digits.npz') as stored:
            self.weights = {name: array.astype(np.float64) for name, array in stored.items()}

    def activations(self, images: Array, specs: Mapping[str, Spec]) -> dict[str, Array]:
        """Input, hidden layer and outputs; each tensor with a format is quantized, as the demo does it."""

        def quantized(name: str, x: Array) -> Array:
            return specs[name](x) if name in specs else x

        weights = {name: quantized(name, weight) for name, weight in self.weights.items()}
        x = quantized('input', images.astype(np.float64))
        before = x @ weights['dense1.weight'] + weights['dense1.bias']
        hidden = quantized('dense1.output', np.maximum(before, 0))
        outputs = quantized('dense2.output', hidden @ weights['dense2.weight'] + weights['dense2.bias'])
        return dict(zip(ACTIVATIONS, (x, hidden, outputs), strict=True))

    def accuracy(self, images: Array, labels: Array, specs: Mapping[str, Spec]) -> float:
        """In percent."""
        outputs = self.activations(images, specs)['dense2.output']
        return 100 * float(np.mean(outputs.argmax(axis=1) == labels))

    def tensors(self, images: Array) -> dict[str, Array]:
        """All that is quantized."""
        return {**self.weights, **self.activations(images, {})}


def choose_for(network: Network, samples: Array, images: Array, labels: Array) -> tuple[Choices, int]:
    """The choices, and how often the accuracy was asked for.

    The activations of `samples` decide what the best format of a width is; the accuracy on `images` the widths.
    """
    calls = 0

    def score(specs: Mapping[str, Spec]) -> float:
        nonlocal calls
        calls += 1
        return network.accuracy(images, labels, specs)

    tensors = network.tensors(samples)
    one_image = {name: tensors[name].shape[1] for name in ACTIVATIONS}
    return choose(tensors, score=score, max_loss=MAX_LOSS, elements=one_image), calls


def bits(network: Network, specs: Mapping[str, Spec]) -> int:
    """Of all weights, and of the activations of one image."""
    tensors = network.tensors(np.zeros((1, 64)))
    return sum(tensors[name].size * spec.bits for name, spec in specs.items())


def main() -> None:
    """Choose, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        '--out', type=Path, default=ROOT / 'build' / 'choose_digits.json', help='the JSON file to write'
    )
    out: Path = parser.parse_args().out
    train, images, _, labels = runpy.run_path(str(ROOT / 'demo' / 'train_digits.py'))['split']()
    network = Network()

    choices, calls = choose_for(network, train, images, labels)
    print('| tensor | type | bits | why |\n| --- | --- | ---: | --- |')
    for name, choice in choices.items():
        print(f'| {name} | {choice.spec.cpp_type} | {choice.spec.width} | {choice.reason} |')
    print(f'accuracy before quantization: {choices.reference:.2f} % of {len(labels)} held-out images, {calls} scores')
    uniform = choose(network.tensors(train), width=8).config()
    own = QuantizerConfig.load(ROOT / 'specs' / 'examples' / 'digits.json')
    for name, specs in (('chosen', choices.config()), ('uniform 8', uniform), ('specs/examples/digits.json', own)):
        print(f'{name}: {bits(network, specs)} bits, accuracy {network.accuracy(images, labels, specs):.2f} %')

    half = len(labels) // 2
    by_half, _ = choose_for(network, train, images[:half], labels[:half])
    before, after = (network.accuracy(images[half:], labels[half:], specs) for specs in ({}, by_half.config()))
    print(
        f'chosen by half of the images: {by_half.bits} bits, accuracy {by_half.score:.2f} % on these,'
        f' {by_half.reference:.2f} % before'
    )
    print(f'on the other half, which did not choose: accuracy {after:.2f} %, {before:.2f} % before')
    out.parent.mkdir(parents=True, exist_ok=True)
    choices.config(f'The demo, chosen for at most {MAX_LOSS} points of accuracy on its held-out images').save(out)
    print(f'written: {out}')


if __name__ == '__main__':
    main()
