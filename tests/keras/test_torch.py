"""PyTorch: devices, compilation of everything in one graph, inputs that need a gradient."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from surrogates import numbers

from quantizers import BinaryQ, FixedQ, MinifloatQ, TernaryQ

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


def test_keras_may_be_imported_while_a_graph_is_made():
    """The first call ever may be that of a compiled function."""
    code = """
import torch
from quantizers import FixedQ
print(torch.compile(FixedQ(8, 3, True, 'RND', 'SAT'), dynamic=False)(torch.ones(1) * 1.02).item())
"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == '1.03125', done.stderr[-2000:]
