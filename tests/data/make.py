"""Made `saved.pickle`, `model.keras`, `layer.json` and `model.npz` beside it, with 1.3.0: later releases read them too.

`KERAS_BACKEND=jax python tests/data/make.py`, before a move of modules, for what is to be readable after it.
"""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import keras
import numpy as np

import quantizers as q
from quantizers.layers import LearnedFixed, Quantize, QuantizedConv2D, QuantizedDense, SpecConstraint

HERE = Path(__file__).parent
SPEC = q.FixedQ(8, 3, True, 'RND', 'SAT')
SPECS = [SPEC, q.FixedQ(70, -2, False, 'S_RND_CONV', 'WRAP', 3), q.MinifloatQ(2, 3, -1), q.BinaryQ(), q.TernaryQ()]


def saved() -> dict[str, object]:
    """What is pickled, by a name."""
    return {
        'specs': SPECS,
        'modes': [q.Rounding.RND, q.Overflow.SAT_SYM],
        'config': q.QuantizerConfig({'a': SPEC, 'b': 'ap_binary'}, description='as saved'),
    }


def model() -> keras.Model:
    """A model with every layer, and every way of holding a spec that the oldest Keras loads."""
    return keras.Sequential(
        [
            keras.Input((5, 5, 2)),
            LearnedFixed(SPEC, granularity='channel'),
            QuantizedConv2D(2, 3, kernel_quantizer=SPEC, bias_quantizer=q.FixedQ(6, 2, True, 'RND', 'SAT')),
            keras.layers.Activation(SPEC),
            keras.layers.Flatten(),
            QuantizedDense(4, kernel_quantizer=LearnedFixed(SPEC, axes=(0,), batch_axis=None), bias_initializer='ones'),
            keras.layers.Dense(3, kernel_constraint=SpecConstraint(SPEC), activation=q.TernaryQ()),
            Quantize(q.MinifloatQ(2, 3), name='result'),
        ]
    )


if __name__ == '__main__':
    keras.utils.set_random_seed(1)
    (HERE / 'saved.pickle').write_bytes(pickle.dumps(saved(), protocol=4))
    net = model()
    for variable in net.weights:
        # eighths: all sums are exact, on every backend
        variable.assign(np.round(8 * np.asarray(variable)) / 8)
    x = np.round(16 * np.random.default_rng(1).normal(size=(20, 5, 5, 2)).astype('float32')) / 16
    np.savez_compressed(HERE / 'model.npz', x=x, y=net.predict(x, verbose=0))
    net.save(HERE / 'model.keras')
    config = keras.saving.serialize_keras_object(LearnedFixed(SPEC, granularity='channel', beta=1e-3, name='learned'))
    (HERE / 'layer.json').write_text(json.dumps(config, indent=2) + '\n')
