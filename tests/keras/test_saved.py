"""Models and layers that 1.3.0 saved are loaded, and compute the same: `tests/data/make.py` made them."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest

import quantizers.layers
from quantizers import FixedQ, MinifloatQ

# PyTorch reads Keras' own variables in a way that NumPy 2 warns of
pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')

DATA = Path(__file__).parents[1] / 'data'


def test_a_saved_model_computes_the_same() -> None:
    model = keras.saving.load_model(DATA / 'model.keras')
    arrays = np.load(DATA / 'model.npz')
    np.testing.assert_array_equal(model.predict(arrays['x'], verbose=0), arrays['y'])
    assert model.get_layer('result').spec == MinifloatQ(2, 3)


def test_the_configuration_of_a_layer_is_read() -> None:
    layer = keras.saving.deserialize_keras_object(json.loads((DATA / 'layer.json').read_text()))
    assert type(layer) is quantizers.layers.LearnedFixed
    assert (layer.name, layer.granularity) == ('learned', 'channel')
    assert layer.spec == FixedQ(8, 3, True, 'RND', 'SAT')
