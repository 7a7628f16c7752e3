"""A network as a module of PyTorch with quantizers in place, to be trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  (as PyTorch's pages call it)

from .._checks.shown import as_step, shown
from ..formats.per_channel import Formats
from .graph import Layer, Layers
from .moving import Pad, Reshape, Transpose
from .operations import Add, Concatenate, Dense, Operation, Pairs, Relu, Same, Scale
from .softmax import Softmax
from .tables import Sigmoid, Tanh
from .torch_operations import ChannelsFirst, TorchDense
from .tuning import draws, function_of
from .windows import AveragePooling, Convolution, MaxPooling

_Weights: TypeAlias = Mapping[str, torch.Tensor]
_Compute = Callable[..., torch.Tensor]


class Step(nn.Module):
    """One layer: what it computes in floating point, of weights in their formats, and the format of the result."""

    def __init__(self, layer: Layer, specs: Mapping[str, Formats]) -> None:
        super().__init__()
        self._name, self._operation = layer.name, layer.operation
        self._compute()
        for tensor, array in layer.weights.items():
            self.register_parameter(tensor, nn.Parameter(torch.tensor(array, dtype=torch.get_default_dtype())))
        names = {tensor: f'{layer.name}.{tensor}' for tensor in (*layer.weights, 'result')}
        self._formats = {tensor: specs[name] for tensor, name in names.items() if name in specs}

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """The result."""
        own = {name: self._quantized(name, parameter) for name, parameter in self.named_parameters(recurse=False)}
        return self._quantized('result', self._compute()(self._operation, own, *inputs))

    def _compute(self) -> _Compute:
        # found anew, as a function that is kept could not be pickled
        return function_of(self._name, self._operation, _FUNCTIONS)

    def _quantized(self, tensor: str, x: torch.Tensor) -> torch.Tensor:
        formats = self._formats.get(tensor)
        if formats is None:
            return x
        generator = torch.default_generator if self.training and draws(formats) else None
        result: torch.Tensor = formats(x, training=self.training, seed_gen=generator)
        return result

    def extra_repr(self) -> str:
        """What it computes, and in which formats."""
        return ', '.join([type(self._operation).__name__, *(f'{t}={shown(s)}' for t, s in self._formats.items())])


class NetworkModule(nn.Module):
    """A network whose layers are modules by their names; called on its inputs in their order."""

    def __init__(self, layers: Layers, outputs: tuple[str, ...], specs: Mapping[str, Formats]) -> None:
        super().__init__()
        self._calls = [(name, layer.inputs) for name, layer in layers.items()]
        self._outputs = outputs
        for name in sorted(layers, key=lambda name: name.count('.')):  # a path before those inside it
            _place(self, name, Step(layers[name], specs))

    def forward(self, *inputs: torch.Tensor) -> Any:
        """The output, or a tuple of several."""
        given = iter(inputs)
        results: dict[str, torch.Tensor] = {}
        for name, before in self._calls:
            step = self.get_submodule(name)
            results[name] = step(*(results[other] for other in before) if before else (next(given),))
        found = tuple(results[name] for name in self._outputs)
        return found[0] if len(found) == 1 else found


def _place(root: nn.Module, name: str, step: Step) -> None:
    *path, last = name.split('.')
    for part in path:
        inside = root._modules.get(part)
        if inside is None:
            inside = nn.Module()
            _add(root, name, part, inside)
        root = inside
    _add(root, name, last, step)


def _add(root: nn.Module, name: str, part: str, inside: nn.Module) -> None:
    try:
        root.add_module(part, inside)
    except KeyError:
        raise ValueError(f'{as_step(name)}: must have another name: {shown(part)} is one of a module') from None


def _channels_first(compute: _Compute) -> _Compute:
    """What computes the same of arrays whose channels are where the operation has them."""

    def computed(operation: Operation, weights: _Weights, *inputs: torch.Tensor) -> torch.Tensor:
        if isinstance(operation, ChannelsFirst):
            return compute(operation, weights, *inputs)
        return compute(operation, weights, *(x.movedim(-1, 1) for x in inputs)).movedim(1, -1)

    return computed


def _convolution(operation: Convolution, weights: _Weights, x: torch.Tensor) -> torch.Tensor:
    axes, weight = len(operation.kernel), weights['weight']
    if not isinstance(operation, ChannelsFirst):
        weight = weight.movedim((-2, -1) if operation.depthwise else (-1, -2), (0, 1))
    convolve: _Compute = (F.conv1d, F.conv2d, F.conv3d)[axes - 1]
    groups = x.shape[1] if operation.depthwise else 1
    padded = F.pad(x, _sides(operation.padding))
    return convolve(padded, weight, weights.get('bias'), operation.strides, 0, operation.dilation, groups)


def _sides(padding: Pairs) -> list[int]:
    """As `pad` has them: the last axis first."""
    return [side for pair in reversed(padding) for side in pair]


def _scale(operation: Operation, weights: _Weights, x: torch.Tensor) -> torch.Tensor:
    of_channels = (-1, *(1,) * (x.ndim - 2))
    return x * weights['scale'].reshape(of_channels) + weights['bias'].reshape(of_channels)


def _pooling(*of_axes: _Compute) -> _Compute:
    def pooled(operation: MaxPooling | AveragePooling, weights: _Weights, x: torch.Tensor) -> torch.Tensor:
        result = of_axes[len(operation.kernel) - 1](x, operation.kernel, operation.strides)
        return result if operation.keep else result.flatten(1)

    return _channels_first(pooled)


_FUNCTIONS: Mapping[type[Operation], _Compute] = {
    TorchDense: lambda _, w, x: F.linear(x, w['weight'], w.get('bias')),
    Dense: lambda _, w, x: F.linear(x, w['weight'].T, w.get('bias')),
    Convolution: _channels_first(_convolution),
    Scale: _channels_first(_scale),
    Same: lambda _, w, x: x,
    Relu: lambda _, w, x: F.relu(x),
    Sigmoid: lambda _, w, x: torch.sigmoid(x),
    Tanh: lambda _, w, x: torch.tanh(x),
    Softmax: lambda _, w, x: torch.softmax(x, -1),
    Add: lambda _, w, x, y: x + y,
    Concatenate: _channels_first(lambda _, w, *inputs: torch.cat(inputs, 1)),
    MaxPooling: _pooling(F.max_pool1d, F.max_pool2d, F.max_pool3d),
    AveragePooling: _pooling(F.avg_pool1d, F.avg_pool2d, F.avg_pool3d),
    Reshape: lambda operation, w, x: x.reshape(len(x), *operation.shape),
    Transpose: lambda operation, w, x: x.permute(operation.order),
    Pad: lambda operation, w, x: F.pad(x, _sides(operation.padding)),
}
