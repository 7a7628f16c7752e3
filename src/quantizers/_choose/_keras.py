"""The weights of a Keras model and the results of its layers, by the names that hls4ml 1.3.0 has for them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from .._hls4ml_layers import takes_no_format
from ._sources import is_array

BATCH = 256
# of Keras' names those that hls4ml calls otherwise
_WEIGHTS = {
    'kernel': 'weight',
    'recurrent_kernel': 'recurrent_weight',
    'depthwise_kernel': 'depthwise',
    'pointwise_kernel': 'pointwise',
}
_ALIKE = ('bias', 'recurrent_bias', 'embeddings')
Tensors = dict[str, NDArray[Any]]


def tensors(model: Any, inputs: Any) -> Iterator[Tensors]:
    """The weights, and the results of each batch of inputs. ValueError for a model or layer with no such names."""
    if not getattr(model, 'inputs', None):
        raise ValueError(f"'x' must be a built Sequential or functional model of Keras: {model!r}")
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            raise ValueError(f"'x' must be a model of layers alone; {layer.name!r} is a model: choose for it by itself")
    weights: Tensors = {}
    for layer in model.layers:
        weights |= {f'{layer.name}.{name}': value for name, value in _weights(layer)}
    yield weights
    if inputs is not None:
        given = {tensor.name: tensor for tensor in model.inputs}
        wanted = _results(model)
        results = keras.Model(given, wanted)
        for batch in _batches(inputs):
            computed = results(_by_name(batch, list(given)), training=False)
            # in the model's order, which not every backend keeps
            yield {name: keras.ops.convert_to_numpy(computed[name]) for name in wanted}


def sizes_of_results(model: Any) -> dict[str, int | None]:
    """How many elements each result has for one sample; None where the shape does not say it."""
    shapes = {name: result.shape[1:] for name, result in _results(model).items()}
    return {name: None if None in shape else math.prod(shape) for name, shape in shapes.items()}


def _weights(layer: Any) -> Iterator[tuple[str, NDArray[Any]]]:
    if isinstance(layer, keras.layers.BatchNormalization):
        # hls4ml multiplies by one constant and adds another
        scale = 1 / np.sqrt(_array(layer.moving_variance).astype(np.float64) + layer.epsilon)
        scale = scale * _array(layer.gamma) if layer.scale else scale
        yield 'scale', scale
        yield 'bias', (_array(layer.beta) if layer.center else 0) - _array(layer.moving_mean) * scale
        return
    for variable in layer.weights:
        name = variable.path.rpartition('/')[2]
        if not keras.backend.is_float_dtype(variable.dtype):
            continue  # seeds and counters
        if name not in _WEIGHTS and name not in _ALIKE:
            raise ValueError(f'{layer.name!r}: hls4ml has no name for the weight {name!r}; choose for the arrays alone')
        yield _WEIGHTS.get(name, name), _array(variable)


def _array(variable: Any) -> NDArray[Any]:
    return np.asarray(keras.ops.convert_to_numpy(variable.value))


def _results(model: Any) -> dict[str, Any]:
    """The symbolic results by name; a layer's activation is a layer of its own there."""
    # a Sequential model does not count its input among the layers
    results: dict[str, Any] = {f'{tensor.name}.result': tensor for tensor in model.inputs}
    calls = {entry['config']['name']: len(entry.get('inbound_nodes', ())) for entry in model.get_config()['layers']}
    for layer in model.layers:
        if calls.get(layer.name, 0) > 1:
            raise ValueError(f'{layer.name!r}: must be called once in the model, so that its result is one tensor')
        given, made = layer.input, layer.output
        if not isinstance(made, keras.KerasTensor):
            raise ValueError(f'{layer.name!r}: must have one result: {made!r}')
        config = layer.get_config()
        activation = config.get('activation')
        apart = isinstance(activation, str) and activation != 'linear' and not _is_activation(layer)
        if apart:
            results[f'{layer.name}_{activation}.result'] = made
            made = _linear(layer, config)(given)
        results[f'{layer.name}.result'] = made
    # hls4ml gives these the format of their input
    alike = {f'{layer.name}.result' for layer in model.layers if takes_no_format(type(layer).__name__)}
    return {name: result for name, result in results.items() if name not in alike}


def _is_activation(layer: Any) -> bool:
    # a recurrent layer applies its activation inside
    return isinstance(layer, keras.layers.Activation | keras.layers.RNN)


def _linear(layer: Any, config: Mapping[str, Any]) -> Any:
    """The layer without its activation, of the same weights."""
    linear = type(layer).from_config({**config, 'activation': 'linear', 'name': f'{layer.name}__linear'})
    linear.build(layer.input.shape)
    linear.set_weights(layer.get_weights())
    return linear


def _batches(inputs: Any) -> Iterable[Any]:
    """Batches of at most `BATCH` of an array or a mapping; else what is iterated over."""
    if isinstance(inputs, Mapping):
        parts = {name: np.asarray(part) for name, part in inputs.items()}
        sizes = {len(part) for part in parts.values()}
        if len(sizes) != 1:
            raise ValueError(f"'inputs' must be arrays of one length: {sorted(sizes)}")
        return ({n: part[at : at + BATCH] for n, part in parts.items()} for at in range(0, sizes.pop(), BATCH))
    if is_array(inputs):
        array = np.asarray(inputs)
        return (array[at : at + BATCH] for at in range(0, len(array), BATCH))
    return inputs  # type: ignore[no-any-return]


def _by_name(batch: Any, names: list[str]) -> dict[str, Any]:
    if isinstance(batch, Mapping) and set(batch) == set(names):
        return dict(batch)
    if isinstance(batch, Mapping) or len(names) != 1:
        found = ', '.join(map(repr, batch)) if isinstance(batch, Mapping) else type(batch).__name__
        raise ValueError(f"'inputs' must be a mapping of the names {', '.join(map(repr, names))}: {found}")
    return {names[0]: batch}
