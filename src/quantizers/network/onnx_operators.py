"""The operators of ONNX that are computed exactly: what a node computes, with which constants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from .._checks.shown import as_step, shown
from ..formats.per_channel import PerChannel
from .moving import Pad, Reshape, Transpose
from .onnx_constants import Constant
from .onnx_node import Node
from .operations import Add, Concatenate, Dense, Operation, Pairs, Relu, Same, Shape
from .softmax import Softmax
from .tables import Sigmoid, Tanh
from .torch_operations import (
    TorchAveragePooling,
    TorchConcatenate,
    TorchConvolution,
    TorchDense,
    TorchMaxPooling,
    TorchScale,
)
from .windows import Pooling

Weights: TypeAlias = 'dict[str, Constant | None]'
_Read = Callable[[Node], tuple[Operation, Weights]]


def _gemm(node: Node) -> tuple[Operation, Weights]:
    node.must(transA=0, alpha=1.0, beta=1.0)
    weight, turned = _matrix(node), bool(node.attributes.get('transB', 0))
    bias = node.constant(2)
    outputs = weight.array.shape[0 if turned else 1]
    return TorchDense() if turned else Dense(), {
        'weight': weight,
        'bias': None if bias is None else by_output(node, bias, outputs, 1, 2),
    }


def _matmul(node: Node) -> tuple[Operation, Weights]:
    return Dense(), {'weight': _matrix(node)}


def _matrix(node: Node) -> Constant:
    node.must_have_axes(2)
    weight = node.given(1)
    if weight.array.ndim != 2:
        raise ValueError(f'{as_step(node.name)}: must multiply by a matrix: {weight.array.shape}')
    return weight


def by_output(node: Node, constant: Constant, outputs: int, axis: int, axes: int) -> Constant:
    """A constant that is added, a number each output, which are the indices of one axis."""
    shape = (1,) * (axes - constant.array.ndim) + constant.array.shape
    if len(shape) != axes or shape[axis] not in (1, outputs) or np.prod(shape) != shape[axis]:
        raise ValueError(
            f'{as_step(node.name)}: must add a number to each of {outputs} outputs: {constant.array.shape}'
        )
    formats = constant.formats
    formats = PerChannel(0, formats.specs) if isinstance(formats, PerChannel) else formats
    return Constant(np.broadcast_to(constant.array.reshape(-1), outputs), formats)


def _convolution(node: Node) -> tuple[Operation, Weights]:
    weight, groups = node.given(1), node.attributes.get('group', 1)
    kernel = weight.array.shape[2:]
    node.must_have_axes(2 + len(kernel), 2 + len(kernel))
    node.must(kernel_shape=list(kernel))
    channels = node.before.shape[0]
    if groups not in (1, channels) or (groups > 1 and len(weight.array) != groups):
        raise ValueError(f"{as_step(node.name)}: 'group' must be 1, or {channels} with as many outputs: {groups}")
    strides, dilation = node.of_axes('strides', len(kernel)), node.of_axes('dilations', len(kernel))
    padding = _padding(node, kernel, strides, dilation)
    operation = TorchConvolution(strides, dilation, padding, kernel, depthwise=groups > 1)
    return operation, {'weight': weight, 'bias': node.constant(2)}


def _padding(node: Node, kernel: Shape, strides: Shape, dilation: Shape) -> Pairs:
    """The zeros on both sides of each axis."""
    pairs = []
    auto = node.attributes.get('auto_pad', 'NOTSET')
    pads = node.of_axes('pads', 2 * len(kernel), 0)
    for axis, (n, size, stride, step) in enumerate(zip(node.before.shape[1:], kernel, strides, dilation, strict=True)):
        total = max((-(-n // stride) - 1) * stride + (size - 1) * step + 1 - n, 0)
        if auto == 'NOTSET':
            pairs.append((pads[axis], pads[axis + len(kernel)]))
        elif auto == 'VALID':
            pairs.append((0, 0))
        else:
            small, large = total // 2, total - total // 2
            pairs.append((small, large) if auto == 'SAME_UPPER' else (large, small))
    return tuple(pairs)


def _pooling(node: Node) -> tuple[Operation, Weights]:
    node.must_have_axes(3)
    kernel = node.of_axes('kernel_shape', node.axes - 2)
    ones = (1,) * len(kernel)
    node.must(ceil_mode=0, storage_order=0, dilations=list(ones))
    strides = node.of_axes('strides', len(kernel))
    if any(map(any, _padding(node, kernel, strides, ones))):
        raise ValueError(f"{as_step(node.name)}: 'pads' must add nothing, as tools differ in what they add")
    return _pools(node)(kernel, strides), {}


def _of_all(node: Node) -> tuple[Operation, Weights]:
    sizes = node.before.shape[1:]
    keep = True
    if node.kind.startswith('Reduce'):
        keep = bool(node.attributes.get('keepdims', 1))
        given = node.constant(1)
        axes = node.attributes.get('axes', []) if given is None else given.array.ravel().tolist()
        if not axes and node.attributes.get('noop_with_empty_axes', 0):
            return Same(), {}
        axes = axes or [*range(node.axes)]  # that of the samples, too
        if sorted(axis % node.axes for axis in axes) != [*range(2, node.axes)]:
            raise ValueError(
                f"{as_step(node.name)}: 'axes' must be all but those of samples and channels: {shown(axes)}"
            )
    return _pools(node)(sizes, (1,) * len(sizes), keep=keep), {}


def _pools(node: Node) -> type[Pooling]:
    return TorchMaxPooling if 'Max' in node.kind else TorchAveragePooling


def _normalization(node: Node) -> tuple[Operation, Weights]:
    node.must(training_mode=0)
    node.must_have_axes(2)
    gamma, beta, mean, variance = (node.given(n).array.astype(np.float64) for n in range(1, 5))
    with np.errstate(all='ignore'):  # what is no number is refused with the weights
        scale = gamma / np.sqrt(variance + node.attributes.get('epsilon', 1e-5))
        return TorchScale(), {'scale': Constant(scale), 'bias': Constant(beta - mean * scale)}


def _add(node: Node) -> tuple[Operation, Weights]:
    both = [node.layer(n) for n in range(len(node.inputs))]
    if len(both) != 2 or not all(each is not None and each.shape == node.shape for each in both):
        raise ValueError(f'{as_step(node.name)}: must add two results of one shape, or a bias to sums of products')
    return Add(), {}


def _concatenation(node: Node) -> tuple[Operation, Weights]:
    axis = node.attributes.get('axis', 1) % node.axes  # as it was before opset 4
    if axis not in (1, node.axes - 1) or len(node.results) != len(node.inputs):
        raise ValueError(f"{as_step(node.name)}: 'axis' must be 1 or the last one, of results alone: {axis}")
    return TorchConcatenate() if axis == 1 else Concatenate(), {}


def _reshape(node: Node) -> tuple[Operation, Weights]:
    if np.prod(node.shape) != np.prod(node.before.shape):
        raise ValueError(f'{as_step(node.name)}: must keep the numbers of a sample: {node.before.shape} {node.shape}')
    return Reshape(node.shape), {}


def _transpose(node: Node) -> tuple[Operation, Weights]:
    order = tuple(node.attributes.get('perm', range(node.axes)[::-1]))
    if order[:1] != (0,) or sorted(order) != [*range(node.axes)]:
        raise ValueError(
            f"{as_step(node.name)}: 'perm' must begin with 0, the samples, and have every axis: {shown(order)}"
        )
    return Transpose(order), {}


def _pad(node: Node) -> tuple[Operation, Weights]:
    node.must(mode='constant')
    pads, value, axes = node.given(1).array.ravel().tolist(), node.constant(2), node.constant(3)
    if value is not None and value.array.any():
        raise ValueError(f'{as_step(node.name)}: must pad with 0: {shown(value.array.tolist())}')
    chosen = [*range(node.axes)] if axes is None else [axis % node.axes for axis in axes.array.ravel().tolist()]
    node.counted('pads', pads, 2 * len(chosen))
    pairs = dict(zip(chosen, zip(pads[: len(chosen)], pads[len(chosen) :], strict=True), strict=True))
    if pairs.get(0, (0, 0)) != (0, 0) or min(pads, default=0) < 0:
        raise ValueError(f"{as_step(node.name)}: 'pads' must add zeros, and none to the samples: {shown(pads)}")
    return Pad(tuple(pairs.get(axis, (0, 0)) for axis in range(1, node.axes))), {}


def _softmax(node: Node) -> tuple[Operation, Weights]:
    node.must_have_axes(2)
    axis = node.attributes.get('axis', -1 if node.opset >= 13 else 1)
    if axis % node.axes != node.axes - 1:
        raise ValueError(f"{as_step(node.name)}: 'axis' must be the last one: {axis}")
    return Softmax(), {}


def _dropout(node: Node) -> tuple[Operation, Weights]:
    training = node.constant(2)
    if training is not None and training.array.any():
        raise ValueError(f"{as_step(node.name)}: 'training_mode' must be False: True")
    return Same(), {}


def _alone(operation: type[Operation]) -> _Read:
    """What reads an operator without attributes and constants."""
    return lambda _: (operation(), {})


READERS: Mapping[str, _Read] = {
    'Gemm': _gemm,
    'MatMul': _matmul,
    'Conv': _convolution,
    'BatchNormalization': _normalization,
    'Relu': _alone(Relu),
    'Sigmoid': _alone(Sigmoid),
    'Tanh': _alone(Tanh),
    'Softmax': _softmax,
    'Add': _add,
    'Concat': _concatenation,
    **dict.fromkeys(('MaxPool', 'AveragePool'), _pooling),
    **dict.fromkeys(('GlobalMaxPool', 'GlobalAveragePool', 'ReduceMax', 'ReduceMean'), _of_all),
    **dict.fromkeys(('Flatten', 'Reshape', 'Squeeze', 'Unsqueeze'), _reshape),
    'Transpose': _transpose,
    'Pad': _pad,
    'Identity': _alone(Same),
    'Dropout': _dropout,
}
