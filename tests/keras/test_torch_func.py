"""`torch.func`: what is batched and differentiated there is what single calls and autograd give."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.func import grad, hessian, jacfwd, jacrev, jvp, vmap

from oracles.fixed_cases import MODES
from quantizers import BinaryQ, FixedQ, MinifloatQ, TernaryQ, float_quantize, get_fixed_quantizer
from quantizers.backends.numpy import binding

pytestmark = pytest.mark.filterwarnings('ignore:.torch.jit')  # what forward mode imports
SPECS = [
    *(FixedQ(8, 3, True, 'RND_CONV', overflow, bits) for overflow, bits in MODES),
    FixedQ(6, -1, False),
    FixedQ(8, 3, True, 'S_RND', 'SAT'),
    MinifloatQ(3, 4),
    BinaryQ(),
    TernaryQ(),
]


@pytest.fixture(params=['plain', 'compiled'], autouse=True)
def setting(request, monkeypatch):
    """What computes a small tensor where nothing is transformed, and so is at the bottom of each transformation."""
    monkeypatch.setenv(binding.SETTING, request.param)
    binding._setting.cache_clear()
    yield
    monkeypatch.undo()
    binding._setting.cache_clear()


def inputs(dtype=torch.float32):
    x = torch.from_numpy(np.random.default_rng(0).normal(0, 4, (6, 5))).to(dtype)
    x[0, :3] = torch.tensor([4.0, -4.0, 0.0])
    return x


def slopes(function, x, *widths):
    """By autograd, of the sum of squares."""
    leaves = [tensor.clone().requires_grad_() for tensor in (x, *widths)]
    return torch.autograd.grad((function(*leaves) ** 2).sum(), leaves, allow_unused=True, materialize_grads=True)


@pytest.mark.parametrize('spec', SPECS, ids=repr)
@pytest.mark.parametrize('dtype', [torch.float32, torch.float64, torch.float16])
def test_specs(spec, dtype):
    x = inputs(dtype)
    square = lambda x: (spec(x) ** 2).sum()  # noqa: E731
    (want,) = slopes(spec, x)
    assert torch.equal(vmap(spec)(x), spec(x))
    assert torch.equal(vmap(spec, 1, 1)(x), spec(x))
    assert torch.equal(vmap(vmap(spec))(x), spec(x))
    torch.testing.assert_close(grad(square)(x), want)
    torch.testing.assert_close(vmap(grad(square))(x), want)
    torch.testing.assert_close(grad(lambda x: (vmap(spec)(x) ** 2).sum())(x), want)
    one_row = torch.autograd.functional.jacobian(spec, x[1])
    for transform in (jacrev, jacfwd):
        torch.testing.assert_close(transform(spec)(x[1]), one_row)
    value, tangent = jvp(spec, (x,), (torch.ones_like(x),))
    assert torch.equal(value, spec(x))
    (slope,) = torch.autograd.grad(spec(leaf := x.clone().requires_grad_()).sum(), leaf)
    torch.testing.assert_close(tangent, slope)
    with torch.autograd.forward_ad.dual_level():
        dual = spec(torch.autograd.forward_ad.make_dual(x, torch.ones_like(x)))
        torch.testing.assert_close(torch.autograd.forward_ad.unpack_dual(dual).tangent, slope)
    leaf = x.clone().requires_grad_()
    (vmap(spec)(leaf) ** 2).sum().backward()
    torch.testing.assert_close(leaf.grad, want)


QUANTIZERS = {
    **{f'{overflow} {bits}': get_fixed_quantizer('RND', overflow, bits) for overflow, bits in MODES},
    'minifloat': lambda x, k, i, f: float_quantize(x, f, i, k),
}


@pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
@pytest.mark.parametrize('name', QUANTIZERS)
def test_widths(name, dtype):
    """A batch of inputs, of widths, and of both; and gradients for each sample."""
    quantize, x = QUANTIZERS[name], inputs(dtype)
    i, f = (torch.tensor(np.random.default_rng(1).integers(3, 5, (6, 5)), dtype=torch.float32) for _ in 'if')
    call = lambda x, i, f: quantize(x, 1, i, f)  # noqa: E731
    square = lambda *all: (call(*all) ** 2).sum()  # noqa: E731
    assert torch.equal(vmap(call)(x, i, f), call(x, i, f))
    assert torch.equal(vmap(call, (None, 0, None))(x, i, f[0]), torch.stack([call(x, row, f[0]) for row in i]))
    assert torch.equal(vmap(call, (0, None, 1))(x[:5], i[0], f[:5])[2], call(x[2], i[0], f[:5, 2]))
    # more axes of the widths, known or not, than the samples have
    known = np.arange(4, 7).reshape(3, 1)
    assert torch.equal(vmap(lambda x: quantize(x, 1, known, f[0]))(x)[2], quantize(x[2], 1, known, f[0]))
    each = vmap(grad(square, (0, 1, 2)), (0, None, None))(x, i[0], f[0])
    rows = [slopes(call, row, i[0], f[0]) for row in x]
    for got, want in zip(each, zip(*rows, strict=True), strict=True):
        torch.testing.assert_close(got, torch.stack(want))
    whole = grad(lambda x, i, f: (vmap(call, (0, None, None))(x, i, f) ** 2).sum(), (0, 1, 2))(x, i[0], f[0])
    for got, want in zip(whole, slopes(call, x, i[0], f[0]), strict=True):
        torch.testing.assert_close(got, want)
    for argument in (0, 1, 2):
        forward = jacfwd(call, argument)(x[1], i[1], f[1])
        torch.testing.assert_close(forward, jacrev(call, argument)(x[1], i[1], f[1]), check_dtype=False)
        by_autograd = torch.autograd.functional.jacobian(call, (x[1], i[1], f[1]))[argument]
        torch.testing.assert_close(forward, by_autograd, check_dtype=False)


@pytest.mark.parametrize('name', QUANTIZERS)
def test_gradients_of_a_batch_at_once(name):
    """As `is_grads_batched` and a vectorized Jacobian take them."""
    widths = (torch.full((5,), float(n), requires_grad=True) for n in (3, 4))
    leaves = [inputs().requires_grad_(), *widths]
    result = QUANTIZERS[name](leaves[0], 1, *leaves[1:])
    batch = torch.randn(3, *result.shape)
    options = {'allow_unused': True, 'materialize_grads': True, 'retain_graph': True}
    at_once = torch.autograd.grad(result, leaves, batch, is_grads_batched=True, **options)
    one_by_one = zip(*(torch.autograd.grad(result, leaves, g, **options) for g in batch), strict=True)
    for got, want in zip(at_once, one_by_one, strict=True):
        torch.testing.assert_close(got, torch.stack(want))
    call = lambda x: QUANTIZERS[name](x, 1, 3, 4)  # noqa: E731
    vectorized = torch.autograd.functional.jacobian(call, leaves[0][0].detach(), vectorize=True)
    torch.testing.assert_close(vectorized, jacrev(call)(leaves[0][0].detach()))


@pytest.mark.parametrize('name', QUANTIZERS)
def test_derivatives_of_higher_order_in_every_nesting(name):
    """Those of backward in backward are compared with the laws' elsewhere."""
    quantize, x = QUANTIZERS[name], inputs()[1:]
    square = lambda f: (quantize(x, 1, 3, f) ** 2).sum()  # noqa: E731
    f = torch.tensor([2.0, 3, 1, 2, 0])
    want = torch.autograd.functional.hessian(square, f)
    assert want.any()
    with torch.no_grad():  # of autograd alone
        for second in (hessian, *(lambda g, a=a, b=b: a(b(g)) for a in (jacrev, jacfwd) for b in (jacrev, jacfwd))):
            torch.testing.assert_close(second(square)(f), want, rtol=1e-4, atol=1e-4)


