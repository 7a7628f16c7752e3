"""The layers of Keras models, as hls4ml calls them."""

from __future__ import annotations

from collections.abc import Callable

import keras
import pytest

from quantizers import QuantizerConfig


def sequential() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((4,), name='inputs'),
            keras.layers.Dense(3, activation='relu', name='dense1'),
            keras.layers.Activation('tanh', name='act'),
            keras.layers.Dense(2, name='dense2'),
        ]
    )


def functional() -> keras.Model:
    inputs = keras.Input((4,), name='inputs')
    shared = keras.layers.Dense(4, activation='tanh', name='shared')
    return keras.Model(inputs, keras.layers.Dense(2, activation='softmax', name='dense1')(shared(shared(inputs))))


# what hls4ml 1.3.0 lists in config_from_keras_model(model, granularity='name')
SEQUENTIAL = ['inputs', 'dense1', 'dense1_relu', 'act', 'dense2']
FUNCTIONAL = ['inputs', 'shared', 'shared_tanh', 'shared_0', 'shared_tanh_0', 'dense1', 'dense1_softmax']


@pytest.mark.parametrize(('model', 'known'), [(sequential, SEQUENTIAL), (functional, FUNCTIONAL)])
def test_the_names_are_those_of_hls4ml(model: Callable[[], keras.Model], known: list[str]) -> None:
    built = model()
    config = QuantizerConfig({f'{name}.result': 'int<8>' for name in known})
    assert list(config.to_hls4ml(built)['LayerName']) == known
    with pytest.raises(ValueError, match=f"'model' has no layer 'other'; its layers are {', '.join(known)}$"):
        QuantizerConfig({'other.result': 'int<8>'}).to_hls4ml(built)


def test_a_model_without_a_graph_is_refused() -> None:
    class Mine(keras.Model):
        pass

    with pytest.raises(ValueError, match=r"^'model' must be a Sequential or functional model of Keras: <Mine "):
        QuantizerConfig({'a.result': 'int<8>'}).to_hls4ml(Mine())
