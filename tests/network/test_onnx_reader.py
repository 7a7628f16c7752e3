"""Models of ONNX as networks: what onnxruntime computes, the integers of PyTorch's twin, formats of QONNX's nodes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import helper, numpy_helper, parser
from torch import nn

from oracles.command import Run, of_json, refused, wrote
from quantizers import FixedQ, MinifloatQ, PerChannel, QuantizerConfig, choose
from quantizers.network import Network
from quantizers.torch import Quantize, QuantizedConv2d, QuantizedLinear, export_qonnx

pytestmark = pytest.mark.filterwarnings('ignore::DeprecationWarning')
INPUT = FixedQ(7, 4)

IMAGES = """
<ir_version: 8, opset_import: ["" : 18]>
images (float[N, 2, 8, 7] x, float[N, 6] y) => (float[N, 3] out, float[N, 4, 2, 2] small) {
    first = Conv <auto_pad: string = "SAME_LOWER", strides: ints = [2, 1]> (x, W1)
    biased = Add (first, b1)
    norm = BatchNormalization <epsilon: float = 0.25> (biased, gamma, beta, mean, var)
    wide = Conv <group: int = 4, pads: ints = [1, 0, 1, 0], dilations: ints = [2, 1]> (norm, W2, b2)
    active = Relu (wide)
    zeros = Constant <value_ints: ints = [0, 0, 1, 0, 0, 0, 1, 1]> ()
    padded = Pad (active, zeros)
    small = MaxPool <kernel_shape: ints = [2, 3], strides: ints = [2, 3]> (padded)
    pairs = AveragePool <kernel_shape: ints = [1, 2]> (small)
    mean_of = GlobalAveragePool (small)
    shape = Constant <value_ints: ints = [0, 4]> ()
    flat = Reshape (mean_of, shape)
    largest = ReduceMax <keepdims: int = 0> (pairs, axes)
    last = Transpose <perm: ints = [0, 2, 3, 1]> (pairs)
    rows = Flatten (last)
    W4t = Transpose <perm: ints = [1, 0]> (W4)
    product = MatMul (rows, W4t)
    linear = Add (b4, product)
    hidden = Gemm (y, W5, b5)
    both = Concat <axis: int = -1> (flat, hidden, largest)
    sum = Gemm <transB: int = 1> (both, W6)
    out = Add (sum, linear)
}
"""
SHAPES = {
    'W1': (4, 2, 3, 2), 'b1': (4, 1, 1), 'gamma': (4,), 'beta': (4,), 'mean': (4,), 'W2': (4, 1, 3, 2), 'b2': (4,),
    'W4': (3, 8), 'b4': (3,), 'W5': (6, 5), 'b5': (1, 5), 'W6': (3, 13),
}  # fmt: skip


def with_weights(text: str, arrays: dict[str, np.ndarray]) -> onnx.ModelProto:
    model = parser.parse_model(text)
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in arrays.items())
    return model


def images() -> onnx.ModelProto:
    return with_weights(IMAGES, weights())


def weights() -> dict[str, np.ndarray]:
    """Of few bits, and a deviation of 2, so that float32 holds every sum."""
    numbers = np.random.default_rng(0)
    arrays = {name: (numbers.integers(-3, 4, shape) / 2).astype(np.float32) for name, shape in SHAPES.items()}
    axes = np.array([2, 3], np.int64)
    return arrays | {'var': np.full(4, 3.75, np.float32), 'axes': axes}


def samples(network: Network, size: int = 30) -> dict[str, np.ndarray]:
    numbers = np.random.default_rng(1)
    return {name: INPUT(numbers.normal(0, 2, (size, *network.layers[name].shape))) for name in network.inputs}


def test_without_formats_it_is_onnxruntime(tally):
    model = images()
    network = Network.load(model)
    means = {f'{name}.accum': FixedQ(40, 20) for name in ('pairs', 'mean_of')}  # of which each quotient is a number
    quantized = network.quantize({f'{name}.result': INPUT for name in network.inputs} | means)
    x = samples(network)
    trace = quantized.trace(x)
    for name in network.layers.keys() - {*network.inputs, 'out', 'small'}:
        model.graph.output.append(helper.make_empty_tensor_value_info(name))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider'])
    names = [output.name for output in session.get_outputs()]
    for name, want in zip(names, session.run(None, {n: a.astype(np.float32) for n, a in x.items()}), strict=True):
        assert trace[name].shape == want.shape
        got = np.asarray(trace[name], np.float64)
        assert len(np.unique(got)) > 5
        tally('onnxruntime', name, got.ravel(), got.ravel(), want.astype(np.float64).ravel())
    tally.check()
    assert not quantized.compare(x, images())  # nor does onnx' own evaluator differ
    assert not quantized.compare(x, with_weights(IMAGES.replace('[N, ', '[4, '), weights()))  # of 4 samples at once
    floats = quantized.compare(x, network)  # nor do sums in float64
    assert not floats
    assert len(floats.layers) == len(network.layers)


def test_names_are_onnx_and_a_bias_that_is_added_belongs_to_the_sums():
    network = Network.load(images())
    assert network.inputs == ('x', 'y')
    assert network.outputs == ('out', 'small')
    assert 'first' not in network.layers
    assert 'product' not in network.layers
    assert network.layers['biased'].tensors == ('biased.weight', 'biased.bias', 'biased.accum', 'biased.result')
    assert network.weights['linear.weight'].shape == (8, 3)
    assert network.weights['biased.bias'].shape == (4,)
    assert not network.specs
    assert [network.layers[name].shape for name in ('wide', 'mean_of', 'last')] == [(4, 2, 6), (4, 1, 1), (2, 1, 4)]


def test_a_weight_that_folding_changes_has_no_format_any_more():
    text = """
    <ir_version: 8, opset_import: ["" : 18, "qonnx.custom_op.general" : 1]>
    norm (float[N, 2] x) => (float[N, 2] out) {
        few = QUANT (x, s, z, b)
        weight = QUANT (W, s, z, b)
        sums = Gemm (few, weight)
        out = BatchNormalization <epsilon: float = 0.25> (sums, gamma, beta, mean, var)
    }
    """
    two = {'gamma': np.full(2, 4.0), 'beta': np.zeros(2), 'mean': np.zeros(2), 'var': np.full(2, 3.75)}
    arrays = two | {'W': np.array([[1.5, 0.25], [0.5, -1.75]]), 's': 0.25, 'z': 0.0, 'b': 4.0}
    quant = 'qonnx.custom_op.general.Quant <signed: int = 1, narrow: int = 0, rounding_mode: string = "ROUND">'
    arrays = {name: np.asarray(array, np.float32) for name, array in arrays.items()}
    model = with_weights(text.replace('QUANT', quant), arrays)
    network = Network.load(model)
    folded = network.folded()
    assert 'sums.weight' in network.specs
    assert {*folded.specs} == {'few.result', 'x.result'}
    x = samples(network)['x']
    np.testing.assert_array_equal(folded.quantize()(x), network.quantize()(x))


def test_names_that_pytorch_gives_are_names_of_cpp(tmp_path: Path, run: Run):
    module, x = nn.Sequential(nn.Linear(3, 2), nn.ReLU()), torch.ones(1, 3)
    torch.onnx.export(module, (x,), tmp_path / 'm.onnx', dynamo=False, dynamic_axes={'x': {0: 'n'}}, input_names=['x'])
    network = Network.load(tmp_path / 'm.onnx')
    (name,) = (name for name in network.weights if name.endswith('weight'))
    assert name == '0/Gemm_output_0.weight'
    choices = choose(tmp_path / 'm.onnx', np.ones((4, 3)), sqnr=20)
    assert {*choices} >= {name, 'x.result'}
    choices.config().save(tmp_path / 'c.json')
    proto = onnx.load(tmp_path / 'm.onnx')
    assert '/0/Gemm_output_0' in proto.graph.node[0].output
    compared = network.quantize({'x.result': FixedQ(7, 4)}).compare(np.ones((4, 3)), proto)
    assert [layer.name for layer in compared.layers] == ['x', '0/Gemm_output_0', *network.outputs]
    config, model, header, memory = (tmp_path / part for part in ('c.json', 'm.onnx', 'm.h', 'memory'))
    assert run('emit', config, model, '-o', header, '--memory', memory) == (0, '', wrote(header, memory))
    assert 'tensor_0_Gemm_output_0_weight_t' in header.read_text()
    assert (memory / 'tensor_0_Gemm_output_0_weight.mem').exists()
    assert run('quantize', config, model, '-o', tmp_path / 'q')[0] == 0
    with np.load(tmp_path / 'q' / 'm.npz') as stored:
        np.testing.assert_array_equal(stored[name], choices.config()[name](network.weights[name]))


FORMATS = {
    '0': FixedQ(7, 3, True, 'RND_INF', 'SAT'),
    '1.weight_quantizer': FixedQ(6, 2, True, 'RND_CONV', 'SAT'),
    '1.bias_quantizer': MinifloatQ(3, 4),
    '3': FixedQ(6, 3, False, 'TRN', 'SAT'),
    '4.inner.weight_quantizer': FixedQ(5, 1, True, 'TRN', 'SAT'),
    '4.outer': FixedQ(8, 4, True, 'CEIL', 'SAT_SYM'),
    '6.weight_quantizer': FixedQ(4, 2, True, 'RND_CONV', 'SAT'),
    '7': FixedQ(9, 6, True, 'RND_CONV', 'SAT'),
}


LOOKED_UP = """
<ir_version: 8, opset_import: ["" : 18]>
looked_up (float[N, 2, 5] x) => (float[N, 2, 5] out) {
    gate = Sigmoid (x)
    change = Tanh (gate)
    out = Softmax <axis: int = 2> (change)
}
"""


def test_functions_that_are_looked_up():
    model = parser.parse_model(LOOKED_UP)
    network = Network.load(model)
    tables = 'out.exp_table', 'out.inv_table', 'out.inv_inp', 'out.accum'
    assert network.tensors[1:] == ('gate.table', 'gate.result', 'change.table', 'change.result', *tables, 'out.result')
    floats = network.trace(x := np.random.default_rng(0).normal(0, 2, (9, 2, 5)))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider'])
    (expected,) = session.run(None, {'x': x.astype(np.float32)})
    np.testing.assert_allclose(floats['out'], expected, rtol=1e-5)
    twin = torch.export.export(nn.Sequential(nn.Sigmoid(), nn.Tanh(), nn.Softmax(-1)), (torch.zeros(9, 2, 5),))
    given, narrow = FixedQ(12, 4), FixedQ(10, 2, True, 'RND')  # of which all bits are looked up
    got = network.quantize({'x.result': given, 'change.result': narrow})(x)
    other = Network.load(twin).quantize({'input.result': given, '1.result': narrow})(x)
    np.testing.assert_array_equal(got, other)
    # the sum, of 3 and more, is looked up in steps of 1/4
    np.testing.assert_allclose(np.asarray(got, np.float64), expected, rtol=0.25 / 3)


class Residual(nn.Module):
    """What is added to what comes in; with formats, or as it was trained."""

    def __init__(self, inner: nn.Module, outer: nn.Module) -> None:
        super().__init__()
        self.inner, self.outer = inner, outer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.outer(x + self.inner(x)))


def modules(*, formats: bool) -> nn.Sequential:
    def weights(name: str) -> dict[str, Any]:
        found = {each: FORMATS.get(f'{name}.{each}') for each in ('weight_quantizer', 'bias_quantizer')}
        return {each: spec for each, spec in found.items() if formats and spec is not None}

    def result(name: str) -> nn.Module:
        return Quantize(FORMATS[name]) if formats else nn.Identity()

    convolution, linear = (QuantizedConv2d, QuantizedLinear) if formats else (nn.Conv2d, nn.Linear)
    torch.manual_seed(0)
    made = nn.Sequential(
        *(result('0'), convolution(2, 4, (3, 2), padding=(1, 1), **weights('1')), nn.ReLU(), result('3')),
        Residual(convolution(4, 4, 3, groups=4, padding=1, bias=False, **weights('4.inner')), result('4.outer')),
        *(nn.Flatten(), linear(4 * 4 * 5, 5, bias=False, **weights('6')), result('7')),
    )
    with torch.no_grad():
        for tensor in made.parameters():
            tensor.mul_(6)  # so that few become 0
    return made.eval()


def test_formats_of_qonnx_come_back_and_give_the_bits_of_the_modules_and_of_their_twin(tally):
    x = torch.tensor(np.random.default_rng(0).normal(0, 3, (10, 2, 4, 4)), dtype=torch.float32)
    quantized = modules(formats=True)
    program = export_qonnx(quantized, (x,), verbose=False)
    network = Network.load(program.model_proto)
    kinds = {layer.name: layer.kind for layer in network.layers.values()}
    assert [*kinds.values()] == [
        *('input', 'Quant', 'Conv', 'Relu', 'Quant', 'Conv', 'Add', 'Quant', 'Relu', 'Reshape', 'Gemm', 'Quant')
    ]
    tensors = '0.result 1.result 2.weight 2.bias 4.result 5.weight 7.result 10.weight 11.result'.split()
    names = [f'{[*kinds][int(number)]}.{tensor}' for number, _, tensor in map(parted, tensors)]
    assert dict(network.specs) == dict(zip(names, [FORMATS['0'], *FORMATS.values()], strict=True))
    expected = quantized(x).detach().numpy()
    mine = network.quantize()
    got = mine(x.numpy())
    assert len(np.unique(got)) > 10
    tally('modules', 'quantized', got.ravel(), got.ravel(), expected.ravel())
    assert not mine.compare(x.numpy(), program.model_proto)
    plain = Network.load(torch.export.export(modules(formats=False), (x,)))
    theirs = '1.weight 1.bias 2.result 4.inner.weight 4.add.result 6.weight 6.result'.split()
    names = [next(name for name in plain.tensors if name.endswith(f'{end}')) for end in theirs]
    twin = plain.quantize({'input.result': FORMATS['0'], **dict(zip(names, [*FORMATS.values()][1:], strict=True))})
    other = np.asarray(twin(x.numpy()), np.float64)
    tally('twin', 'quantized', other.ravel(), got.ravel(), other.ravel())
    tally.check()


def parted(name: str) -> tuple[str, str, str]:
    return name.rpartition('.')


CHANNELS = """
<ir_version: 8, opset_import: ["" : 18, "qonnx.custom_op.general" : 1]>
channels (float[N, 3] x) => (float[N, 2] out) {
    Wq = qonnx.custom_op.general.Quant <signed: int = 1, narrow: int = 0> (W, scale, zero, bits)
    Wt = Transpose (Wq)
    out = MatMul (x, Wt)
}
"""


@pytest.mark.parametrize('domain', ['qonnx.custom_op.general', 'onnx.brevitas'])
def test_a_step_for_each_channel_of_a_weight(domain):
    arrays = {
        'W': np.array([[0.3, 1.9, -0.6], [0.3, 1.9, -0.6]], np.float32),
        'scale': np.array([[0.5], [0.125]], np.float32),
        **{name: np.array(value, np.float32) for name, value in {'zero': 0, 'bits': 4}.items()},
    }
    network = Network.load(with_weights(CHANNELS.replace('qonnx.custom_op.general', domain), arrays))
    rows = PerChannel(1, [FixedQ(4, n, True, 'RND_CONV', 'SAT') for n in (3, 1)])
    assert dict(network.specs) == {'out.weight': rows}
    quantized = network.quantize({**network.specs, 'x.result': INPUT})
    assert quantized.weights['out.weight'].T.tolist() == [[0.5, 2, -0.5], [0.25, 0.875, -0.625]]


REFUSED = {
    'an operator': ('out = Softplus (x)', 'out: must be one of Gemm, MatMul, Conv, '),
    'rows': ('out = Softmax <axis: int = 0> (x)', "out: 'axis' must be the last one: 0"),
    'a recurrent layer': ('out, h = LSTM <hidden_size: int = 2> (x, W, W)', "'LSTM'"),
    'a product': ('out = MatMul (x, x)', "out: must be a constant, and no result: 'x'"),
    'turned': ('out = MatMul (W, x)', 'out: the first input must be a result, and no constant'),
    'alpha': ('out = Gemm <alpha: float = 2.0> (x, W)', "out: 'alpha' must be 1.0: 2.0"),
    'a number': ('out = Add (x, one)', 'out: must add two results of one shape, or a bias to sums of products'),
    'samples': ('shape = Constant <value_ints: ints = [-1, 8]> () out = Reshape (x, shape)', 'out: the first axis'),
    'order': ('out = Transpose (x)', "out: 'perm' must begin with 0, the samples, and have every axis: (1, 0)"),
    'axes': ('out = Transpose <perm: ints = [0, 0]> (x)', "'perm' must begin with 0, the samples, and have every"),
    'all': ('out = ReduceMean (x)', "out: 'axes' must be all but those of samples and channels: [0, 1]"),
    'drawn': ('out = Dropout (x, third, true)', "out: 'training_mode' must be False: True"),
    'vector': ('out = Gemm (x, rank)', 'out: must multiply by a matrix: (4,)'),
    'three pads': ('out = Pad (x, three)', "out: 'pads' must have 4 numbers: [0, 0, 1]"),
    'sizes': ('out = Reshape (x, twenty)', 'out: must keep the numbers of a sample: (4,) (5,)'),
    'axis': ('out = Concat <axis: int = 0> (x, x)', "out: 'axis' must be 1 or the last one"),
    'ones': ('pads = Constant <value_ints: ints = [0, 1, 0, 1]> () out = Pad (x, pads, one)', 'out: must pad with 0'),
    'an output': ('out = Relu (W)', 'out: an output must be a result, and no constant'),
    'a scale': (
        'out = qonnx.custom_op.general.Quant <signed: int = 1, narrow: int = 0> (x, third, zero, four)',
        "out: 'scale' must be a power of two",
    ),
    'bipolar': ('out = qonnx.custom_op.general.BipolarQuant (x, one)', "'qonnx.custom_op.general::BipolarQuant'"),
    'a function': ('out = my.ops.Relu (x)', "'my.ops::Relu'"),
    'a function of shapes': ('shape = my.ops.Shape (x) out = Reshape (x, shape)', "shape: must be one of Gemm, "),
    "another's format": ('out = my.ops.Quant <signed: int = 1> (x, one, zero, four)', "'my.ops::Quant'"),
}  # fmt: skip
NUMBERS = {'one': 1.0, 'third': 1 / 3, 'zero': 0.0, 'four': 4.0}
INTEGERS = {'first': [0], 'row': [1, -1], 'seven': [7, -1], 'twenty': [4, 5], 'three': [0, 0, 1], 'rest': [-1]}
CONSTANTS = {
    'W': np.eye(4, dtype=np.float32),
    'kernel': np.ones((2, 2, 1, 1), np.float32),
    'rank': np.ones(4, np.float32),
    'true': np.array(True),
    'false': np.array(False),
    **{name: np.array(value, np.float32) for name, value in NUMBERS.items()},
    **{name: np.array(value, np.int64) for name, value in INTEGERS.items()},
}
FUNCTION = '<domain: "my.ops", opset_import: ["" : %d]> Relu (a) => (b) { b = Neg (a) }'


def small(body: str, inputs: str = 'float[N, 4] x', opset: int = 18) -> onnx.ModelProto:
    opsets = f'"" : {opset}, "qonnx.custom_op.general" : 1, "my.ops" : 1'
    text = f'<ir_version: 9, opset_import: [{opsets}]> g ({inputs}) => (float[a, b] out) {{ {body} }}'
    used = {name: array for name, array in CONSTANTS.items() if re.search(rf'\b{name}\b', body)}
    return with_weights(text + FUNCTION % opset, used)


@pytest.mark.parametrize('name', REFUSED)
def test_what_is_not_computed_is_refused_by_its_name(name):
    body, message = REFUSED[name]
    with pytest.raises(ValueError, match=re.escape(message)):
        Network.load(small(body, 'float[4, 4] x'))


MATRICES, IMAGE = 'float[N, 2, 4] x', 'float[N, 2, 4, 4] x'
FIRST = 'the first axis must be that of the samples'
AXES = 'out: must take a result of {} axes, with that of the samples: {}'
REFUSED_OF = {
    'rows into one': (MATRICES, 'out = Reshape (x, row)', f'out: {FIRST}: (1, 56) of 7'),
    'as many rows': ('float[N, 7] x', 'out = Reshape (x, seven)', f'out: {FIRST}: (7, 11)'),
    'a row': ('float[N, 4] x', 'out = Flatten <axis: int = 0> (x)', f'out: {FIRST}'),
    'an axis before': ('float[N, 4] x', 'out = Unsqueeze (x, first)', f'out: {FIRST}'),
    'none before': (MATRICES, 'out = Squeeze (x, first)', 'out: must have known sizes, but that of the batch'),
    'fixed': ('float[4, 2, 4] x', 'out = Reshape (x, row)', f'out: {FIRST}: (1, 32) of 4'),
    'numbers': ('float[5, 4] x, float[1, 4] y', 'out = Add (x, y)', f'y: {FIRST}: (1, 4) of 5'),
    'product': ('float[4] x', 'out = MatMul (x, W)', AXES.format('2 or more', 1)),
    'sums': ('float[N] x', 'out = Gemm (x, W)', AXES.format('2 or more', 1)),
    'softmax': ('float[4] x', 'out = Softmax (x)', AXES.format('2 or more', 1)),
    'channels': ('float[4] x', 'out = BatchNormalization (x, rank, rank, rank, rank)', AXES.format('2 or more', 1)),
    'side by side': ('float[4] x', 'out = Concat <axis: int = 0> (x, x)', f'out: {FIRST}'),
    'one axis': ('float[N, 2, 4] x', 'out = Conv (x, kernel)', AXES.format(4, 3)),
    'dilations': (IMAGE, 'out = Conv <dilations: ints = [1]> (x, kernel)', "out: 'dilations' must have 2 numbers: [1]"),
    'pads': (IMAGE, 'out = Conv <pads: ints = [1, 1]> (x, kernel)', "out: 'pads' must have 4 numbers: [1, 1]"),
    'kernel': (IMAGE, 'out = Conv <kernel_shape: ints = [3, 3]> (x, kernel)', "out: 'kernel_shape' must be [1, 1]"),
    'a pool': (IMAGE, 'out = MaxPool <kernel_shape: ints = [3]> (x)', "out: 'kernel_shape' must have 2 numbers: [3]"),
    'strides': (
        IMAGE,
        'out = MaxPool <kernel_shape: ints = [2, 2], strides: ints = [1]> (x)',
        "out: 'strides' must have 2 numbers: [1]",
    ),
}  # fmt: skip


@pytest.mark.parametrize('name', REFUSED_OF)
def test_samples_that_are_mixed_and_axes_that_do_not_fit_are_refused(name):
    inputs, body, message = REFUSED_OF[name]
    with pytest.raises(ValueError, match=re.escape(message)):
        Network.load(small(body, inputs))


def test_what_older_opsets_have_by_default():
    with pytest.raises(ValueError, match=r"^out: 'axis' must be the last one: 1$"):
        Network.load(small('out = Softmax (x)', MATRICES, opset=12))
    with pytest.raises(ValueError, match=r'^out: must have known sizes'):  # which onnx does not infer
        Network.load(small('out = Concat (x, x)', opset=3))


TAKEN = {
    'softmax': ('out = Softmax (x)', MATRICES, 13),
    'old softmax': ('out = Softmax (x)', 'float[N, 4] x', 12),
    'no axes': ('out = ReduceMean <noop_with_empty_axes: int = 1> (x)', MATRICES, 18),
    'not drawn': ('out = Dropout (x, third, false)', MATRICES, 18),
    'of its own shape': (
        'shape = Shape (x) n = Gather (shape, first) both = Concat <axis: int = 0> (n, rest) out = Reshape (x, both)',
        *(MATRICES, 18),
    ),
    'seven': ('out = Reshape (x, seven)', 'float[7, 2, 4] x', 18),
    'one': ('out = Unsqueeze (x, first)', 'float[1, 4] x', 18),
    'weights among inputs': ('out = MatMul (x, W)', 'float[N, 2, 4] x, float[4, 4] W', 18),
}  # fmt: skip


@pytest.mark.parametrize('name', TAKEN)
def test_any_number_of_samples_is_what_onnxruntime_has(name):
    body, inputs, opset = TAKEN[name]
    model = small(body, inputs, opset)
    network = Network.load(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=['CPUExecutionProvider'])
    fixed = model.graph.input[0].type.tensor_type.shape.dim[0].dim_value
    assert network.inputs == ('x',)
    for size in (fixed,) if fixed else (1, 2, 7):
        x = np.random.default_rng(size).normal(0, 2, (size, *network.layers['x'].shape)).astype(np.float32)
        (expected,) = session.run(None, {'x': x})
        np.testing.assert_allclose(network.trace(x)['out'], expected, rtol=1e-5)


def test_a_sparse_weight_is_refused():
    model = small('out = MatMul (x, V)')
    values = numpy_helper.from_array(np.ones(4, np.float32), 'V')
    places = numpy_helper.from_array(np.arange(0, 16, 5), 'places')
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [4, 4]))
    with pytest.raises(ValueError, match=r'^V: must be dense, and no sparse initializer$'):
        Network.load(model)


def test_what_onnx_says_is_cut():
    model = small('out = MatMul (x, W)', 'float[N, 4] x, float[3, 4] W')
    with pytest.raises(ValueError, match=r'^shapes do not fit: [^\n]{77}\.\.\.$'):
        Network.load(model)
    model = small('out = Relu (x)')
    model.graph.node[0].attribute.append(helper.make_attribute('long' * 100, 1))
    with pytest.raises(ValueError, match=r'^source: not a model that onnx reads: [^\n]{77}\.\.\.$'):
        Network.load(model)


def test_weights_of_no_number_are_refused():
    model = images()
    array = numpy_helper.to_array(next(t for t in model.graph.initializer if t.name == 'var')).copy()
    array[1] = -9
    model.graph.initializer[[t.name for t in model.graph.initializer].index('var')].CopyFrom(
        numpy_helper.from_array(array, 'var')
    )
    network = Network.load(model)
    with pytest.raises(ValueError, match=r'^norm\.scale: weights must be finite: there is NaN or Inf$'):
        network.quantize({f'{name}.result': INPUT for name in network.inputs})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a model `m.onnx` and samples `x.npz`; the test is in it."""
    monkeypatch.chdir(tmp_path)
    onnx.save(images(), 'm.onnx')
    np.savez('x.npz', **samples(Network.load('m.onnx')))
    return tmp_path


