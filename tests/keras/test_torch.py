"""PyTorch: devices, compilation of everything in one graph, inputs that need a gradient, those of NumPy's functions."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from oracles.surrogates import numbers
from quantizers import (
    BinaryQ,
    FixedQ,
    MinifloatQ,
    PerChannel,
    PrecisionWarning,
    Rounding,
    TernaryQ,
    choose,
    diff,
    float_quantize,
    get_fixed_quantizer,
    get_fixed_quantizer_np,
    layers,
    memory_files,
    parse_type,
    plot_report,
)
from quantizers import torch as modules
from quantizers.backends.numpy import call as by_ufuncs
from quantizers.cpp import header
from quantizers.result_type import constants, dot

SPECS = [
    FixedQ(8, 3, True, 'RND', 'SAT'),
    FixedQ(8, 3, True, 'TRN', 'WRAP'),
    FixedQ(8, 3, True, 'RND_CONV', 'WRAP_SM'),
    MinifloatQ(3, 4),
    BinaryQ(),
    TernaryQ(),
]


@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_results_stay_on_the_device_of_x(spec):
    """Every machine has one more device than Keras' default: the one without numbers."""
    x = torch.ones(3, 4, device='meta', requires_grad=True)
    result = spec(x)
    assert (result.device.type, result.shape, result.dtype) == ('meta', x.shape, x.dtype)
    result.sum().backward()
    assert (x.grad.device.type, x.grad.shape) == ('meta', x.shape)


