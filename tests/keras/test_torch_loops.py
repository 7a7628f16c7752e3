"""PyTorch's tensors as arrays, by loops and by ufuncs: the bits and gradients of its own functions, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

import quantizers as q
from quantizers.backends.numpy import binding
from quantizers.backends.numpy import call as ufuncs
from quantizers.backends.program import compiled
from quantizers.backends.torch import arrays as torch_arrays
from quantizers.backends.torch import function as torch_function
from quantizers.backends.worth import WorthWhile

SHAPES = [
    ((6, 8), ()),
    ((6, 8), (8,)),
    ((6, 8), (6, 1)),
    ((6, 8), (6, 8)),
    ((4, 3, 5), (3, 1)),
    ((8,), (6, 8)),
    ((4, 3, 5), (4, 1, 5)),
]
MODES = [('RND', 'SAT'), ('TRN', 'WRAP'), ('RND_CONV', 'SAT_SYM'), ('RND', 'WRAP_SM'), ('TRN', 'SAT_ZERO')]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing counted yet, and the setting read anew."""
    monkeypatch.setattr(torch_arrays, '_worth_while', WorthWhile())
    yield
    monkeypatch.undo()
    binding._setting.cache_clear()


def choose(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv(binding.SETTING, setting)
    binding._setting.cache_clear()


def both_ways(function: Callable[..., Any], shape: tuple[int, ...], widths: list[Any], dtype: Any) -> list[Any]:
    """The result, and the gradients to all that is a tensor."""
    rng = np.random.default_rng(1)
    x = torch.tensor(rng.normal(size=shape) * 4, dtype=dtype, requires_grad=True)
    tensors = [torch.tensor(width, requires_grad=True) for width in widths]
    result = function(x, *tensors)
    g = torch.tensor(rng.normal(size=result.shape), dtype=dtype)
    return [result, *torch.autograd.grad(result, [x, *tensors], g, allow_unused=True)]


def compare(
    monkeypatch: pytest.MonkeyPatch,
    function: Callable[..., Any],
    shape: tuple[int, ...],
    widths: list[Any],
    dtype: Any = torch.float32,
) -> None:
    calls: list[Any] = []
    made = torch_arrays.ArrayCall.__init__
    monkeypatch.setattr(torch_arrays.ArrayCall, '__init__', lambda *arguments: (calls.append(1), made(*arguments))[1])
    choose(monkeypatch, 'plain')
    with monkeypatch.context() as without:
        without.setattr(torch_function, 'array_call', lambda *_: None)  # PyTorch's own functions
        own = both_ways(function, shape, widths, dtype)
    assert not calls
    for setting in ('plain', 'compiled'):
        choose(monkeypatch, setting)
        calls.clear()
        other = both_ways(function, shape, widths, dtype)
        assert calls
        assert torch.equal(own[0], other[0])
        assert [gradient is None for gradient in other] == [gradient is None for gradient in own]
        pairs = [pair for pair in zip(own[1:], other[1:], strict=True) if pair[0] is not None]
        for expected, gradient in pairs:
            assert (gradient.shape, gradient.dtype) == (expected.shape, expected.dtype)
            torch.testing.assert_close(gradient, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('modes', MODES)
@pytest.mark.parametrize(('shape', 'own'), SHAPES)
def test_fixed_point(monkeypatch, modes, shape, own):
    rng = np.random.default_rng(0)
    i, f = (rng.integers(-1, 4, own).astype(np.float32) for _ in 'if')
    quantize = q.get_fixed_quantizer(*modes)
    compare(monkeypatch, lambda x, i, f: quantize(x, 1, i, f), shape, [i, f])
    compare(monkeypatch, lambda x, i, f: quantize(x, 1, i, f, True), shape, [i, f])
    compare(monkeypatch, quantize, shape, [np.ones(own, np.float32), i, f])


@pytest.mark.parametrize('own', [(), (8,), (6, 8)])
def test_minifloats(monkeypatch, own):
    rng = np.random.default_rng(0)
    m, e, e0 = (rng.integers(1, 4, own).astype(np.float32) for _ in range(3))
    compare(monkeypatch, q.float_quantize, (6, 8), [m, e, e0])


@pytest.mark.parametrize('dtype', [torch.float64, torch.float16, torch.bfloat16])
def test_dtypes(monkeypatch, dtype):
    compare(monkeypatch, lambda x, f: q.get_fixed_quantizer('RND', 'SAT')(x, 1, 2, f), (6, 8), [np.float32(3)], dtype)


def test_low_bits_and_specs(monkeypatch):
    for function in (q.binary_quantize, q.ternary_quantize, q.FixedQ(8, 3, True, 'RND', 'SAT'), q.MinifloatQ(3, 4)):
        compare(monkeypatch, function, (6, 8), [])


def test_widths_that_are_stretched_without_memory(monkeypatch):
    """Their own gradient has a number for each element."""

    def quantize(x: Any, f: Any) -> Any:
        return q.get_fixed_quantizer('RND', 'SAT')(x, 1, 2, f.expand(6, 8))

    compare(monkeypatch, quantize, (6, 8), [np.arange(8, dtype=np.float32)])


def test_a_width_that_is_nan_and_second_derivatives_take_the_plain_way(monkeypatch):
    choose(monkeypatch, 'compiled')
    quantize = q.get_fixed_quantizer('RND', 'SAT')
    assert torch.isnan(quantize(torch.ones(3), 1, 2, torch.tensor(float('nan')))).all()
    x, f = torch.full((3,), 0.3, requires_grad=True), torch.tensor(2.0, requires_grad=True)
    (first,) = torch.autograd.grad((quantize(x, 1, 2, f) ** 2).sum(), f, create_graph=True)
    (second,) = torch.autograd.grad(first, x)
    assert torch.isfinite(second).all()
    assert second.abs().min() > 0


def test_a_loop_is_compiled_when_it_is_worth_while(monkeypatch):
    """Not for the first small calls, which would wait for it; for a large tensor at once."""
    monkeypatch.delenv(binding.SETTING, raising=False)
    binding._setting.cache_clear()
    bindings: list[Any] = []
    for of in (ufuncs, compiled):
        made = of.Call.__init__
        monkeypatch.setattr(of.Call, '__init__', lambda *_, of=of, made=made: (bindings.append(of), made(*_))[1])
    quantize = q.get_fixed_quantizer('RND', 'SAT')
    x = torch.ones(100)
    for _ in range(50):
        quantize(x, 1, 2, 3)
    assert bindings == [ufuncs] * 50
    quantize(torch.ones(binding.COMPILED_FROM), 1, 2, 3)
    assert bindings[-1] is compiled
    for _ in range(250):
        quantize(x, 1, 2, 3)
    assert bindings[-1] is compiled


@pytest.mark.parametrize('setting', ['plain', 'compiled'])
def test_tensors_whose_memory_says_otherwise(setting, monkeypatch):
    """A sign that is turned when it is read, and zeros without memory."""
    choose(monkeypatch, setting)
    spec = q.FixedQ(8, 3, True, 'RND', 'SAT')
    turned = torch.tensor([1.1 + 2.3j, -3.0 + 0.3j]).conj().imag
    assert turned.is_neg()
    assert torch.equal(spec(turned), spec(turned.clone()))
    assert torch.equal(spec(torch._efficientzerotensor((2,))), torch.zeros(2))
    x = torch.ones(2, requires_grad=True)
    (gradient,) = torch.autograd.grad(spec(x), x, turned)
    assert torch.equal(gradient, turned.clone())


@pytest.mark.parametrize('setting', ['plain', 'compiled'])
@pytest.mark.parametrize('overflow', ['WRAP', 'WRAP_SM'])
def test_no_gradient_of_a_finite_number_is_infinite(overflow, setting, monkeypatch):
    choose(monkeypatch, setting)
    x, f = torch.tensor([1e30, 3e37, 0.3], requires_grad=True), torch.tensor(37.0, requires_grad=True)
    for array_call in (torch_function.array_call, lambda *_: None):
        monkeypatch.setattr(torch_function, 'array_call', array_call)
        (gradient,) = torch.autograd.grad(q.get_fixed_quantizer('RND', overflow)(x, 1, 4, f).sum(), f)
        assert abs(gradient) < 1e-6
