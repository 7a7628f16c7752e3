"""What no interpreter has: streams, captured graphs, the memory of a device."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from quantizers import FixedQ, get_fixed_quantizer

SPEC = FixedQ(8, 3, True, 'RND', 'SAT')
quantize = get_fixed_quantizer('S_RND', 'SAT')


def test_a_captured_graph():
    """Forward and backward, with new numbers, widths and draws at each replay."""
    x, f = (
        torch.randn(64, 32, device='cuda', requires_grad=True),
        torch.full((32,), 3.0, device='cuda', requires_grad=True),
    )
    generator = torch.Generator('cuda').manual_seed(0)

    def step():
        result = quantize(x, 1, 2, f, training=True, seed_gen=generator)
        return result, torch.autograd.grad(result.sum(), (x, f))

    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    graph.register_generator_state(generator)
    with torch.cuda.graph(graph):
        result, gradients = step()
    results = []
    for bits in (3, 3, 1):
        with torch.no_grad():
            f.fill_(bits)
        graph.replay()
        results.append(result.clone())
        assert bool((result * 2**bits == (result * 2**bits).round()).all())
        assert all(bool(gradient.isfinite().all()) for gradient in gradients)
    assert not torch.equal(results[0], results[1])


def test_memory_beside_the_input_and_the_result():
    """At most a hundredth of the input, with widths of channels in the middle."""
    x = torch.randn(64, 128, 64, 64, device='cuda', requires_grad=True)
    i, f = (torch.full((128, 1, 1), width, device='cuda', requires_grad=True) for width in (2.0, 3.0))
    call = get_fixed_quantizer('RND', 'SAT')
    call(x, 1, i, f).sum().backward()
    x.grad = i.grad = f.grad = None
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    result = call(x, 1, i, f)
    assert torch.cuda.max_memory_allocated() - before <= 1.01 * x.nbytes
    g = torch.ones_like(result)
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    result.backward(g)
    assert torch.cuda.max_memory_allocated() - before <= 1.01 * x.nbytes


@pytest.mark.parametrize('number', range(2))
def test_a_device_that_is_not_the_current_one(number):
    if number >= torch.cuda.device_count():
        SPEC(torch.ones(3, device='cuda'))
        return
    x = torch.linspace(-9, 9, 100, device=f'cuda:{number}')
    with torch.cuda.device(0):
        got = SPEC(x)
    assert got.device == x.device
    np.testing.assert_array_equal(got.cpu().numpy(), SPEC(x.cpu().numpy()))


def test_elements_beyond_32_bits():
    """The last ones of an array of 4 gigabytes are at their own place."""
    size = (1 << 31) + 5
    if torch.cuda.mem_get_info()[0] < 10 << 30:
        size = 1 << 20
    x = torch.zeros(size, dtype=torch.bfloat16, device='cuda')
    x[-3:] = torch.tensor([1.1, -7.0, 3.14])
    got = SPEC(x)
    assert got[-4:].tolist() == SPEC(x[-4:].cpu()).tolist()
    assert not got[:-3].any()
