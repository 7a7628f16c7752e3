"""A module of PyTorch that `torch.export` traced, as a graph, by the paths of its modules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import numpy as np
import torch
from torch.fx import Node

from .._checks.shown import as_step, shown
from .exact import Array
from .graph import Layer, frozen
from .moving import Reshape, Transpose
from .operations import Add, Operation, Relu, Same, Shape
from .softmax import Softmax
from .tables import Sigmoid, Tanh
from .torch_call import Call, operator_of, shape_of
from .torch_operations import TorchConcatenate, TorchConvolution, TorchDense, TorchMaxPooling, TorchScale

Program: TypeAlias = torch.export.ExportedProgram
_Weights = dict[str, 'Array | None']
_Read = Callable[[Call], tuple[Operation, _Weights]]


def layers_of(program: Program) -> tuple[list[Layer], tuple[str, ...]]:
    """The layers of a program, each after those whose results it takes, and the names of its outputs.

    A result has the path of its module, such as `block.conv`; of a module that is none of `torch.nn`, or has more than
    one result, the path and the operation, `block.add`. Inputs have the names of the arguments.

    Raises ValueError, by its name, for an operation that is not computed here.
    """
    signature = program.graph_signature
    targets = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
    targets |= signature.inputs_to_lifted_tensor_constants
    tensors = {**program.state_dict, **program.constants}
    constants = {name: tensors[target] for name, target in targets.items()}
    calls = [node for node in program.graph.nodes if node.op == 'call_function']
    nodes = {node.name: node for node in program.graph.nodes}
    layers = [Layer(name, 'input', Same(), (), shape_of(name, nodes[name])) for name in signature.user_inputs]
    names = {layer.name: layer.name for layer in layers} | dict(_names(calls))
    twice = [name for name, count in Counter(names.values()).items() if count > 1]
    if twice:
        raise ValueError(f'{as_step(twice[0])}: must be one result, and is the name of an argument and of a module')
    for node in calls:  # first, as training adds operations of its own
        if operator_of(node) == 'batch_norm' and Call(names[node.name], node, constants)['training']:
            name = as_step(names[node.name])
            raise ValueError(f'{name}: must be exported after module.eval(), so that it has its running statistics')
    for node in calls:
        call = Call(names[node.name], node, constants)
        read = _READERS.get(operator_of(node))
        if read is None:
            raise ValueError(
                f'{as_step(call.name)}: must be one of {", ".join(_READERS)}, which are computed exactly here: '
                f'{shown(operator_of(node))}'
            )
        operation, weights = read(call)
        present = {name: array for name, array in weights.items() if array is not None}
        inputs = tuple(names[each.name] for each in node.all_input_nodes if each.name not in constants)
        layers.append(Layer(call.name, operator_of(node), operation, inputs, call.shape, frozen(present)))
    return layers, tuple(names[name] for name in signature.user_outputs)


def _names(calls: list[Node]) -> Mapping[str, str]:
    """The names of the results, by those of the nodes."""
    modules = {node.name: list(node.meta.get('nn_module_stack', {}).values()) for node in calls}
    places = {name: stack[-1] if stack else ('', '') for name, stack in modules.items()}
    results = Counter(path for path, _ in places.values())

    def name_of(node: str, path: str, kind: str) -> str:
        alone = kind.startswith('torch.nn.modules.') and results[path] == 1
        return path if path and alone else f'{path}.{node}'.lstrip('.')

    return {node: name_of(node, *place) for node, place in places.items()}


def _linear(call: Call) -> tuple[Operation, _Weights]:
    return TorchDense(), {name: call.constant(name) for name in ('weight', 'bias')}


def _convolution(call: Call) -> tuple[Operation, _Weights]:
    weight = call.constant('weight')
    assert weight is not None  # of a convolution
    kernel = weight.shape[2:]
    channels, groups = call.input_shape()[0], call['groups']
    if groups not in (1, channels) or (groups > 1 and len(weight) != groups):
        raise ValueError(f"{as_step(call.name)}: 'groups' must be 1, or {channels} with as many outputs: {groups}")
    dilation = call.whole('dilation', len(kernel))
    padding = tuple(_padding(call, kernel, dilation))
    operation = TorchConvolution(call.whole('stride', len(kernel)), dilation, padding, kernel, depthwise=groups > 1)
    return operation, {'weight': weight, 'bias': call.constant('bias')}


def _padding(call: Call, kernel: Shape, dilation: Shape) -> Iterator[tuple[int, int]]:
    """The zeros on both sides of each axis."""
    if call['padding'] == 'same':
        for size, step in zip(kernel, dilation, strict=True):
            total = (size - 1) * step
            yield total // 2, total - total // 2
    elif call['padding'] == 'valid':
        yield from ((0, 0),) * len(kernel)
    else:
        yield from ((size, size) for size in call.whole('padding', len(kernel)))


def _pooling(call: Call) -> tuple[Operation, _Weights]:
    axes = len(call.input_shape('self')) - 1
    kernel = call.whole('kernel_size', axes)
    call.must(ceil_mode=False)
    if call.whole('padding', axes) != (0,) * axes or call.whole('dilation', axes) != (1,) * axes:
        raise ValueError(f"{as_step(call.name)}: 'padding' must be 0, and 'dilation' 1")
    return TorchMaxPooling(kernel, call.whole('stride', axes) or kernel), {}


def _normalization(call: Call) -> tuple[Operation, _Weights]:
    mean, variance = call.constant('running_mean'), call.constant('running_var')
    assert mean is not None  # as it is there where it does not train
    assert variance is not None
    weight, bias = call.constant('weight'), call.constant('bias')
    scale = (1.0 if weight is None else weight) / np.sqrt(variance + call['eps'])
    return TorchScale(), {'scale': scale, 'bias': (0.0 if bias is None else bias) - mean * scale}


def _add(call: Call) -> tuple[Operation, _Weights]:
    call.must(alpha=1)
    both = call['self'], call['other']
    if not all(isinstance(each, Node) and shape_of(call.name, each) == call.shape for each in both):
        raise ValueError(f'{as_step(call.name)}: must add two results of one shape')
    return Add(), {}


def _concatenation(call: Call) -> tuple[Operation, _Weights]:
    if call['dim'] not in (1, -len(call.shape)):
        raise ValueError(f"{as_step(call.name)}: 'dim' must be 1, the channels: {call['dim']}")
    return TorchConcatenate(), {}


def _reshape(call: Call) -> tuple[Operation, _Weights]:
    return Reshape(call.shape), {}


def _permutation(call: Call) -> tuple[Operation, _Weights]:
    axes = 1 + len(call.shape)
    order = tuple(axis % axes for axis in call['dims'])
    if order[0] != 0:
        raise ValueError(f"{as_step(call.name)}: 'dims' must begin with 0, the samples: {call['dims']}")
    return Transpose(order), {}


def _softmax(call: Call) -> tuple[Operation, _Weights]:
    if call['dim'] not in (-1, len(call.shape)):
        raise ValueError(f"{as_step(call.name)}: 'dim' must be the last one: {call['dim']}")
    return Softmax(), {}


def _alone(operation: type[Operation]) -> _Read:
    """What reads an operator without parameters and settings."""
    return lambda _: (operation(), {})


_READERS: Mapping[str, _Read] = {
    'linear': _linear,
    **dict.fromkeys(('conv1d', 'conv2d', 'conv3d'), _convolution),
    'batch_norm': _normalization,
    'relu': _alone(Relu),
    'sigmoid': _alone(Sigmoid),
    'tanh': _alone(Tanh),
    'softmax': _softmax,
    **dict.fromkeys(('max_pool1d', 'max_pool2d', 'max_pool3d'), _pooling),
    'add': _add,
    'cat': _concatenation,
    **dict.fromkeys(('flatten', 'reshape', 'view'), _reshape),
    'permute': _permutation,
    **dict.fromkeys(('dropout', 'alias', 'clone', 'contiguous', 'detach'), _alone(Same)),
}