def test_a_tensor_without_numbers_has_its_shape_computed_alone():
    """Keras builds layers with such tensors, twice each: where formulas ran, that was most of a first step."""
    x, f = torch.empty(3, 1, device='meta', dtype=torch.float16), torch.zeros(4)
    calls = 0

    class Counted(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            nonlocal calls
            calls += 1
            return function(*args, **(kwargs or {}))

    with torch.no_grad(), Counted():
        result = get_fixed_quantizer('RND', 'SAT_SYM')(x, np.ones((2, 1, 1)), 2, f)
    assert (result.device.type, result.shape, result.dtype) == ('meta', (2, 3, 4), torch.float16)
    assert calls < 10


def test_a_first_call_imports_no_compiler():
    """It takes a third of a second and 75 MB."""
    code = 'import sys, torch, quantizers as q; q.FixedQ(8, 3)(torch.ones(3)); print("llvmlite" in sys.modules)'
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == 'False'


def test_all_kinds_of_specs_in_one_compiled_graph(framework):
    """Forward and backward, without a break."""
    x = numbers(np.random.default_rng(0))

    def together(x):
        return sum(spec(x, training=True) for spec in SPECS[1:])

    tensor, ones = framework.tensor(x), framework.tensor(np.ones_like(x))
    eager, (eager_gradient,) = framework.vjp('eager', together, [tensor], ones)
    compiled, (gradient,) = framework.vjp('compile', together, [tensor], ones)
    np.testing.assert_array_equal(compiled, eager)
    np.testing.assert_allclose(gradient, eager_gradient, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_a_parameter_and_a_leaf_are_not_changed(spec):
    parameter = torch.nn.Parameter(torch.linspace(-5, 5, 11))
    before = parameter.detach().clone()
    result = spec(parameter)
    assert type(result) is torch.Tensor
    result.sum().backward()
    assert torch.equal(parameter.detach(), before)
    assert parameter.grad.shape == parameter.shape
    with torch.no_grad():
        assert torch.equal(spec(parameter), result)
        assert not spec(parameter).requires_grad
    assert not spec(before).requires_grad


def kept(function, *inputs):
    """The bytes that autograd keeps for the backward pass, each storage once."""
    saved = {}
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.setdefault(t.data_ptr(), t), lambda t: t):
        result = function(*inputs)
    return sum(tensor.nbytes for tensor in saved.values()), result


@pytest.mark.parametrize('mode', ['RND', 'S_RND'])
@pytest.mark.parametrize('overflow', ['SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP', 'WRAP_SM'])
@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_backward_keeps_the_input_the_output_and_the_widths(dtype, overflow, mode):
    """And nothing else, whatever the formulas have in between; of random numbers the key that they are drawn of."""
    x = torch.ones(100, 50, dtype=dtype, requires_grad=True)
    i, f = (torch.full((50,), width, requires_grad=True) for width in (2.0, 3.0))
    widths = i.nbytes + f.nbytes
    key = 8 if mode == 'S_RND' else 0
    quantize = get_fixed_quantizer(mode, overflow)
    total, _ = kept(lambda x, i, f: quantize(x, 1, i, f, training=True, seed_gen=1), x, i, f)
    assert total <= 2 * x.nbytes + widths + key
    total, _ = kept(float_quantize, x, i, f)
    assert total <= 2 * x.nbytes + widths
    for spec in (FixedQ(8, 3, True, 'RND', overflow), MinifloatQ(3, 4), BinaryQ(), TernaryQ()):
        assert kept(spec, x)[0] <= 2 * x.nbytes


# shapes of x and of the widths; the longest axis along which no width changes is the first, the second and so on
LARGE = {'first': ((300, 12), (12,)), 'second': ((1, 50, 80), (80,)), 'third': ((2, 3, 900), (2, 3, 1))}
LARGE |= {'scalars': ((4000,), ()), 'each': ((300, 12), (300, 12))}


@pytest.mark.parametrize('shapes', LARGE)
@pytest.mark.parametrize('overflow', ['SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP', 'WRAP_SM'])
@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_large_tensors_are_quantized_part_by_part(dtype, overflow, shapes, monkeypatch):
    """As small ones are, part by part, forward and backward; also where memory is in another order."""
    monkeypatch.setattr(by_ufuncs, 'PART', 1000)
    shape, widths = LARGE[shapes]
    rng = np.random.default_rng(0)
    x, g = (torch.tensor(rng.normal(0, 3, shape), dtype=dtype) for _ in 'xg')
    x.view(-1)[:3] = torch.tensor([np.inf, -np.inf, np.nan])
    i, f = (torch.tensor(rng.integers(0, 4, widths), dtype=torch.float32) for _ in 'if')
    quantize = get_fixed_quantizer('RND', overflow)

    def run(x, g, i, f):
        leaves = [tensor.detach().clone().requires_grad_() for tensor in (x, i, f)]
        result = quantize(leaves[0], 1, *leaves[1:])
        return result.detach(), torch.autograd.grad(result, leaves, g, allow_unused=True, materialize_grads=True)

    def parts(tensor):
        return torch.broadcast_to(tensor, shape).reshape(-1).split(1000)

    result, gradients = run(x, g, i, f)
    small = [run(*tensors) for tensors in zip(*map(parts, (x, g, i, f)), strict=True)]
    torch.testing.assert_close(result, torch.cat([r for r, _ in small]).view(shape), rtol=0, atol=0, equal_nan=True)
    for got, *want in zip(gradients, *(each for _, each in small), strict=True):
        whole = torch.cat(want).view(shape)
        torch.testing.assert_close(
            got, whole if got.shape == shape else whole.sum_to_size(got.shape), rtol=1e-4, atol=1e-4
        )
    turned = run(x.mT.contiguous().mT, g, i, f)[0] if x.ndim > 1 else result
    torch.testing.assert_close(turned, result, rtol=0, atol=0, equal_nan=True)


def test_gradients_of_gradients():
    """The gradient to `x` is linear in the incoming one, and autograd follows it."""
    x, g = torch.linspace(-9, 9, 40, requires_grad=True), torch.ones(40, requires_grad=True)
    f = torch.tensor(2.0, requires_grad=True)
    result = get_fixed_quantizer('RND', 'SAT')(x, 1, 2, f)
    to_x, to_f = torch.autograd.grad(result, (x, f), g, create_graph=True)
    (again,) = torch.autograd.grad(to_x.sum() + 0 * to_f, g)
    np.testing.assert_array_equal(again, to_x.detach())


FIRST = {
    'of parameters': """(lambda x, f: torch.compile(
    lambda y: FixedQ(8, 3, True, 'RND', 'SAT')(x) + 0 * q.get_fixed_quantizer('RND', 'SAT')(y, 1, 2, f), fullgraph=True
))(torch.nn.Parameter(torch.ones(1) * 1.02), torch.nn.Parameter(torch.tensor(5.0)))""",
    'a format': "torch.compile(FixedQ(8, 3, True, 'RND', 'SAT'), dynamic=False)",
    'by a path': "torch.compile(FixedQ(8, 3, True, 'RND', 'SAT'), backend='eager')\n"
    "q.register_backend('torch', 'quantizers.backends.torch.backend:backend')",
    'made in one graph': """torch.compile(
        lambda x: (FixedQ(8, 3, True, 'RND', 'SAT')(x) + q.get_fixed_quantizer('RND', 'SAT')(x, 1, 2, 5)) / 2,
        backend='eager',
        fullgraph=True,
    )""",
}


@pytest.mark.parametrize('name', FIRST)
def test_keras_may_be_imported_while_a_graph_is_made(name):
    """The first call ever may be that of a compiled function."""
    code = f"""
import torch
import quantizers as q
from quantizers import FixedQ
function = {FIRST[name]}
print(function(torch.ones(1) * 1.02).item())
"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == '1.03125', done.stderr[-2000:]


@pytest.mark.parametrize('shape', [(1, 4), (4, 1, 1)])
@pytest.mark.parametrize('known', [True, False])
def test_large_tensors_of_which_widths_make_larger_ones(shape, known, monkeypatch):
    monkeypatch.setattr(by_ufuncs, 'PART', 64)
    quantize = get_fixed_quantizer('RND', 'WRAP')
    x = np.linspace(-9, 9, 100, dtype=np.float32)[:, None]
    f = np.arange(4).reshape(shape)
    expected = get_fixed_quantizer_np('RND', 'WRAP')(x, 1, 2, f)
    leaf = torch.from_numpy(x.copy()).requires_grad_()
    result = quantize(leaf, 1, 2, f if known else torch.from_numpy(f).float())
    np.testing.assert_array_equal(result.detach(), expected)
    result.sum().backward()
    assert leaf.grad.tolist() == np.full((100, 1), 4.0).tolist()


def test_traced_graphs():
    """What records a graph must not be asked for numbers."""
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.fx.experimental.proxy_tensor import make_fx

    quantize = get_fixed_quantizer('RND', 'WRAP')
    f = torch.tensor(2.0)
    x = torch.linspace(-9, 9, 50)
    with torch.no_grad():
        graph = make_fx(lambda x: quantize(x, 1, 2, f) + FixedQ(8, 3)(x))(x)
        assert torch.equal(graph(-x), quantize(-x, 1, 2, f) + FixedQ(8, 3)(-x))
        with FakeTensorMode() as mode:
            fake = mode.from_tensor(x)
            assert quantize(fake, 1, 2, mode.from_tensor(f)).shape == FixedQ(8, 3)(fake).shape == x.shape


@torch.fx.wrap
def wrapped(x):
    return SPECS[0](x)


def test_torch_fx_takes_a_function_that_is_one_node():
    def refused(quantize):
        with pytest.raises(TypeError, match=r'^.x. must be a tensor, .* torch\.fx\.wrap .*: Proxy$'):
            torch.fx.symbolic_trace(lambda x: quantize(x))  # noqa: PLW0108  (what is no function is traced otherwise)

    refused(SPECS[0])
    refused(SPECS[-1])
    refused(lambda x: get_fixed_quantizer('RND', 'SAT')(x, 1, 2, 3))
    traced = torch.fx.symbolic_trace(lambda x: wrapped(x) + 1)
    x = torch.linspace(-9, 9, 64)
    torch.testing.assert_close(traced(x), SPECS[0](x) + 1, rtol=0, atol=0)
    assert [node.op for node in traced.graph.nodes] == ['placeholder', 'call_function', 'call_function', 'output']


@pytest.mark.filterwarnings('ignore:.torch.jit')
@pytest.mark.parametrize('spec', SPECS, ids=str)
def test_torch_jit_traces_twice_alike(spec):
    """Which its own check asks for; and what is traced has the values for other numbers, and the gradients."""

    class Network(torch.nn.Module):
        def forward(self, x):
            return spec(x)

    traced = torch.jit.trace(Network(), torch.linspace(-5, 5, 64))
    found, expected = (torch.linspace(-9, 9, 40_000).requires_grad_() for _ in range(2))
    torch.testing.assert_close(traced(found), spec(expected), rtol=0, atol=0)
    for function, x in ((traced, found), (spec, expected)):
        function(x).sum().backward()
    torch.testing.assert_close(found.grad, expected.grad, rtol=0, atol=0)


@pytest.mark.parametrize('spec', SPECS, ids=str)
def test_torch_export_has_the_constants_of_a_format_as_numbers(spec):
    """Made beforehand, so that the graph has its few steps, whatever the numbers."""

    class Network(torch.nn.Module):
        def forward(self, x):
            return spec(x)

    exported = torch.export.export(Network(), (torch.linspace(-5, 5, 64),))
    x = torch.linspace(-9, 9, 64)
    torch.testing.assert_close(exported.module()(x), spec(x), rtol=0, atol=0)
    assert len(exported.graph.nodes) < 90
    assert len(exported.constants) < 12


def test_a_new_format_in_a_whole_graph():
    """`functools.cached_property` has a lock until Python 3.12, which Dynamo refuses."""
    x = torch.linspace(-5, 5, 64)
    SPECS[0](x)
    for spec in (FixedQ(9, 4, True, 'RND_CONV', 'WRAP'), MinifloatQ(4, 5)):
        torch._dynamo.reset()
        torch.testing.assert_close(torch.compile(lambda x, spec=spec: spec(x), fullgraph=True)(x), spec(x))


MADE = {
    'fixed': lambda x, width: FixedQ(width, 3, rounding='ap_rnd', overflow='SAT')(x),
    'enum': lambda x, width: FixedQ(width, 3, True, Rounding.RND)(x, training=True),
    'from_kif': lambda x, width: FixedQ.from_kif(1, 2, width)(x),
    'parse_type': lambda x, width: parse_type('ap_ufixed<9, 4, AP_RND_CONV>')(x) * width,
    'sum': lambda x, width: (FixedQ(width, 3) + FixedQ(4, 1))(x),
    'minifloat': lambda x, width: MinifloatQ(width, 4)(x),
    'binary': lambda x, width: BinaryQ()(x) * width,
    'ternary': lambda x, width: TernaryQ()(x) * width,
    'range': lambda x, width: x * float(FixedQ(width, 3).max) - float(MinifloatQ(width, 3).eps),
    'equal': lambda x, width: x * (FixedQ(width, 3) == FixedQ(8, 3)) + len({FixedQ(width, 3)}),
}


@pytest.mark.parametrize('name', MADE)
def test_a_format_is_made_in_a_whole_graph(name):
    """Of constants and of arguments, with all that is derived of it."""
    torch._dynamo.reset()
    compiled = torch.compile(MADE[name], backend='eager', fullgraph=True)
    for width in (8, 9, 7):
        found, expected = (torch.linspace(-9, 9, 64).requires_grad_() for _ in range(2))
        result = compiled(found, width)
        torch.testing.assert_close(result, MADE[name](expected, width), rtol=0, atol=0)
        for function, x in ((compiled, found), (MADE[name], expected)):
            function(x, width).sum().backward()
        torch.testing.assert_close(found.grad, expected.grad)


@pytest.mark.usefixtures('unwarned')
def test_a_format_that_is_made_in_a_graph_warns_once():
    torch._dynamo.reset()
    compiled = torch.compile(lambda x: FixedQ(39, 3, True, 'RND', 'SAT')(x) + 1, backend='eager', fullgraph=True)
    with pytest.warns(PrecisionWarning, match=r'^FixedQ\(39, .* float32 cannot hold') as caught:
        results = [compiled(torch.ones(size)) for size in (3, 4, 5)]
    assert len(caught) == 1
    assert [len(result) for result in results] == [3, 4, 5]


NUMBERS = torch.tensor([[0.1, -0.046875, 3.14159], [100.0, -1.5, 0.7]])
GIVEN = {
    'parameter': torch.nn.Parameter(NUMBERS),
    'result': NUMBERS.clone().requires_grad_() * 1,
    'bfloat16': NUMBERS.bfloat16(),
    'bfloat16 parameter': torch.nn.Parameter(NUMBERS.bfloat16()),
    'float8': NUMBERS.clamp(-4, 4).to(torch.float8_e4m3fn),
}


@pytest.mark.parametrize('name', GIVEN)
def test_what_becomes_an_array_of_numpy_is_widened_exactly(name):
    """Whatever takes arrays and gives none of PyTorch's own."""
    spec, x = SPECS[0], GIVEN[name]
    expected = x.detach().float().numpy()
    by_channel = PerChannel(1, [spec, FixedQ(6, 2), spec])
    uses = [
        spec.encode,
        spec.to_hex,
        by_channel.encode_joined,
        lambda x: constants(x).cpp_type,
        lambda x: dot(spec, x).cpp_type,
        lambda x: memory_files.to_text(spec, x, 'readmemh'),
        lambda x: header({'w': spec, 'c': by_channel}, {'w': x, 'c': x}),
        lambda x: choose({'w': x}, sqnr=30).rows(),
        lambda x: choose([x, x], sqnr=30, axis=1).rows(),
        lambda x: len(plot_report({'c': by_channel}, {'c': x}).axes),
        lambda x: str(diff(spec, FixedQ(8, 3), x)),
        lambda x: str(diff(spec, x, expected)),
    ]
    for use in uses:
        np.testing.assert_array_equal(use(x), use(expected))
    assert x.requires_grad == (name in ('parameter', 'result', 'bfloat16 parameter'))


def test_a_state_dict_is_a_mapping_of_tensors():
    network = torch.nn.Sequential(torch.nn.Linear(3, 4, dtype=torch.bfloat16), torch.nn.BatchNorm1d(4))
    arrays = {name: tensor.float().numpy() for name, tensor in network.state_dict().items()}
    choices = choose(network.state_dict(), sqnr=30)
    assert list(choices) == [
        '0.weight', '0.bias', '1.weight', '1.bias', '1.running_mean', '1.running_var', '1.num_batches_tracked'
    ]  # fmt: skip
    assert choices.rows() == choose(arrays, sqnr=30).rows()
    assert choose(dict(network.named_parameters()), sqnr=30).rows() == choices.rows()[:4]


@pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')  # Keras' own
@pytest.mark.parametrize('overflow', ['SAT', 'WRAP'])
@pytest.mark.parametrize('initial', ['spec', 'data'])
@pytest.mark.parametrize('options', [{}, {'granularity': 'element'}, {'axes': (2,)}], ids=str)
def test_modules_of_pytorch_learn_as_layers_of_keras_do(options, initial, overflow):
    """Results, gradients, bits and where widths start, in steps that leave the bounds."""
    spec = FixedQ(6, 2, True, 'RND', overflow)
    options = {**options, 'initial': initial, 'f_bounds': (0, 5)}
    layer, module = layers.LearnedFixed(spec, **options), modules.LearnedFixed(spec, **options, input_shape=(8, 3, 4))
    layer.build((8, 3, 4))
    rng = np.random.default_rng(0)
    for scale in (1, 8, 0.1):
        x = torch.tensor(rng.normal(0, scale, (8, 3, 4)), dtype=torch.float32)
        results = layer(x, training=True), module(x)
        torch.testing.assert_close(*results, rtol=0, atol=0)
        for result, bits, own in ((results[0], layer.bits, layer), (results[1], module.bits, module)):
            own.zero_grad()
            (result.square().sum() + bits).backward()
        for name, variable in zip('if', layer._learned, strict=True):
            learned = getattr(module, name)
            if learned.requires_grad:
                torch.testing.assert_close(variable.value.grad, learned.grad)
            with torch.no_grad():
                moved = rng.normal(0, 3, learned.shape)
                learned.copy_(torch.tensor(moved))
                variable.assign(moved)
        np.testing.assert_array_equal(layer.kif, module.kif)
        assert layer.bits == module.bits
        torch.testing.assert_close(layer(x, training=False), module.eval()(x), rtol=0, atol=0)
        module.train()
