"""Train the demo's network, 64-32-10 with a ReLU between, on scikit-learn's digits; saves its weights, digits.npz."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

WEIGHTS = Path(__file__).with_name('digits.npz')


def split() -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Training images, held-out images, and their labels; 64 pixels an image, multiples of 1/16 from 0 to 1."""
    digits = load_digits()
    images = (digits.data / 16).astype(np.float32)
    train, test, train_labels, test_labels = train_test_split(
        images, digits.target, test_size=0.25, random_state=0, stratify=digits.target
    )
    return train, test, train_labels, test_labels


def main() -> None:
    """Train, report the accuracy and save the weights."""
    from sklearn.neural_network import MLPClassifier

    train, test, train_labels, test_labels = split()
    network = MLPClassifier((32,), alpha=0.02, max_iter=2000, random_state=0).fit(train, train_labels)
    scores = network.score(train, train_labels), network.score(test, test_labels)
    print('accuracy: {:.2%} in training, {:.2%} held out'.format(*scores))
    weights = {}
    for layer, (weight, bias) in enumerate(zip(network.coefs_, network.intercepts_, strict=True), 1):
        weights[f'dense{layer}.weight'] = weight.astype(np.float32)
        weights[f'dense{layer}.bias'] = bias.astype(np.float32)
    np.savez_compressed(WEIGHTS, **weights)


if __name__ == '__main__':
    main()
