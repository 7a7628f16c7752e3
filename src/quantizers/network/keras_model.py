"""A network as a model of Keras with quantizers in place, to be trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias

import keras
import numpy as np
from keras import ops

from .._checks.shown import as_step
from ..config import QuantizerConfig
from ..formats.per_channel import Formats
from .graph import Layers
from .moving import Pad, Reshape, Transpose
from .operations import Add, Concatenate, Dense, Operation, Relu, Same, Scale
from .softmax import Softmax
from .tables import Sigmoid, Tanh
from .torch_operations import (
    ChannelsFirst,
    TorchAveragePooling,
    TorchConcatenate,
    TorchConvolution,
    TorchDense,
    TorchMaxPooling,
    TorchScale,
)
from .tuning import draws, function_of
from .windows import AveragePooling, Convolution, MaxPooling

_Tensor: TypeAlias = Any  # of the framework that Keras runs on
_Weights: TypeAlias = Mapping[str, _Tensor]
_Compute = Callable[..., Any]


@keras.saving.register_keras_serializable('quantizers')
class NetworkLayer(keras.layers.Layer):  # type: ignore[misc]
    """One layer of a network: what it computes in floating point, and the formats of its weights and its result.

    Args:
        operation: the name of the class and its fields, as plain data.
        shapes: of the weights, by their names.
        formats: of weights and of the `result`, the JSON of a configuration.
        **kwargs: the arguments of every Keras layer.
    """

    def __init__(self, operation: Mapping[str, Any], shapes: Mapping[str, Any], formats: str, **kwargs: object) -> None:
        super().__init__(autocast=False, **kwargs)
        self._given = {'operation': dict(operation), 'shapes': dict(shapes), 'formats': formats}
        settings = {key: _frozen(value) for key, value in operation.items() if key != 'kind'}
        self._operation = _OPERATIONS[operation['kind']](**settings)
        self._formats = QuantizerConfig.from_json(formats)
        self._compute = function_of(self.name, self._operation, _FUNCTIONS)
        self.seed_generator = keras.random.SeedGenerator() if any(map(draws, self._formats.values())) else None
        self._named = {
            name: self.add_weight(shape=tuple(shape), initializer='zeros', name=name) for name, shape in shapes.items()
        }

    def call(self, *inputs: _Tensor, training: bool | None = None) -> Any:
        """The result."""
        own = {name: self._quantized(name, variable, training) for name, variable in self._named.items()}
        return self._quantized('result', self._compute(self._operation, own, *inputs), training)

    def _quantized(self, tensor: str, x: _Tensor, training: bool | None) -> Any:
        formats = self._formats.get(tensor)
        if formats is None:
            return x
        return formats(x, training=bool(training), seed_gen=self.seed_generator if draws(formats) else None)

    def get_config(self) -> dict[str, Any]:
        """The arguments as plain data."""
        return {**super().get_config(), **self._given}


def model_of(layers: Layers, outputs: tuple[str, ...], specs: Mapping[str, Formats]) -> keras.Model:
    """See `Network.to_keras`."""
    results: dict[str, Any] = {}
    inputs = []
    for name, layer in layers.items():
        if '/' in name:
            raise ValueError(f'{as_step(name)}: Keras takes no name with a /')
        function_of(name, layer.operation, _FUNCTIONS)  # refuses what is no operation of floats, before a layer is made
        named = {tensor: f'{name}.{tensor}' for tensor in (*layer.weights, 'result')}
        made = NetworkLayer(
            {'kind': type(layer.operation).__name__, **_settings(layer.operation)},
            {tensor: array.shape for tensor, array in layer.weights.items()},
            QuantizerConfig({tensor: specs[full] for tensor, full in named.items() if full in specs}).to_json(),
            name=name if layer.inputs else _free(name, layers),
        )
        before = [results[other] for other in layer.inputs]
        if not before:
            before = [keras.Input(layer.shape, name=name)]
            inputs += before
        results[name] = made(*before)
        for tensor, array in layer.weights.items():
            made._named[tensor].assign(array)
    found = [results[name] for name in outputs]
    return keras.Model(inputs[0] if len(inputs) == 1 else inputs, found[0] if len(found) == 1 else found)


def weights_in(model: keras.Model) -> dict[str, Any]:
    """The weights of a model that `model_of` made, by their names in the network."""
    made = [layer for layer in model.layers if isinstance(layer, NetworkLayer)]
    return {
        f'{layer.name}.{name}': np.asarray(ops.convert_to_numpy(variable.value))
        for layer in made
        for name, variable in layer._named.items()
    }


def _settings(operation: Operation) -> dict[str, Any]:
    """The fields that are plain data: tables have formats, and floats have none."""
    names: list[str] = [each.name for each in fields(operation)] if is_dataclass(operation) else []
    return {name: getattr(operation, name) for name in names if name not in operation.tables}


def _frozen(value: Any) -> Any:
    """Lists as the tuples that they were."""
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def _free(name: str, layers: Layers) -> str:
    """A name for the quantizer of an input."""
    while (name := f'{name}_quantized') in layers:
        pass
    return name


def _channels_last(compute: _Compute) -> _Compute:
    """What computes the same of arrays whose channels are where the operation has them."""

    def computed(operation: Operation, weights: _Weights, *inputs: _Tensor) -> Any:
        if not isinstance(operation, ChannelsFirst):
            return compute(operation, weights, *inputs)
        return ops.moveaxis(compute(operation, weights, *(ops.moveaxis(x, 1, -1) for x in inputs)), -1, 1)

    return computed


def _dense(weight: _Tensor, bias: _Tensor, x: _Tensor) -> Any:
    result = ops.matmul(x, weight)
    return result if bias is None else result + bias


def _convolution(operation: Convolution, weights: _Weights, x: _Tensor) -> Any:
    weight, bias = weights['weight'], weights.get('bias')
    if isinstance(operation, ChannelsFirst):
        weight = ops.moveaxis(weight, (0, 1), (-2, -1) if operation.depthwise else (-1, -2))
    convolve = ops.depthwise_conv if operation.depthwise else ops.conv
    padded = ops.pad(x, ((0, 0), *operation.padding, (0, 0)))
    result = convolve(padded, weight, operation.strides, 'valid', 'channels_last', operation.dilation)
    return result if bias is None else result + bias


def _pooling(pool: _Compute) -> _Compute:
    def pooled(operation: MaxPooling | AveragePooling, weights: _Weights, x: _Tensor) -> Any:
        result = pool(x, operation.kernel, operation.strides, 'valid', 'channels_last')
        return result if operation.keep else ops.reshape(result, (-1, result.shape[-1]))

    return _channels_last(pooled)


_FUNCTIONS: Mapping[type[Operation], _Compute] = {
    TorchDense: lambda _, w, x: _dense(ops.transpose(w['weight']), w.get('bias'), x),
    Dense: lambda _, w, x: _dense(w['weight'], w.get('bias'), x),
    Convolution: _channels_last(_convolution),
    Scale: _channels_last(lambda _, w, x: x * w['scale'] + w['bias']),
    Same: lambda _, w, x: x,
    Relu: lambda _, w, x: ops.relu(x),
    Sigmoid: lambda _, w, x: ops.sigmoid(x),
    Tanh: lambda _, w, x: ops.tanh(x),
    Softmax: lambda _, w, x: ops.softmax(x, -1),
    Add: lambda _, w, x, y: x + y,
    Concatenate: _channels_last(lambda _, w, *inputs: ops.concatenate(inputs, -1)),
    MaxPooling: _pooling(ops.max_pool),
    AveragePooling: _pooling(ops.average_pool),
    Reshape: lambda operation, w, x: ops.reshape(x, (-1, *operation.shape)),
    Transpose: lambda operation, w, x: ops.transpose(x, operation.order),
    Pad: lambda operation, w, x: ops.pad(x, ((0, 0), *operation.padding)),
}
_TURNED = TorchConvolution, TorchScale, TorchConcatenate, TorchMaxPooling, TorchAveragePooling
_KINDS: tuple[Any, ...] = (*_FUNCTIONS, *_TURNED)
_OPERATIONS: Mapping[str, Callable[..., Operation]] = {kind.__name__: kind for kind in _KINDS}
