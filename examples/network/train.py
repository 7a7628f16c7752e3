"""Train a small network for handwritten digits, with convolutions, batch normalizations and a residual connection.

Writes into a folder `model.keras`, the training images and the held-out ones, `train.npy` and `test.npy`, and the
labels of these, `labels.npy`. Needs `pip install 'quantizers[keras]' jax scikit-learn`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


def network() -> keras.Model:
    """Two convolutions, the second beside a connection that leaves it out; nothing has a name of ours."""
    images = x = keras.Input((8, 8, 1))

    def normalized(x: Any) -> Any:
        return layers.BatchNormalization(momentum=0.9)(layers.Conv2D(8, 3, padding='same')(x))

    x = layers.MaxPooling2D()(layers.ReLU()(normalized(x)))
    x = layers.ReLU()(layers.Add()([x, normalized(x)]))
    return keras.Model(images, layers.Dense(10)(layers.Flatten()(x)))


def main() -> None:
    """Train, and write the files."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    data = load_digits()
    images = (data.images[..., None] / 16).astype(np.float32)
    train, test, of_train, labels = train_test_split(images, data.target, test_size=0.25, random_state=0)
    model = network()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss)
    model.fit(train, of_train, batch_size=64, epochs=20, verbose=0)
    model.save(folder / 'model.keras')
    for name, array in {'train': train, 'test': test, 'labels': labels}.items():
        np.save(folder / f'{name}.npy', array)
    right = np.mean(model.predict(test, verbose=0).argmax(1) == labels)
    print(f'Keras, float32: {right:.1%} of {len(labels)} held-out images are right')


if __name__ == '__main__':
    main()
