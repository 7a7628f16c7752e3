"""Modules of PyTorch: what they compute and learn, and what PyTorch does with every module."""

from __future__ import annotations

import copy
import io
import socket

import numpy as np
import pytest
import torch
from torch.nn import functional
from torch.nn.utils import parametrize

from quantizers import BinaryQ, FixedQ, MinifloatQ, TernaryQ, get_fixed_quantizer
from quantizers.torch import LearnedFixed, Quantize, QuantizedConv2d, QuantizedLinear, bit_cost, learned_modules

SPEC = FixedQ(6, 2, True, 'RND', 'SAT')
X = torch.tensor(np.random.default_rng(0).normal(0, 2, (16, 5)), dtype=torch.float32)
LN2 = np.log(2)


def weight_widths(**options):
    return LearnedFixed(SPEC, batch_axis=None, **options)


def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        LearnedFixed(SPEC, initial='data', granularity='channel', input_shape=(None, 5), beta=1e-3),
        QuantizedLinear(5, 4, weight_quantizer=weight_widths(granularity='channel'), bias_quantizer=MinifloatQ(3, 4)),
        torch.nn.ReLU(),
        QuantizedLinear(4, 2, weight_quantizer=BinaryQ()),
    )


def moved(module):
    """The widths, off the numbers that they start from, so that a copy shows."""
    with torch.no_grad():
        for learned in learned_modules(module):
            learned.i += 0.7
            learned.f -= 1.2
    return module


def step(module, x):
    """A result and the gradients of all parameters."""
    module.zero_grad()
    result = module(x)
    (result.square().sum() + bit_cost(module)).backward()
    return result.detach(), [parameter.grad.clone() for parameter in module.parameters() if parameter.requires_grad]


# What they compute ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('spec', [SPEC, FixedQ(6, 2), MinifloatQ(2, 3), BinaryQ(), TernaryQ()], ids=repr)
def test_a_given_format(spec):
    module = Quantize(spec)
    assert torch.equal(module(X), spec(X, training=True))
    assert torch.equal(module.eval()(X), spec(X))
    assert Quantize(spec.get_config()).spec == spec
    assert repr(module) == f'Quantize({spec!r})'
    assert module.state_dict() == {}


def test_a_stochastic_format_draws_from_the_numbers_of_pytorch():
    module, x = Quantize(FixedQ(8, 8, True, 'S_RND', 'SAT')), torch.full((1000,), 0.3)
    torch.manual_seed(3)
    first, second = module(x), module(x)
    torch.manual_seed(3)
    assert torch.equal(module(x), first)
    assert not torch.equal(first, second)
    assert torch.equal(module.eval()(x), torch.zeros(1000))
    learned = LearnedFixed(FixedQ(8, 8, True, 'S_RND', 'SAT'))
    torch.manual_seed(3)
    assert torch.equal(learned(x), first)


GRANULARITIES = {
    'tensor': ({}, ()),
    'channel': ({'granularity': 'channel'}, (3, 1)),
    'element': ({'granularity': 'element'}, (3, 4)),
    'axes': ({'axes': [2]}, (4,)),
}


@pytest.mark.parametrize('overflow', ['SAT', 'SAT_SYM', 'WRAP', 'WRAP_SM'])
@pytest.mark.parametrize('name', GRANULARITIES)
def test_learned_widths_are_the_formats_they_give(name, overflow):
    options, shape = GRANULARITIES[name]
    module = LearnedFixed(FixedQ(6, 3, True, 'RND', overflow), **options, input_shape=(None, 3, 4)).eval()
    rng = np.random.default_rng(0)
    with torch.no_grad():
        module.i += torch.tensor(rng.uniform(-3, 2, shape)).float()
        module.f += torch.tensor(rng.uniform(-3, 2, shape)).float()
    x = torch.tensor(rng.normal(0, 3, (50, 3, 4)), dtype=torch.float32)
    specs = np.broadcast_to(np.array(module.to_specs(), object), (3, 4))
    result = module(x)
    bits = 0
    for at, spec in np.ndenumerate(specs):
        expected = torch.zeros(50) if spec is None else spec(x[:, at[0], at[1]])
        assert torch.equal(result[:, at[0], at[1]], expected)
        bits += 0 if spec is None else spec.bits
    assert module.bits == bits
    assert module.to_dict()['bits'] == bits


