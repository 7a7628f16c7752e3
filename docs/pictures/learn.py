"""Train the network whose learned widths and history `draw.py` draws, and keep them: python docs/pictures/learn.py.

What is kept are numbers, in learned.npz, as a training on another machine ends with slightly other ones.
"""

from __future__ import annotations

import os
from math import cos, pi
from pathlib import Path

os.environ.setdefault('KERAS_BACKEND', 'jax')

import keras
import numpy as np
from sklearn.datasets import load_digits

from quantizers import FixedQ
from quantizers.layers import BetaSchedule, LearnedFixed, LogBits, QuantizedDense, learned_layers

KEPT = Path(__file__).with_name('learned.npz')
array = keras.ops.convert_to_numpy
EPOCHS, STRENGTH, RATE = 150, 1e-4, 5e-3


def network() -> keras.Model:
    """64 pixels, 32 hidden units, 10 digits."""
    start = FixedQ(8, 1, True, 'RND', 'SAT')
    return keras.Sequential(
        [
            keras.Input((64,)),
            QuantizedDense(
                32,
                activation='relu',
                kernel_quantizer=LearnedFixed(start, granularity='element', batch_axis=None, name='kernel'),
            ),
            LearnedFixed(FixedQ(8, 3, False, 'RND', 'SAT'), granularity='channel', name='hidden'),
            QuantizedDense(
                10, kernel_quantizer=LearnedFixed(start, granularity='channel', batch_axis=None, name='last')
            ),
        ]
    )


def main() -> None:
    """Train it, and keep the numbers."""
    keras.utils.set_random_seed(0)
    digits = load_digits()
    images = (digits.data / 16).astype(np.float32)
    model = network()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(), loss, metrics=['accuracy'])
    history = model.fit(
        images,
        digits.target,
        batch_size=128,
        epochs=EPOCHS,
        validation_split=0.25,
        verbose=0,
        callbacks=[
            BetaSchedule(lambda epoch: STRENGTH * min(1, 5 * epoch / EPOCHS)),
            keras.callbacks.LearningRateScheduler(lambda epoch: RATE * (1 + cos(pi * epoch / EPOCHS)) / 2),
            LogBits(),
        ],
    )
    kept = {
        f'history/{name}': np.array(numbers, np.float32)
        for name, numbers in history.history.items()
        if name != 'learning_rate'
    }
    for layer in learned_layers(model):
        _, i, f = layer.kif
        kept |= {f'{layer.name}/i': i.astype(np.int8), f'{layer.name}/f': f.astype(np.int8)}
    first, _, _ = model.layers
    kept |= {'kernel/x': array(first.kernel), 'hidden/x': array(first(images[:100]))}
    np.savez_compressed(KEPT, **kept)


if __name__ == '__main__':
    main()
