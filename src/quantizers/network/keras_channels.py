"""A Keras model whose weights have their formats per channel already, for tools with one type for all channels."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from .._checks.shown import as_step
from ..formats.per_channel import Formats, PerChannel
from .exact import Array
from .keras_weights import named_weights


def in_channels(model: keras.Model, specs: Mapping[str, Formats]) -> keras.Model:
    """A copy in which each weight with formats per channel has these; the model itself where there are none.

    hls4ml has one type for all channels, which holds the values of each: it would round what is given as finely as the
    finest channel. Names are those of `keras_weights.weights`. A BatchNormalization becomes its scale and bias, of
    statistics that do nothing.

    Raises ValueError, by its name, for values that the variable's dtype does not hold.
    """
    wanted = {name: spec for name, spec in specs.items() if isinstance(spec, PerChannel)}
    given = {name: weight for name, weight in named_weights(model).items() if name in wanted} if wanted else {}
    if not given:
        return model
    constants = {id(weight.layer) for weight in given.values() if weight.variable is None}

    def cloned(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if id(layer) in constants:
            config |= {'scale': True, 'center': True, 'epsilon': 0.0}
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=cloned)
    named = named_weights(copy)
    for name, weight in named_weights(model).items():
        spec = specs.get(name)
        value = np.asarray(spec(weight.value.astype(np.float64))) if isinstance(spec, PerChannel) else weight.value
        if (variable := named[name].variable) is not None:
            _assign(name, variable, value, exact=isinstance(spec, PerChannel))
        elif id(weight.layer) in constants:
            layer = named[name].layer
            _assign(name, layer.gamma if weight.tensor == 'scale' else layer.beta, value, exact=name in wanted)
            layer.moving_mean.assign(np.zeros(value.shape))
            layer.moving_variance.assign(np.ones(value.shape))
        else:
            named[name].layer.set_weights(weight.layer.get_weights())
    return copy


def _assign(name: str, variable: keras.Variable, value: Array, *, exact: bool) -> None:
    variable.assign(value)
    if exact and not np.array_equal(keras.ops.convert_to_numpy(variable.value), value):
        raise ValueError(f'{as_step(name)}: must have values that {variable.dtype} holds')
