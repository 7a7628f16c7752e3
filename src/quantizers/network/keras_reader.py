"""A Keras model as a graph, by the names that hls4ml 1.3.0 has for its layers and their weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import keras
import numpy as np

from .._checks.shown import as_step, shown
from .graph import Layer, frozen
from .keras_calls import activation_name, calls, check_activation_name, layer_name
from .keras_weights import weights
from .moving import Reshape
from .operations import Add, Concatenate, Dense, Operation, Pairs, Relu, Same, Scale, Shape
from .softmax import Softmax
from .tables import Sigmoid, Tanh
from .windows import AveragePooling, Convolution, MaxPooling

_Make = Callable[[keras.Layer, list[Shape], Shape], Operation]


def layers_of(model: keras.Model) -> Iterator[Layer]:
    """The layers of a built Sequential or functional model, each after those whose results it takes.

    Raises ValueError, by its name, for a layer that is not computed here, and for one that is called more than once.
    """
    found = [*_computed(model)]  # before weights, for which names may be missing where operations are
    named = weights(model)
    for layer in found:
        own = {tensor: named.get(f'{layer.name}.{tensor}') for tensor in layer.operation.weights}
        constants = {tensor: np.asarray(array, np.float64) for tensor, array in own.items() if array is not None}
        yield replace(layer, weights=frozen(constants))


def _computed(model: keras.Model) -> Iterator[Layer]:
    """The layers without their weights."""
    names = [call.operation.name for call in calls(model)]
    for call in calls(model):
        layer = call.operation
        if names.count(layer.name) > 1:
            raise ValueError(f'{as_step(layer.name)}: must be called once, so that its result is one tensor')
        shapes, shape = [_shape(layer, tensor) for tensor in call.input_tensors], _shape(layer, *call.outputs)
        before = tuple(_name_of(tensor) for tensor in call.input_tensors)
        yield Layer(layer.name, type(layer).__name__, _operation(layer, shapes, shape), before, shape)
        function = layer.get_config().get('activation')
        name = activation_name(layer)
        if name is not None:
            check_activation_name(layer, name, names)
            _one_axis(layer, function, shape)
            yield Layer(name, function, _function(layer, function), (layer.name,), shape)
        elif not isinstance(function, str | None):  # one that has no name, which hls4ml would leave out
            _function(layer, function)


def output_names(model: keras.Model) -> tuple[str, ...]:
    """The names of the layers that the model's outputs are."""
    return tuple(_name_of(tensor) for tensor in model.outputs)


def _name_of(tensor: keras.KerasTensor) -> str:
    """The name of the layer that a result is: of the activation, where there is one."""
    return activation_name(tensor._keras_history.operation) or layer_name(tensor)


def _shape(layer: keras.Layer, tensor: keras.KerasTensor) -> Shape:
    if None in tensor.shape[1:]:
        raise ValueError(f'{as_step(layer.name)}: must have known sizes, but that of the batch: {tensor.shape}')
    return tuple(tensor.shape[1:])


