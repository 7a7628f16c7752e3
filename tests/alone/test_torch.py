"""PyTorch alone: `torch.func`, compilation in one graph, generators, default dtypes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from quantizers import BinaryQ, FixedQ, MinifloatQ, PerChannel, TernaryQ, get_fixed_quantizer
from quantizers.backends.torch import library
from quantizers.torch import LearnedFixed, Quantize, QuantizedLinear, bit_cost

SPEC = FixedQ(6, 3, True, 'RND', 'SAT')
X = torch.tensor(np.random.default_rng(0).normal(0, 3, (8, 6)), dtype=torch.float32)
quantize = get_fixed_quantizer('RND', 'SAT')


@pytest.mark.parametrize('spec', [SPEC, FixedQ(6, 3), MinifloatQ(2, 3), TernaryQ()], ids=repr)
def test_transformations_of_a_format(spec):
    expected = spec(X)
    assert torch.equal(torch.func.vmap(spec)(X), expected)
    slope = torch.func.grad(lambda x: spec(x).sum())(X)
    leaf = X.clone().requires_grad_()
    (plain,) = torch.autograd.grad(spec(leaf).sum(), leaf)
    torch.testing.assert_close(slope, plain)  # of which NumPy computes the second
    torch.testing.assert_close(torch.func.vmap(torch.func.grad(spec))(X[0]), slope[0])
    assert torch.equal(torch.func.jvp(spec, (X,), (torch.ones_like(X),))[1], slope)


@pytest.mark.parametrize('made_inside', [False, True])
def test_formats_of_channels_in_one_graph(made_inside):
    specs = (SPEC, MinifloatQ(2, 3), BinaryQ(), SPEC, BinaryQ(), SPEC)
    formats = PerChannel(1, specs)

    def call(x):
        return (PerChannel(1, specs) if made_inside else formats)(x) * 2

    compiled = torch.compile(call, backend='aot_eager', fullgraph=True)
    x, other = (X.clone().requires_grad_() for _ in range(2))
    result, expected = compiled(x), 2 * formats(other)
    assert torch.equal(result, expected)
    result.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(x.grad, other.grad)


@pytest.mark.filterwarnings('ignore:The .grad attribute')  # of PyTorch, where it leaves a graph
def test_a_release_that_loses_gradients_in_graphs_has_none_of_them_there(monkeypatch):
    """Of PyTorch before 2.12, by its own way with this release."""
    monkeypatch.setattr(library, '_apply', library._outside_of_graphs(library.Differentiable.apply))
    x, other = (X.clone().requires_grad_() for _ in range(2))
    torch.compile(lambda x: SPEC(x) * 2, backend='aot_eager')(x).sum().backward()
    (SPEC(other) * 2).sum().backward()
    torch.testing.assert_close(x.grad, other.grad)
    with pytest.raises(torch._dynamo.exc.Unsupported, match='compile without fullgraph=True'):
        torch.compile(lambda x: SPEC(x) * 3, backend='aot_eager', fullgraph=True)(x)


def test_modules():
    """What they do beyond is in `tests/training`."""
    module = torch.nn.Sequential(
        LearnedFixed(SPEC, granularity='channel', input_shape=(None, 6), beta=0.1),
        QuantizedLinear(6, 3, weight_quantizer=LearnedFixed(SPEC, batch_axis=None), bias_quantizer=Quantize(SPEC)),
    )
    (module(X).sum() + bit_cost(module)).backward()
    assert all(parameter.grad is not None for parameter in module.parameters())
    expected = torch.nn.functional.linear(SPEC(X), SPEC(module[1].weight), SPEC(module[1].bias))
    assert torch.equal(module.eval()(X), expected)


def test_a_generator_draws():
    spec, x = FixedQ(8, 8, True, 'S_RND', 'SAT'), torch.full((1000,), 0.3)
    one, other = (torch.Generator().manual_seed(7) for _ in range(2))
    results = [spec(x, training=True, seed_gen=one) for _ in range(3)]
    assert len({result.numpy().tobytes() for result in results}) == 3
    assert torch.equal(spec(x, training=True, seed_gen=other), results[0])
    assert torch.equal(spec(x, training=True, seed_gen=7), spec(x, training=True, seed_gen=7))
    torch.manual_seed(7)
    assert torch.equal(spec(x, training=True, seed_gen=torch.default_generator), results[0])


def test_the_dtype_of_integers_is_the_default_one():
    assert SPEC(torch.arange(3)).dtype == torch.float32
    torch.set_default_dtype(torch.float64)
    try:
        assert SPEC(torch.arange(3)).dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
