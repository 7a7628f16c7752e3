"""A module of PyTorch that `torch.export` traced, as a graph, by the paths of its modules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import torch
from torch.fx import Node

from .._checks.shown import as_step, shown
from .exact import Array
from .graph import Layer, frozen
from .moving import Reshape
from .operations import Add, Operation, Relu, Same, Shape
from .softmax import Softmax
from .tables import Sigmoid, Tanh
from .torch_operations import TorchConcatenate, TorchConvolution, TorchDense, TorchMaxPooling, TorchScale

Program: TypeAlias = torch.export.ExportedProgram
_Weights = dict[str, 'Array | None']
_Read = Callable[['_Call'], tuple[Operation, _Weights]]


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
    layers = [Layer(name, 'input', Same(), (), _shape_of(name, program)) for name in signature.user_inputs]
    names = {layer.name: layer.name for layer in layers} | dict(_names(calls))
    twice = [name for name, count in Counter(names.values()).items() if count > 1]
    if twice:
        raise ValueError(f'{as_step(twice[0])}: must be one result, and is the name of an argument and of a module')
    for node in calls:  # first, as training adds operations of its own
        if _operator(node) == 'batch_norm' and _Call(names[node.name], node, constants)['training']:
            name = as_step(names[node.name])
            raise ValueError(f'{name}: must be exported after module.eval(), so that it has its running statistics')
    for node in calls:
        call = _Call(names[node.name], node, constants)
        read = _READERS.get(_operator(node))
        if read is None:
            raise ValueError(
                f'{as_step(call.name)}: must be one of {", ".join(_READERS)}, which are computed exactly here: '
                f'{shown(_operator(node))}'
            )
        operation, weights = read(call)
        present = {name: array for name, array in weights.items() if array is not None}
        inputs = tuple(names[each.name] for each in node.all_input_nodes if each.name not in constants)
        layers.append(Layer(call.name, _operator(node), operation, inputs, call.shape, frozen(present)))
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


class _Call:
    """A call of an operator: its result's name and shape, and its arguments."""

    def __init__(self, name: str, node: Node, constants: Mapping[str, torch.Tensor]) -> None:
        self.name, self._node, self._constants = name, node, constants
        self.shape = _shape(name, node)
        assert isinstance(node.target, torch._ops.OpOverload)  # as everything is that an exported program calls
        schema = node.target._schema.arguments
        given = dict(zip((argument.name for argument in schema), node.args, strict=False))
        self._given = {argument.name: argument.default_value for argument in schema} | given | dict(node.kwargs)

    def __getitem__(self, argument: str) -> Any:
        return self._given[argument]

    def input_shape(self, argument: str = 'input') -> Shape:
        """The shape of one sample of an input."""
        return _shape(self.name, self[argument])

    def constant(self, argument: str) -> Array | None:
        """A weight, in float64; None where there is none."""
        node = self[argument]
        if node is None:
            return None
        if node.name not in self._constants:
            raise ValueError(f'{as_step(self.name)}: {argument!r} must be a parameter, and no result of another layer')
        return self._constants[node.name].detach().cpu().double().numpy().copy()

    def whole(self, argument: str, axes: int) -> Shape:
        """A number for each axis; PyTorch repeats one that stands alone, and takes none of a pooling for its kernel."""
        numbers: Shape = tuple(np.atleast_1d(self[argument]).astype(int).tolist())
        return numbers * axes if len(numbers) == 1 else numbers

    def must(self, **rules: object) -> None:
        """Refuse an argument under which the operator computes something else."""
        for argument, value in rules.items():
            if self[argument] != value:
                raise ValueError(f'{as_step(self.name)}: {argument!r} must be {value!r}: {shown(self[argument])}')


def _operator(node: Node) -> str:
    """`conv2d` of `aten.conv2d.padding`."""
    return str(node.target).removeprefix('aten.').partition('.')[0]


def _shape(name: str, node: Node) -> Shape:
    value = node.meta['val']
    if not all(isinstance(size, int) for size in value.shape[1:]):
        raise ValueError(f'{as_step(name)}: must have known sizes, but that of the batch: {tuple(value.shape)}')
    return tuple(value.shape[1:])