def test_files_that_are_none_are_refused_in_one_line(folder, run: Run):
    Path('a.onnx').write_bytes(b'\x93NUMPY')
    Path('b.onnx').write_bytes(b'')
    onnx.save(images(), 'c.onnx', save_as_external_data=True, location='c.data', size_threshold=8)
    assert Network.load('c.onnx').weights.keys() == Network.load('m.onnx').weights.keys()
    Path('c.data').unlink()
    Path('c.json').write_text(QuantizerConfig({'x.result': INPUT}).to_json())
    for name in ('a', 'b', 'c'):
        refused(run('report', 'c.json', f'{name}.onnx'), f'{name}.onnx: not a model that onnx reads: ')
        with pytest.raises(ValueError, match=f'^{name}.onnx: not a model that onnx reads: [^\n]*$'):
            Network.load(f'{name}.onnx')
    refused(run('report', 'c.json', 'd.onnx'), 'd.onnx')
    with pytest.raises(ValueError, match=r'^source: not a model that onnx reads: '):
        Network.load(onnx.ModelProto())


def test_the_command_goes_from_formats_to_comparisons(folder, run: Run):
    assert run('choose', 'm.onnx', 'x.npz', '--width', 9, '-o', 'c.json')[0] == 0
    config, network = QuantizerConfig.load('c.json'), Network.load('m.onnx')
    assert {*config} == {name for name in network.tensors if not name.endswith('.accum')}
    weights = choose(network.weights, width=9).config()
    assert {name: config[name] for name in weights} == dict(weights)
    report = of_json(run, 'report', 'c.json', 'm.onnx')
    assert report == network.report(config).to_dict()
    code, out, _ = run('compare', 'c.json', 'm.onnx', 'x.npz')
    assert code == 1
    assert 'biased' in out
    assert run('compare', 'c.json', 'm.onnx', 'x.npz', '--against', 'c.json')[0] == 0
    code, _, err = run('quantize', 'c.json', 'm.onnx', '-o', 'q')
    assert (code, err) == (0, wrote(Path('q/m.npz'), Path('q/m.h')))
    with np.load('q/m.npz') as stored:
        assert {*stored} == {*network.weights}
        np.testing.assert_array_equal(
            stored['biased.weight'], config['biased.weight'](network.weights['biased.weight'])
        )
    assert run('emit', 'c.json', 'm.onnx', '-o', 'm.h')[0] == 0
    assert 'biased_weight' in Path('m.h').read_text()
    refused(run('hls4ml', 'c.json', 'm.onnx', '-o', 'p'), 'm.onnx: must be a model of Keras')
    Path('d.json').write_text(QuantizerConfig({**config, 'no.weight': INPUT}).to_json())
    refused(run('quantize', 'd.json', 'm.onnx', '-o', 'r'), 'no.weight')