def test_gradients_to_widths_are_those_of_the_laws():
    module = LearnedFixed(SPEC)
    x = X.clone().requires_grad_()
    (module(x) * torch.arange(80.0).reshape(16, 5)).sum().backward()
    g, inside = torch.arange(80.0).reshape(16, 5), (float(SPEC.min) <= X) & (float(SPEC.max) >= X)
    assert torch.equal(x.grad, g * inside)
    q = SPEC(X)
    to_f = torch.where(inside, LN2 * (X - q), torch.where(X > 0, LN2 * 2.0**-SPEC.f, 0))
    to_i = torch.where(inside, 0, LN2 * 2.0**SPEC.i * torch.where(X > 0, 1, -1))
    torch.testing.assert_close(module.f.grad, (g * to_f).sum().float(), rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(module.i.grad, (g * to_i).sum().float(), rtol=1e-5, atol=1e-4)
    module.zero_grad()
    module.bits.backward()
    assert (module.i.grad, module.f.grad) == (5, 5)  # elements of a sample


@pytest.mark.parametrize('overflow', ['SAT', 'WRAP'])
def test_data_choose_the_start_once(overflow):
    module = LearnedFixed(
        FixedQ(6, 2, True, 'RND', overflow), initial='data', granularity='channel', input_shape=[1, 5]
    )
    assert module.i.requires_grad == (overflow == 'SAT')
    x = X * torch.tensor([0.1, 1, 10, 0, 100])
    module.eval()(x)
    assert module.kif[1].tolist() == [1] * 5
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    module.train()(x)
    assert module.kif[1].tolist() == [1] * 5  # frozen
    module.f.requires_grad_()
    module(x)
    k, i, f = module.kif
    peaks = x.abs().amax(0).numpy()
    expected = np.where(peaks > 0, np.floor(np.log2(np.where(peaks > 0, peaks, 1))) + 1, 1)
    assert i.tolist() == expected.tolist()
    assert (k + i + f).tolist() == [6] * 5
    module(8 * x)
    rises = 3 * (peaks > 0) if overflow == 'WRAP' else 0
    assert (module.kif[1] - i).tolist() == (np.zeros(5) + rises).tolist()


def test_an_optimizer_is_held_within_the_bounds():
    module = LearnedFixed(SPEC, f_bounds=(2, 5))
    with torch.no_grad():
        module.f += 100
    assert module.kif[2] == 5
    module(X)
    assert module.f_start + module.f == 5


def test_bits_that_cost_go_where_they_are_worth_it():
    """The label depends on the first two inputs alone."""

    def learned(beta):
        torch.manual_seed(0)
        inputs = LearnedFixed(SPEC, granularity='channel', input_shape=(None, 5), beta=beta)
        module = torch.nn.Sequential(inputs, QuantizedLinear(5, 1, weight_quantizer=FixedQ(8, 2, True, 'RND', 'SAT')))
        optimizer = torch.optim.Adam(module.parameters(), 0.05)
        for _ in range(80):
            optimizer.zero_grad()
            loss = functional.mse_loss(module(X), X[:, :2].sum(1, keepdim=True))
            (loss + bit_cost(module)).backward()
            optimizer.step()
        return float(loss.detach()), sum(inputs.kif)

    (free_loss, free), (paid_loss, paid) = learned(0.0), learned(0.02)
    assert max(free_loss, paid_loss) < 0.1
    assert paid.sum() < free.sum()
    assert paid[2:].max() < paid[:2].min()


def test_quantized_weights():
    for spec in (SPEC, MinifloatQ(2, 3), BinaryQ()):
        linear = QuantizedLinear(5, 3, weight_quantizer=spec, bias_quantizer=SPEC)
        assert torch.equal(linear(X), functional.linear(X, spec(linear.weight), SPEC(linear.bias)))
        conv = QuantizedConv2d(2, 3, 3, stride=2, padding=1, weight_quantizer=spec, bias_quantizer=SPEC)
        x = torch.randn(2, 2, 8, 8)
        expected = functional.conv2d(x, spec(conv.weight), SPEC(conv.bias), 2, 1)
        assert torch.equal(conv(x), expected)
    plain = torch.nn.Linear(5, 3)
    without = QuantizedLinear(5, 3, bias=False, weight_quantizer=weight_widths(granularity='channel'))
    assert without.weight_quantizer.kif[1].shape == (3, 1)  # of each output
    assert without.weight_quantizer.bits == 15 * SPEC.bits
    assert without.quantized_bias is None
    assert torch.equal(QuantizedLinear(5, 3).requires_grad_(False).eval()(X) * 0, torch.zeros(16, 3))
    quantized = QuantizedLinear(5, 3, weight_quantizer=SPEC)
    quantized.load_state_dict(plain.state_dict())
    assert torch.equal(quantized.quantized_weight, SPEC(plain.weight))


# What PyTorch does with modules ---------------------------------------------------------------------------------------


def test_state_and_copies():
    module = network()
    step(module, X)
    module = moved(module)
    fresh = network()
    with io.BytesIO() as file:
        torch.save(module.state_dict(), file)
        file.seek(0)
        fresh.load_state_dict(torch.load(file, weights_only=True))
    for other in (copy.deepcopy(module), fresh):
        assert repr(other) == repr(module)
        result, gradients = step(other, X)
        expected, wanted = step(copy.deepcopy(module), X)
        assert torch.equal(result, expected)
        assert all(map(torch.equal, gradients, wanted))
    assert set(learned_modules(copy.deepcopy(module))).isdisjoint(learned_modules(module))


def test_devices_and_dtypes():
    module = moved(network())
    widths = [each.kif for each in learned_modules(module)]
    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        other = copy.deepcopy(module).to(dtype)
        assert other[1].weight.dtype == dtype
        assert {each.i.dtype for each in learned_modules(other)} == {torch.float32}
        assert [np.array_equal(each.kif, kif) for each, kif in zip(learned_modules(other), widths, strict=True)]
        result, _ = step(other.eval(), X.to(dtype))
        assert result.dtype == dtype
    with torch.device('meta'):
        bare = network()
    assert {tensor.device.type for tensor in bare.state_dict().values()} == {'meta'}
    assert {tensor.device.type for tensor in module.to('meta').state_dict().values()} == {'meta'}
    assert module(X.to('meta')).shape == (16, 2)
    bare = bare.to_empty(device='cpu')
    bare.load_state_dict(network().state_dict())
    assert torch.equal(bare.eval()(X), network().eval()(X))


def test_autocast_casts_what_was_quantized():
    linear = QuantizedLinear(5, 3, weight_quantizer=weight_widths(granularity='channel'), bias=False)
    with torch.autocast('cpu', torch.bfloat16):
        result = linear(X)
    assert result.dtype == torch.bfloat16
    assert torch.equal(result, functional.linear(X.bfloat16(), linear.quantized_weight.bfloat16()))
    result.float().sum().backward()
    assert linear.weight.grad.dtype == linear.weight_quantizer.f.grad.dtype == torch.float32


def test_the_weight_of_any_layer_is_parametrized():
    lstm = torch.nn.LSTM(5, 4)
    weight = lstm.weight_hh_l0.detach().clone()
    parametrize.register_parametrization(lstm, 'weight_hh_l0', Quantize(SPEC))
    learned = LearnedFixed(SPEC, batch_axis=None, granularity='channel', input_shape=lstm.weight_ih_l0.shape)
    parametrize.register_parametrization(lstm, 'weight_ih_l0', learned)
    assert torch.equal(lstm.weight_hh_l0, SPEC(weight))
    lstm(X)[0].sum().backward()
    assert learned.f.grad.abs().sum() > 0
    parametrize.remove_parametrizations(lstm, 'weight_hh_l0')
    assert torch.equal(lstm.weight_hh_l0, SPEC(weight))


@pytest.mark.parametrize('training', [True, False])
def test_one_graph(training):
    """`torch.compile` without a break: the same results, gradients and state."""
    torch._dynamo.reset()
    module = moved(network()).train(training)
    other = copy.deepcopy(module)
    compiled = torch.compile(module, backend='aot_eager', fullgraph=True)
    for _ in range(2):
        result = compiled(X)
        result.square().sum().backward()
        expected = other(X)
        expected.square().sum().backward()
        torch.testing.assert_close(result, expected, rtol=0, atol=0)
    for (name, parameter), own in zip(module.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(parameter.grad, own.grad, msg=name)
    for (name, buffer), own in zip(module.named_buffers(), other.buffers(), strict=True):
        assert torch.equal(buffer, own), name


def test_stochastic_rounding_in_one_graph():
    torch._dynamo.reset()
    module = Quantize(FixedQ(8, 8, True, 'S_RND', 'SAT'))
    compiled = torch.compile(module, backend='aot_eager', fullgraph=True)
    x = torch.full((1000,), 0.3)
    first, second = compiled(x), compiled(x)
    assert set(first.tolist()) == set(second.tolist()) == {0, 1}
    assert not torch.equal(first, second)


def test_export():
    module = moved(network()).eval()
    exported = torch.export.export(module, (X,))
    assert torch.equal(exported.module()(X), module(X))
    assert torch.equal(exported.module()(3 * X), module(3 * X))


def parallel(rank, port, results):
    torch.distributed.init_process_group('gloo', init_method=f'tcp://127.0.0.1:{port}', rank=rank, world_size=2)
    module = torch.nn.parallel.DistributedDataParallel(network())
    optimizer = torch.optim.SGD(module.parameters(), 0.1)
    for _ in range(3):
        optimizer.zero_grad()
        (module(X[rank::2] * (1 + 3 * rank)).square().mean() + bit_cost(module)).backward()
        optimizer.step()
    module(X[rank::2])
    results.put({name: tensor.detach().numpy() for name, tensor in module.module.state_dict().items()})
    results.close()
    results.join_thread()
    torch.distributed.destroy_process_group()


def test_processes_in_parallel_learn_the_same():
    with socket.socket() as found:
        found.bind(('127.0.0.1', 0))
        port = found.getsockname()[1]
    context = torch.multiprocessing.get_context('spawn')
    queue = context.Queue()
    processes = [context.Process(target=parallel, args=(rank, port, queue)) for rank in range(2)]
    for process in processes:
        process.start()
    states = [queue.get(timeout=120) for _ in processes]
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert states[0].keys() == states[1].keys()
    for name, array in states[0].items():
        np.testing.assert_allclose(array, states[1][name], rtol=1e-6, err_msg=name)


# What is refused ------------------------------------------------------------------------------------------------------


def test_refusals():
    cases = {
        r"^'spec' must be a FixedQ, .*: MinifloatQ\(3, 4\)$": lambda: LearnedFixed(MinifloatQ(3, 4)),
        r"^'spec' must be a .*: 3$": lambda: Quantize(3),
        r"^'initial' must be 'spec' or 'data': 'zeros'$": lambda: LearnedFixed(initial='zeros'),
        r"^'granularity' must be one of tensor, channel, element: 'row'$": lambda: LearnedFixed(granularity='row'),
        r'^axes with bit widths of their own': lambda: LearnedFixed(granularity='channel', input_shape=(None, None)),
        r"^'input_shape' must be given, or build": lambda: LearnedFixed(granularity='channel')(X),
        r"^'input_shape' must be given, or the module called": lambda: LearnedFixed().bits,
        r"^'weight_quantizer' must be made with batch_axis=None": lambda: QuantizedLinear(
            5, 3, weight_quantizer=LearnedFixed()
        ),
        r"^'bias_quantizer' must be a spec, a module or None: 'fixed'$": lambda: QuantizedConv2d(
            2, 3, 3, bias_quantizer='fixed'
        ),
        r"^'module' must have a LearnedFixed that is trained: Linear": lambda: bit_cost(torch.nn.Linear(2, 3)),
    }
    for message, call in cases.items():
        with pytest.raises((TypeError, ValueError), match=message):
            call()
    assert torch.equal(get_fixed_quantizer('RND', 'SAT')(X, 1, 1, 4), LearnedFixed(SPEC).eval()(X))