def test_a_tangent_that_comes_in_to_a_backward_pass():
    """Of a call of autograd's own, made before there were tangents."""
    x, f = inputs().requires_grad_(), torch.tensor(3.0, requires_grad=True)
    result = get_fixed_quantizer('RND', 'SAT')(x, 1, 2, f)
    g, along = torch.randn(2, 6, 5)
    with torch.autograd.forward_ad.dual_level(), torch.no_grad():
        dual = torch.autograd.forward_ad.make_dual(g, along)
        (to_f,) = torch.autograd.grad(result, f, dual, retain_graph=True)
        tangent = torch.autograd.forward_ad.unpack_dual(to_f).tangent
    torch.testing.assert_close(tangent, torch.autograd.grad(result, f, along)[0])


def test_random_numbers_of_a_batch():
    """Of stochastic rounding: a number is the same for all samples; of a generator `vmap` says whether it is."""
    quantize, x = get_fixed_quantizer('S_RND', 'WRAP_SM'), torch.full((4, 50), 0.3)
    of = lambda seed: lambda x: quantize(x, 1, 2, 0, training=True, seed_gen=seed)  # noqa: E731
    assert torch.equal(vmap(of(1))(x), of(1)(x[0]).expand(4, 50))
    assert of(1)(x[0]).unique().tolist() == [0, 1]
    drawn = of(torch.Generator().manual_seed(1))
    with pytest.raises(RuntimeError, match='randomness'):
        vmap(drawn)(x)
    same, different = (vmap(drawn, randomness=how)(x) for how in ('same', 'different'))
    assert torch.equal(same[0], same[1])
    assert not torch.equal(different[0], different[1])
    assert set(different.flatten().tolist()) == {0, 1}
    leaf = vmap(grad(lambda x: drawn(x).sum()), randomness='different')(x)
    assert torch.equal(leaf, torch.ones_like(x))


TRANSFORMS = {
    'grad': lambda spec: grad(lambda x: spec(x).sum()),
    'grad of vmap': lambda spec: grad(lambda x: vmap(spec)(x).sum()),
    'jvp': lambda spec: lambda x: jvp(spec, (x,), (torch.ones_like(x),))[1],
}


@pytest.mark.filterwarnings('ignore:The .grad attribute')  # PyTorch looks at it itself
@pytest.mark.parametrize('name', TRANSFORMS)
def test_what_is_transformed_in_a_compiled_function(name):
    """`torch.compile` would differentiate the steps themselves, which gives 0: it leaves such a call to Python."""
    spec, x = FixedQ(8, 3, True, 'RND', 'SAT'), inputs()
    want = TRANSFORMS[name](spec)(x)
    assert want.any()
    torch._dynamo.reset()
    assert torch.equal(torch.compile(TRANSFORMS[name](spec), backend='eager')(x), want)
    torch._dynamo.reset()
    with pytest.raises(torch._dynamo.exc.Unsupported, match='compile without fullgraph=True'):
        torch.compile(TRANSFORMS[name](spec), backend='eager', fullgraph=True)(x)
