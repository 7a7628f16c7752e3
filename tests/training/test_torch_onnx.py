"""A network of PyTorch as an ONNX model with nodes of QONNX: run by qonnx it has the bits of the modules."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest
import torch
from torch.nn.utils import parametrize

from quantizers import BinaryQ, FixedQ, MinifloatQ, TernaryQ, qonnx
from quantizers.torch import LearnedFixed, Quantize, QuantizedConv2d, QuantizedLinear, export_qonnx

pytestmark = pytest.mark.filterwarnings('ignore::DeprecationWarning')
SPEC = FixedQ(6, 2, True, 'RND_CONV', 'SAT')
SPECS = {
    '0': FixedQ(7, 3, True, 'RND_INF', 'SAT'),
    '1.weight_quantizer': SPEC,
    '1.bias_quantizer': MinifloatQ(3, 4),
    '2': FixedQ(6, 3, False, 'TRN', 'SAT'),
    '4.parametrizations.weight.0': TernaryQ(),
    '5': FixedQ(9, 4, True, 'CEIL', 'SAT_SYM'),
}


def network() -> torch.nn.Sequential:
    torch.manual_seed(0)
    convolution = QuantizedConv2d(
        2, 3, 3, weight_quantizer=SPECS['1.weight_quantizer'], bias_quantizer=SPECS['1.bias_quantizer']
    )
    modules = torch.nn.Sequential(
        *(Quantize(SPECS['0']), convolution, Quantize(SPECS['2']), torch.nn.Flatten()),
        *(torch.nn.Linear(3 * 4 * 4, 5), Quantize(SPECS['5'])),
    )
    with torch.no_grad():
        modules[4].weight *= 8  # so that few become 0
    parametrize.register_parametrization(modules[4], 'weight', Quantize(SPECS['4.parametrizations.weight.0']))
    return modules


def run(program: torch.onnx.ONNXProgram, x: torch.Tensor) -> np.ndarray:
    """The result by qonnx, whose execution shares nothing with the modules."""
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.core.onnx_exec import execute_onnx
    from qonnx.transformation.infer_shapes import InferShapes

    model = ModelWrapper(program.model_proto).transform(InferShapes())
    (result,) = execute_onnx(model, {model.graph.input[0].name: x.numpy()}).values()
    return result


def specs_of(program: torch.onnx.ONNXProgram) -> dict[str, object]:
    """The formats of the nodes, by the places of their modules."""
    graph = program.model_proto.graph
    nodes = [node for node in graph.node if node.domain == qonnx.DOMAIN]
    return {node.input[1].rpartition('.')[0]: qonnx.read_node(node, graph.initializer) for node in nodes}


def test_each_format_is_a_node_and_the_model_has_the_bits_of_the_modules(tally):
    modules = network().train()
    before = copy.deepcopy(modules.state_dict())
    x = torch.tensor(np.random.default_rng(0).normal(0, 2, (8, 2, 6, 6)), dtype=torch.float32)
    program = export_qonnx(modules, (x,), verbose=False)
    ternary = {'4.parametrizations.weight.0': FixedQ(2, 2, True, 'RND_CONV', 'SAT_SYM')}  # as it is read back
    assert specs_of(program) == SPECS | ternary
    assert modules.training
    assert isinstance(modules[0], Quantize)
    assert all(torch.equal(value, before[name]) for name, value in modules.state_dict().items())
    expected = modules.eval()(x).detach().numpy()
    assert len(np.unique(expected)) > 10
    tally('qonnx', 'a network', expected.ravel(), run(program, x).ravel(), expected.ravel())
    tally.check()


@pytest.mark.parametrize('granularity', ['tensor', 'channel'])
def test_learned_formats(granularity, tally):
    """Those of channels have a step each."""
    torch.manual_seed(0)
    weights = LearnedFixed(SPEC, initial='data', granularity=granularity, batch_axis=None)
    layer = QuantizedLinear(5, 4, bias=False, weight_quantizer=weights)
    with torch.no_grad():
        layer.weight *= torch.tensor([[1.0], [2], [5], [20]])
    x = SPECS['0'](torch.randn(16, 5))  # of few bits, so that no sum is rounded
    layer.train()(x)
    formats = np.asarray(weights.to_specs(), object)
    assert len({spec.f for spec in formats.flat}) == formats.size or granularity == 'tensor'
    program = export_qonnx(torch.nn.Sequential(layer), (x,), verbose=False)
    tensors = {tensor.name: tensor for tensor in program.model_proto.graph.initializer}
    assert list(tensors['0.weight_quantizer.scale'].dims) == list(formats.shape)
    expected = layer.eval()(x).detach().numpy()
    tally('qonnx', granularity, expected.ravel(), run(program, x).ravel(), expected.ravel())
    tally.check()


def test_a_module_alone_and_names_of_the_user():
    x = torch.tensor([0.3, -9, 100])
    program = export_qonnx(Quantize(SPEC), (x,), verbose=False, input_names=['a'], output_names=['b'])
    (node,) = program.model_proto.graph.node
    assert (node.op_type, node.input[0], node.output[0]) == ('Quant', 'a', 'b')
    np.testing.assert_array_equal(run(program, x), SPEC(x).numpy())


def learned(*f: float) -> LearnedFixed:
    module = LearnedFixed(SPEC, granularity='channel', input_shape=(None, len(f)))
    with torch.no_grad():
        module.f += torch.tensor(f)
    return module


@pytest.mark.parametrize(
    ('module', 'message'),
    [
        (
            Quantize(FixedQ(8, 3, True, 'RND', 'SAT')),
            "QONNX cannot say FixedQ(8, 3, True, 'RND', 'SAT'): 'rounding'",
        ),
        (Quantize(BinaryQ()), 'QONNX cannot say BinaryQ()'),
        (learned(0, 1), "QONNX cannot say formats of 6 to 7 bits in a node: its 'bitwidth' must be one number"),
        (learned(0, -9), 'QONNX cannot say a width of zero: one of the learned formats has no bit'),
    ],
    ids=['rounding', 'kind', 'bits', 'no bit'],
)
def test_what_qonnx_cannot_say_is_refused_with_its_place(module, message):
    x = torch.zeros(3, 2)
    with pytest.raises(ValueError, match='^' + re.escape(message)):
        export_qonnx(module, (x,))
    with pytest.raises(ValueError, match='^' + re.escape(f'0.1: {message}')):
        export_qonnx(torch.nn.Sequential(torch.nn.Sequential(torch.nn.ReLU(), module)), (x,))