def _shape_of(name: str, program: Program) -> Shape:
    return next(_shape(name, node) for node in program.graph.nodes if node.name == name)


def _linear(call: _Call) -> tuple[Operation, _Weights]:
    return TorchDense(), {name: call.constant(name) for name in ('weight', 'bias')}


def _convolution(call: _Call) -> tuple[Operation, _Weights]:
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


def _padding(call: _Call, kernel: Shape, dilation: Shape) -> Iterator[tuple[int, int]]:
    """The zeros on both sides of each axis."""
    if call['padding'] == 'same':
        for size, step in zip(kernel, dilation, strict=True):
            total = (size - 1) * step
            yield total // 2, total - total // 2
    elif call['padding'] == 'valid':
        yield from ((0, 0),) * len(kernel)
    else:
        yield from ((size, size) for size in call.whole('padding', len(kernel)))


def _pooling(call: _Call) -> tuple[Operation, _Weights]:
    axes = len(call.input_shape('self')) - 1
    kernel = call.whole('kernel_size', axes)
    call.must(ceil_mode=False)
    if call.whole('padding', axes) != (0,) * axes or call.whole('dilation', axes) != (1,) * axes:
        raise ValueError(f"{as_step(call.name)}: 'padding' must be 0, and 'dilation' 1")
    return TorchMaxPooling(kernel, call.whole('stride', axes) or kernel), {}


def _normalization(call: _Call) -> tuple[Operation, _Weights]:
    mean, variance = call.constant('running_mean'), call.constant('running_var')
    assert mean is not None  # as it is there where it does not train
    assert variance is not None
    weight, bias = call.constant('weight'), call.constant('bias')
    scale = (1.0 if weight is None else weight) / np.sqrt(variance + call['eps'])
    return TorchScale(), {'scale': scale, 'bias': (0.0 if bias is None else bias) - mean * scale}


def _add(call: _Call) -> tuple[Operation, _Weights]:
    call.must(alpha=1)
    both = call['self'], call['other']
    if not all(isinstance(each, Node) and _shape(call.name, each) == call.shape for each in both):
        raise ValueError(f'{as_step(call.name)}: must add two results of one shape')
    return Add(), {}


def _concatenation(call: _Call) -> tuple[Operation, _Weights]:
    if call['dim'] not in (1, -len(call.shape)):
        raise ValueError(f"{as_step(call.name)}: 'dim' must be 1, the channels: {call['dim']}")
    return TorchConcatenate(), {}


def _reshape(call: _Call) -> tuple[Operation, _Weights]:
    return Reshape(call.shape), {}


def _relu(call: _Call) -> tuple[Operation, _Weights]:
    return Relu(), {}


def _sigmoid(call: _Call) -> tuple[Operation, _Weights]:
    return Sigmoid(), {}


def _softmax(call: _Call) -> tuple[Operation, _Weights]:
    if call['dim'] not in (-1, len(call.shape)):
        raise ValueError(f"{as_step(call.name)}: 'dim' must be the last one: {call['dim']}")
    return Softmax(), {}


def _tanh(call: _Call) -> tuple[Operation, _Weights]:
    return Tanh(), {}


def _same(call: _Call) -> tuple[Operation, _Weights]:
    return Same(), {}


_READERS: Mapping[str, _Read] = {
    'linear': _linear,
    **dict.fromkeys(('conv1d', 'conv2d', 'conv3d'), _convolution),
    'batch_norm': _normalization,
    'relu': _relu,
    'sigmoid': _sigmoid,
    'tanh': _tanh,
    'softmax': _softmax,
    **dict.fromkeys(('max_pool1d', 'max_pool2d', 'max_pool3d'), _pooling),
    'add': _add,
    'cat': _concatenation,
    **dict.fromkeys(('flatten', 'reshape', 'view'), _reshape),
    **dict.fromkeys(('dropout', 'alias', 'clone', 'contiguous', 'detach'), _same),
}
