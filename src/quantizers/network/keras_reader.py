"""A Keras model as a graph, by the names that hls4ml 1.3.0 has for its layers and their weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import keras
import numpy as np

from .._checks.shown import as_step, shown
from ..exchange.hls4ml.names import activation_of, classes_of
from .graph import Layer
from .keras_weights import weights
from .operations import Add, Concatenate, Dense, Operation, Pairs, Relu, Reshape, Same, Scale, Shape
from .windows import Convolution, MaxPooling

_Make = Callable[[keras.Layer, list[Shape], Shape], Operation]


def layers_of(model: keras.Model) -> Iterator[Layer]:
    """The nodes of a built Sequential or functional model.

    Raises ValueError, by its name, for a layer that is not computed here, and for one that is called more than once.
    """
    found = [*_computed(model)]  # before weights, for which names may be missing where operations are
    named = weights(model)
    for node in found:
        own = {tensor: named.get(f'{node.name}.{tensor}') for tensor in node.operation.weights}
        constants = {tensor: np.asarray(array, np.float64) for tensor, array in own.items() if array is not None}
        for array in constants.values():
            array.setflags(write=False)
        yield replace(node, weights=MappingProxyType(constants))


def _computed(model: keras.Model) -> Iterator[Layer]:
    """The nodes without their weights."""
    taken: set[str] = set()
    for call in _calls(model):
        layer = call.operation
        if layer.name in taken:
            raise ValueError(f'{as_step(layer.name)}: must be called once, so that its result is one tensor')
        taken.add(layer.name)
        shapes, shape = [_shape(layer, tensor) for tensor in call.input_tensors], _shape(layer, *call.outputs)
        before = tuple(_name_of(tensor) for tensor in call.input_tensors)
        operation = _operation(layer, shapes, shape)
        reshapes = isinstance(operation, Reshape)
        yield Layer(layer.name, type(layer).__name__, operation, before, shape, takes_format=not reshapes)
        activation = _activation_of(layer)
        if activation is not None:
            function = layer.get_config()['activation']
            yield Layer(activation, function, _function(layer, function), (layer.name,), shape)


def output_names(model: keras.Model) -> tuple[str, ...]:
    """The names of the nodes that the model's outputs are."""
    return tuple(_name_of(tensor) for tensor in model.outputs)


def _calls(model: keras.Model) -> Iterator[Any]:
    """The calls that the model consists of, each after those whose results it takes; inputs in the model's order."""
    graph = model._functional if isinstance(model, keras.Sequential) else model
    calls = [call for _, calls in sorted(graph._nodes_by_depth.items(), reverse=True) for call in calls]
    inputs = [tensor._keras_history.operation for tensor in model.inputs]
    yield from sorted(calls, key=lambda call: inputs.index(call.operation) if call.is_input else len(inputs))


def _name_of(tensor: keras.KerasTensor) -> str:
    """The name of the node that a result is: of the layer's activation, where it has one."""
    layer = tensor._keras_history.operation
    return _activation_of(layer) or str(layer.name)


def _activation_of(layer: keras.Layer) -> str | None:
    return activation_of(layer.name, classes_of(layer), layer.get_config())


def _shape(layer: keras.Layer, tensor: keras.KerasTensor) -> Shape:
    if None in tensor.shape[1:]:
        raise ValueError(f'{as_step(layer.name)}: must have known sizes, but that of the batch: {tensor.shape}')
    return tuple(tensor.shape[1:])


def _operation(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    make = next((_MAKERS[name] for name in (kind.__name__ for kind in type(layer).__mro__) if name in _MAKERS), None)
    if make is None or type(layer).__module__.partition('.')[0] != 'keras':
        raise ValueError(
            f'{as_step(layer.name)}: must be one of {", ".join(_MAKERS)} of Keras, which are computed exactly here: '
            f'{shown(type(layer).__name__)}'
        )
    return make(layer, inputs, result)


def _function(layer: keras.Layer, name: object) -> Operation:
    if name not in _FUNCTIONS:
        raise ValueError(
            f'{as_step(layer.name)}: must have an activation that needs no table, {", ".join(_FUNCTIONS)}, '
            f'or be left out, by a model that ends before it: {shown(name)}'
        )
    return _FUNCTIONS[str(name)]


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
    return MaxPooling(tuple(layer.pool_size), tuple(layer.strides))


def _global_pooling(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    _must(layer, {'data_format': 'channels_last'})
    sizes = inputs[0][:-1]
    return MaxPooling(sizes, (1,) * len(sizes), keep=bool(layer.keepdims))


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


def _activation(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    return _function(layer, layer.get_config()['activation'])


def _reshape(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    _must(layer, {'data_format': 'channels_last'})
    return Reshape(result)


def _same(layer: keras.Layer, inputs: list[Shape], result: Shape) -> Operation:
    return Same()


_FUNCTIONS: Mapping[str, Operation] = {'relu': Relu(), 'linear': Same()}
_NAMES: Sequence[tuple[str, _Make]] = (
    ('InputLayer Dropout SpatialDropout1D SpatialDropout2D GaussianDropout GaussianNoise', _same),
    ('Dense', _dense),
    ('Conv1D Conv2D DepthwiseConv1D DepthwiseConv2D', _convolution),
    ('BatchNormalization', _scale),
    ('ReLU', _relu),
    ('Activation', _activation),
    ('MaxPooling1D MaxPooling2D', _pooling),
    ('GlobalMaxPooling1D GlobalMaxPooling2D', _global_pooling),
    ('Add', _add),
    ('Concatenate', _concatenate),
    ('Flatten Reshape', _reshape),
)
_MAKERS: Mapping[str, _Make] = {name: make for names, make in _NAMES for name in names.split()}