def _operation(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    make = _MAKERS.get(type(layer).__name__)
    if make is None or type(layer).__module__.partition('.')[0] != 'keras':
        raise ValueError(
            f'{as_step(layer.name)}: must be one of {", ".join(_MAKERS)} of Keras, which are computed exactly here: '
            f'{shown(type(layer).__name__)}'
        )
    return make(layer, inputs, result)


def _function(layer: keras.Layer, name: object) -> Operation:
    if not isinstance(name, str) or name not in _FUNCTIONS:
        raise ValueError(
            f'{as_step(layer.name)}: must have one of the activations {", ".join(_FUNCTIONS)}, '
            f'or be left out, by a model that ends before it: {shown(name)}'
        )
    return _FUNCTIONS[name]


def _must(layer: keras.Layer, rules: Mapping[str, object]) -> None:
    """Refuse a setting under which the layer computes something else."""
    config = layer.get_config()
    for key, value in rules.items():
        if key in config and config[key] != value:
            raise ValueError(f'{as_step(layer.name)}: {key!r} must be {value!r}: {shown(config[key])}')


def _dense(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    return Dense()


def _convolution(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    _must(layer, {'data_format': 'channels_last', 'groups': 1, 'depth_multiplier': 1})
    sizes = inputs[0][:-1]
    kernel, strides, dilation = layer.kernel_size, layer.strides, layer.dilation_rate
    padding = _padding(layer, sizes, kernel, strides, dilation)
    depthwise = 'Depthwise' in type(layer).__name__
    return Convolution(strides, dilation, padding, kernel, depthwise)


def _padding(layer: keras.Layer, sizes: Shape, kernel: Shape, strides: Shape, dilation: Shape) -> Pairs:
    """The zeros on both sides of each axis."""
    if layer.padding == 'causal':
        return tuple(((size - 1) * step, 0) for size, step in zip(kernel, dilation, strict=True))
    if layer.padding == 'valid':
        return ((0, 0),) * len(sizes)
    pairs = []
    for n, size, stride, step in zip(sizes, kernel, strides, dilation, strict=True):
        total = max((-(-n // stride) - 1) * stride + (size - 1) * step + 1 - n, 0)
        pairs.append((total // 2, total - total // 2))
    return tuple(pairs)


def _pooling(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    _must(layer, {'data_format': 'channels_last'})
    pairs = _padding(layer, inputs[0][:-1], layer.pool_size, layer.strides, (1,) * len(layer.pool_size))
    if any(map(any, pairs)):
        raise ValueError(f"{as_step(layer.name)}: 'padding' must add nothing, as tools differ in what it adds: {pairs}")
    return _pools(layer)(tuple(layer.pool_size), tuple(layer.strides))


def _global_pooling(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    _must(layer, {'data_format': 'channels_last'})
    sizes = inputs[0][:-1]
    return _pools(layer)(sizes, (1,) * len(sizes), keep=bool(layer.keepdims))


def _pools(layer: keras.Layer) -> type[AveragePooling | MaxPooling]:
    return AveragePooling if 'Average' in type(layer).__name__ else MaxPooling


def _scale(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    _last_axis(layer, inputs[0])
    return Scale()


def _add(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    if len(inputs) != 2 or inputs[0] != inputs[1]:
        raise ValueError(f'{as_step(layer.name)}: must add two results of one shape: {inputs}')
    return Add()


def _concatenate(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    _last_axis(layer, result)
    return Concatenate()


def _last_axis(layer: keras.Layer, shape: Shape) -> None:
    if [axis % (len(shape) + 1) for axis in np.atleast_1d(layer.axis)] != [len(shape)]:
        raise ValueError(f"{as_step(layer.name)}: 'axis' must be the last one: {layer.axis}")


def _relu(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    _must(layer, {'max_value': None, 'negative_slope': 0.0, 'threshold': 0.0})
    return Relu()


def _one_axis(layer: keras.Layer, function: object, shape: Shape) -> None:
    if function == 'softmax' and len(shape) > 1:
        raise ValueError(
            f'{as_step(layer.name)}: must have softmax as a layer of its own, Softmax, as hls4ml takes that of an'
            f' activation over all axes: {shape}'
        )


def _softmax(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    _last_axis(layer, result)
    return Softmax()


def _activation(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    function = layer.get_config()['activation']
    _one_axis(layer, function, result)
    return _function(layer, function)


def _reshape(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    _must(layer, {'data_format': 'channels_last'})
    return Reshape(result)


def _same(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    return Same()


_FUNCTIONS: Mapping[str, Operation] = {
    'relu': Relu(),
    'sigmoid': Sigmoid(),
    'tanh': Tanh(),
    'softmax': Softmax(),
    'linear': Same(),
}
_NAMES: Sequence[tuple[str, _Make]] = (
    ('InputLayer Dropout SpatialDropout1D SpatialDropout2D GaussianDropout GaussianNoise', _same),
    ('Dense', _dense),
    ('Conv1D Conv2D DepthwiseConv1D DepthwiseConv2D', _convolution),
    ('BatchNormalization', _scale),
    ('ReLU', _relu),
    ('Softmax', _softmax),
    ('Activation', _activation),
    ('MaxPooling1D MaxPooling2D AveragePooling1D AveragePooling2D', _pooling),
    ('GlobalMaxPooling1D GlobalMaxPooling2D GlobalAveragePooling1D GlobalAveragePooling2D', _global_pooling),
    ('Add', _add),
    ('Concatenate', _concatenate),
    ('Flatten Reshape', _reshape),
)
_MAKERS: Mapping[str, _Make] = {name: make for names, make in _NAMES for name in names.split()}
