"""What `torch.compile` makes of quantizers on a device with kernels: one graph that calls them, with equal bits."""

from __future__ import annotations

import copy
import io
import warnings
from typing import Any

import pytest
import torch

from oracles.devices import DEVICE
from quantizers import BinaryQ, FixedQ, MinifloatQ, PerChannel, TernaryQ, float_quantize, formats, get_fixed_quantizer
from quantizers.torch import LearnedFixed, Quantize, QuantizedConv2d, QuantizedLinear, bit_cost

SPEC = FixedQ(8, 3, True, 'RND', 'SAT')
CHANNELS = PerChannel(0, [SPEC, MinifloatQ(2, 3), BinaryQ(), SPEC])
RND, WRAP = get_fixed_quantizer('RND_CONV', 'SAT'), get_fixed_quantizer('RND', 'WRAP')
DRAWN = get_fixed_quantizer('S_RND', 'WRAP_SM')
# as C++ would take half a minute for each
BACKEND = 'inductor' if DEVICE == 'cuda' else 'aot_eager'


def numbers(*shape: int) -> Any:
    return (torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 3).to(DEVICE)


def width(number: float, *shape: int) -> Any:
    return torch.full(shape, float(number), device=DEVICE)


LAST = numbers(2, 3, 4, 5).to(memory_format=torch.channels_last)
FUNCTIONS = {
    'a format': (SPEC, numbers(4, 6)),
    'made inside': (lambda x: FixedQ(6, 2, True, 'TRN', 'SAT_SYM')(x) + 0, numbers(4, 6)),
    'minifloat': (MinifloatQ(2, 3), numbers(4, 6)),
    'binary': (BinaryQ(), numbers(4, 6)),
    'ternary': (TernaryQ(), numbers(4, 6)),
    'FP8': (formats.E4M3FN, numbers(4, 6)),
    'channels': (CHANNELS, numbers(4, 6)),
    'widths': (lambda x, i, f: RND(x, 1, i, f), numbers(4, 6), width(2, 6), width(3, 6)),
    'minifloat by widths': (float_quantize, numbers(4, 6), width(2, 4, 1), width(3), width(0, 6)),
    'drawn': (lambda x, f: DRAWN(x, 1, 1, f, True, 5), numbers(4, 6), width(2)),
    'WRAP in training': (lambda x, i, f: WRAP(x, 1, i, f, True), numbers(4, 6), width(2), width(3)),
    'channels last': (
        lambda x, f: RND(x, 1, 2, f),
        numbers(2, 3, 4, 5).to(memory_format=torch.channels_last),
        width(3),
    ),
    'with gaps': (lambda x, f: RND(x[..., ::2].transpose(0, 1), 1, 2, f), numbers(2, 3, 4), width(3, 2, 1)),
    'broadcast': (lambda x, f: RND(x, 1, 2, f), numbers(5), width(3, 4, 1)),
    'empty': (lambda x, f: RND(x, 1, 2, f), numbers(0, 5), width(3, 5)),
    'float16': (lambda x, f: RND(x, 1, 2, f), numbers(5).half(), width(3)),
}


@pytest.mark.parametrize('name', FUNCTIONS)
def test_bits_and_gradients_in_one_graph(name):
    function, *tensors = FUNCTIONS[name]
    SPEC(numbers(3))
    torch._dynamo.reset()
    graphs: list[Any] = []

    def seen(graph: Any, examples: Any) -> Any:
        graphs.append(graph)
        return torch._dynamo.lookup_backend(BACKEND)(graph, examples)

    both = []
    for call in (torch.compile(function, backend=seen, fullgraph=True), function):
        leaves = [tensor.clone().requires_grad_() for tensor in tensors]
        result = call(*leaves)
        g = torch.linspace(-1, 2, result.numel(), device=DEVICE).reshape(result.shape).to(result.dtype)
        found = torch.autograd.grad(result, leaves, g, allow_unused=True, materialize_grads=True)
        both.append([result, *found])
    for one, other in zip(*both, strict=True):
        assert torch.equal(one, other)
        assert one.dtype == other.dtype
    assert 'quantizers.quantize' in '\n'.join(graph.code for graph in graphs)


def test_operators_are_as_pytorch_wants_them():
    """Their shapes and strides without numbers, and their gradients, by PyTorch's own tests of operators."""
    from quantizers.backends.torch.operator import _named, _quantize

    law = get_fixed_quantizer('RND', 'SAT').law
    fields = [getattr(law, name) for name in type(law).__dataclass_fields__]
    name = _named(type(law), 'float32', ('i', 'f'), (1,), *fields)
    for x in (numbers(4, 6), LAST, numbers(4, 6)[:, ::2], numbers(6)[None].expand(4, 6)):
        widths = [width(2).requires_grad_(), width(3, x.shape[-1]).requires_grad_()]
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            torch.library.opcheck(_quantize, (name, x.detach().requires_grad_(), widths, None))
            torch.library.opcheck(_quantize, (name, x, [w.detach() for w in widths], torch.tensor(3, device=DEVICE)))


def test_a_draw_for_each_call():
    torch._dynamo.reset()
    x = width(0.3, 200)
    of = torch.default_generator
    spec = FixedQ(8, 8, True, 'S_RND', 'SAT')
    compiled = torch.compile(lambda x: spec(x, training=True, seed_gen=of), backend=BACKEND, fullgraph=True)
    first, second = compiled(x), compiled(x)
    assert not torch.equal(first, second)
    assert set(first.tolist()) == {0, 1}


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        QuantizedConv2d(3, 4, 3, weight_quantizer=LearnedFixed(SPEC, batch_axis=None), bias_quantizer=Quantize(SPEC)),
        LearnedFixed(SPEC, granularity='channel', input_shape=(None, 4, 4, 4), beta=0.1),
        torch.nn.Flatten(),
        QuantizedLinear(64, 2, weight_quantizer=MinifloatQ(2, 3)),
    ).to(DEVICE)


def test_a_network_is_trained_saved_and_compiled():
    module, x = network(), numbers(2, 3, 6, 6)
    optimizer = torch.optim.SGD(module.parameters(), 0.01)
    for _ in range(2):
        optimizer.zero_grad()
        (module(x).square().mean() + bit_cost(module)).backward()
        optimizer.step()
    module.eval()
    expected = module(x)
    file = io.BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    other = network().eval()
    assert not torch.equal(other(x), expected)
    other.load_state_dict(torch.load(file, map_location=DEVICE))
    assert torch.equal(other(x), expected)
    assert torch.equal(copy.deepcopy(module)(x), expected)
    torch._dynamo.reset()
    assert torch.equal(torch.compile(module, backend=BACKEND, fullgraph=True)(x), expected)
    # an exported program is to run where this library is not
    exported = torch.export.export(module, (x,), strict=False)
    assert 'quantizers' not in str(exported.graph)
    assert torch.equal(exported.module()(x), expected)
