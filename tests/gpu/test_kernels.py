"""Kernels give the bits of NumPy and the gradients of the laws, for every mode, dtype and layout."""

from __future__ import annotations

import warnings
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

from oracles import surrogates
from oracles.devices import DEVICE
from oracles.dtypes import BFLOAT16
from oracles.fixed_cases import MODES
from oracles.float_cases import OTHERS, OVERFLOWS, inputs, with_modes
from oracles.reference import ROUNDINGS as DETERMINISTIC
from oracles.surrogates import MINIFLOAT_SHAPES, SHAPE, WIDTH_SHAPES, Case, check_all, minifloat_widths, numbers, over
from quantizers import (
    BinaryQ,
    FixedQ,
    FloatQ,
    MinifloatQ,
    PerChannel,
    PrecisionWarning,
    TernaryQ,
    float_quantize,
    formats,
    get_fixed_quantizer,
    get_fixed_quantizer_np,
)
from quantizers.backends.program import philox
from quantizers.modes import ROUNDINGS

DTYPES = [np.float32, np.float64, np.float16, BFLOAT16]
name_of = lambda dtype: np.dtype(dtype).name  # noqa: E731
of_dtypes = pytest.mark.parametrize('dtype', DTYPES, ids=name_of)
SPEC = FixedQ(6, 3, True, 'RND', 'SAT')
most = pytest.mark.test_all  # of two minutes in the interpreter, and of seconds on a GPU


def same(got: Any, want: Any) -> None:
    """NaN is equal to NaN, and zeros differ by their sign."""
    assert got.dtype == want.dtype
    got, want = (np.asarray(array, np.float64) for array in (got, want))
    np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(np.signbit(got[got == 0]), np.signbit(want[got == 0]))


def hard(dtype: Any) -> Any:
    """Ties and their neighbours, large and tiny numbers, subnormal ones, and those that are no numbers."""
    rng = np.random.default_rng(0)
    ties = np.arange(-80, 80) / 16
    tiny = float(np.ldexp(1.0, {4: -149, 8: -1074}.get(np.dtype(dtype).itemsize, -24 if dtype == np.float16 else -133)))
    wide = rng.normal(0, 1, 300) * 2.0 ** rng.integers(-30, 30, 300)
    numbers = [*ties, *np.nextafter(ties, 9), *wide, 0.0, -0.0, np.nan, np.inf, -np.inf, tiny, -tiny, 6e4, 1e30, -1e30]
    with np.errstate(all='ignore'):
        return np.array(numbers).astype(dtype)


@pytest.mark.parametrize('dtype', [DTYPES[0], *(pytest.param(dtype, marks=most) for dtype in DTYPES[1:])], ids=name_of)
@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_every_mode_of_fixed_point(rounding, dtype, framework):
    """By widths that are numbers."""
    x = hard(dtype)
    tensor = framework.tensor(x)
    for overflow, bits in MODES:
        for spec in (
            FixedQ(8, 3, True, rounding, overflow, bits),
            FixedQ(5, 7, True, rounding, overflow, min(bits, 2)),
        ):
            same(framework.array(spec(tensor)), spec(x))
        if overflow != 'WRAP_SM':
            spec = FixedQ(7, 2, False, rounding, overflow, bits)
            same(framework.array(spec(tensor)), spec(x))


@most
@of_dtypes
@pytest.mark.parametrize('overflow', dict.fromkeys(overflow for overflow, _ in MODES))
def test_widths_that_are_tensors(overflow, dtype, framework):
    """Any widths, also those whose powers of two are beyond the dtype."""
    rng = np.random.default_rng(1)
    x = np.resize(hard(dtype), 700)
    wide = np.array([*range(-4, 20), 100, 126, 127, 130, 149, 1000, 2000, -60])
    k = rng.integers(0, 2, x.size).astype(np.float64)
    i, f = (wide[rng.integers(0, wide.size, x.size)].astype(np.float64) for _ in 'if')
    bad = -f > {np.float32: 127, np.float16: 15, BFLOAT16: 127}.get(dtype, 1023)
    i, f = np.where(bad, 3, i), np.where(bad, 3, f)
    for rounding in ROUNDINGS[:: 1 if dtype == np.float32 else 3]:
        quantize = get_fixed_quantizer(rounding, overflow)
        got = quantize(framework.tensor(x), *(framework.tensor(width) for width in (k, i, f)))
        want = get_fixed_quantizer_np(rounding, overflow)(x, k, i, f)
        got, want = (np.asarray(array, np.float64) for array in (framework.array(got), want))
        np.testing.assert_array_equal(got, want, str((rounding, overflow)))


@most
@of_dtypes
def test_floats(dtype, framework):
    """Formats with special codes, in their modes, and minifloats by widths that are tensors."""
    named = [
        formats.E4M3FN,
        formats.E5M2,
        formats.E4M3FNUZ,
        formats.E2M1,
        formats.E8M0FNU,
        formats.p3109('Binary5p1uf'),
    ]
    specs: list[FloatQ | MinifloatQ] = [MinifloatQ(2, 3), MinifloatQ(0, 3), MinifloatQ(3, 2, 1)]
    specs += [spec for spec in (*named, *OTHERS) if spec.fits(np.dtype(dtype).name)]
    if dtype is np.float32:
        modes = product(
            (formats.E5M2, formats.p3109('Binary5p1se'), formats.p3109('Binary6p3ue')), ROUNDINGS, OVERFLOWS
        )
        specs += filter(None, [with_modes(*mode) for mode in modes if not mode[1].startswith('S_')])
    for spec in specs:
        with np.errstate(all='ignore'), warnings.catch_warnings():
            warnings.simplefilter('ignore', PrecisionWarning)
            x = hard(dtype) if isinstance(spec, MinifloatQ) else inputs(spec, np.float32).astype(dtype)[:500]
            same(framework.array(spec(framework.tensor(x))), spec(x))


@most
@pytest.mark.parametrize('shapes', WIDTH_SHAPES)
@pytest.mark.parametrize('n', range(0, len(MODES), 2))
def test_gradients_of_fixed_point(n, shapes, framework, tally):
    """Values and gradients in exact arithmetic, by widths of each shape."""
    overflow, bits = MODES[n]
    rounding = DETERMINISTIC[n % len(DETERMINISTIC)]
    case = Case(*WIDTH_SHAPES[shapes], bits, seed=n)
    x, k, i, f, g = (framework.tensor(array) for array in (case.x, case.k, case.i, case.f, case.g))
    for training in (True, False):
        quantize = get_fixed_quantizer(rounding, overflow, bits)
        value, gradients = framework.vjp(
            'eager', lambda x, i, f, t=training, q=quantize: q(x, k, i, f, t), (x, i, f), g
        )
        table = case.table(rounding, overflow, bits, training)
        tally('exact arithmetic', quantize, case.x.ravel(), value.ravel(), table.value.astype(np.float32).ravel())
        check_all(gradients, [table.x, table.i, table.f], case.shapes, case.g, np.float32)
    tally.check()


@pytest.mark.parametrize('shapes', MINIFLOAT_SHAPES)
def test_gradients_of_minifloats(shapes, framework, tally):
    rng = np.random.default_rng(0)
    x = np.clip(numbers(rng), -1e6, 1e6)
    widths = minifloat_widths(rng, MINIFLOAT_SHAPES[shapes])
    g = rng.normal(size=SHAPE).astype(np.float32)
    table = over(lambda x, m, e, e0: surrogates.minifloat(x, int(m), int(e), int(e0)), x, *widths)
    tensors = [framework.tensor(array) for array in (x, *widths)]
    value, got = framework.vjp('eager', float_quantize, tensors, framework.tensor(g))
    tally('exact arithmetic', shapes, x.ravel(), value.ravel(), table.value.astype(np.float32).ravel())
    check_all(got, list(table[1:]), [x.shape, *(width.shape for width in widths)], g, np.float32)
    tally.check()


@of_dtypes
def test_gradients_in_each_dtype(dtype, framework):
    """To `x` in range it is that which comes in, to the bit; outside it is 0."""
    x = np.linspace(-6, 6, 97).astype(dtype)
    g = np.random.default_rng(0).normal(size=x.shape).astype(dtype)
    f = framework.tensor(np.float32(3))
    quantize = get_fixed_quantizer('RND', 'SAT')
    q, (to_x, to_f) = framework.vjp(
        'eager', lambda x, f: quantize(x, 1, 2, f), (framework.tensor(x), f), framework.tensor(g)
    )
    wide, exact = x.astype(np.float64), q.astype(np.float64)
    inside = (wide >= -4) & (wide <= 3.875)
    np.testing.assert_array_equal(to_x, np.where(inside, g, np.zeros((), dtype)))
    slope = np.where(inside, wide - exact, np.where(wide > 0, 0.125, 0)) * np.log(2)
    np.testing.assert_allclose(to_f, (slope * g.astype(np.float64)).sum(), rtol=1e-5)


def test_binary_and_ternary(framework):
    x = np.concatenate([np.linspace(-4, 4, 61), [0.0, 0.5, -0.5, 30.0, -30.0]]).astype(np.float32)
    g = np.random.default_rng(0).normal(size=x.shape).astype(np.float32)
    for quantize in (BinaryQ(), TernaryQ()):
        value, (got,) = framework.vjp('eager', quantize, [framework.tensor(x)], framework.tensor(g))
        np.testing.assert_array_equal(value, quantize(x))
        np.testing.assert_allclose(got, g * (1 - np.tanh(x.astype(np.float64)) ** 2), rtol=1e-6, atol=1e-9)


LAYOUTS = {
    'channels last': lambda x: x.to(memory_format=torch.channels_last),
    'transposed': lambda x: x.transpose(1, 3).contiguous().transpose(1, 3),
    'every other': lambda x: torch.stack([x, x], -1)[..., 0],
    'expanded': lambda x: x[:, :1].expand_as(x),
    'of the other sign': lambda x: torch.complex(x, x).conj().imag,
}


@most
@pytest.mark.parametrize('own', [(), (5, 1, 1), (7,), (6, 1), (1, 5, 6, 1), (3, 1, 6, 1)], ids=str)
@pytest.mark.parametrize('layout', LAYOUTS)
def test_layouts(layout, own, framework):
    """What lies in another order, or with gaps, is as what does not; the result lies as `x` where it has no gaps."""
    rng = np.random.default_rng(0)
    x = LAYOUTS[layout](framework.tensor(rng.normal(0, 3, (3, 5, 6, 7)).astype(np.float32)))
    i, f = (framework.tensor(rng.integers(0, 4, own).astype(np.float32)) for _ in 'if')
    g = framework.tensor(rng.normal(size=x.shape).astype(np.float32))
    quantize = get_fixed_quantizer('RND', 'SAT')
    both = []
    for tensor in (x, x.contiguous()):
        leaves = [leaf.detach().requires_grad_() for leaf in (tensor, i, f)]
        result = quantize(leaves[0], 1, *leaves[1:])
        both.append([result, *torch.autograd.grad(result, leaves, g)])
    for one, other in zip(*both, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)
    assert torch.equal(both[0][0], both[1][0])
    want = get_fixed_quantizer_np('RND', 'SAT')(*map(framework.array, (x.resolve_neg(), torch.ones(()), i, f)))
    np.testing.assert_array_equal(framework.array(both[0][0]), want)
    if layout in ('channels last', 'transposed'):
        assert both[0][0].stride() == x.stride()
        assert both[0][1].stride() == x.stride()


@most
@pytest.mark.parametrize('shape', [(3000, 1), (70, 50), (50, 3, 20), (2, 40, 50), (9, 40, 30)], ids=str)
@pytest.mark.parametrize('axis', [None, 0, 1, -1])
def test_sums_of_several_tiles(shape, axis, framework, monkeypatch):
    """Of all that shares a width; a tile, a program and the grid end where elements do not."""
    from quantizers.backends.torch import tiles

    monkeypatch.setattr(tiles, '_PROGRAMS', 2)
    tiles.plan.cache_clear()
    rng = np.random.default_rng(0)
    own = [1] * len(shape)
    if axis is not None:
        own[axis] = shape[axis]
    x, g = (rng.normal(0, 3, shape).astype(np.float32) for _ in range(2))
    f = rng.integers(0, 4, own).astype(np.float32)
    quantize = get_fixed_quantizer('RND_CONV', 'SAT')
    q, (to_x, to_f) = framework.vjp(
        'eager', lambda x, f: quantize(x, 1, 2, f), (framework.tensor(x), framework.tensor(f)), framework.tensor(g)
    )
    np.testing.assert_array_equal(q, get_fixed_quantizer_np('RND_CONV', 'SAT')(x, 1, 2, f))
    inside = (x >= -4) & (x <= 4 - 2.0**-f)
    np.testing.assert_array_equal(to_x, np.where(inside, g, 0))
    slope = np.where(inside, x - q, np.where(x > 0, 2.0**-f, 0)).astype(np.float32) * (g * np.float32(np.log(2)))
    others = tuple(n for n, size in enumerate(own) if size == 1)
    np.testing.assert_allclose(to_f, slope.sum(others, keepdims=True, dtype=np.float64), rtol=1e-6, atol=1e-6)
    tiles.plan.cache_clear()


@of_dtypes
def test_random_numbers_are_of_the_key_and_the_element(dtype, framework):
    """On every device, whatever the layout, and in the backward pass again."""
    x = np.random.default_rng(0).normal(0, 3, (3, 5, 6, 7)).astype(dtype)
    bits = 53 if dtype == np.float64 else 24
    key = -3
    uniform = philox.fraction(np.int64(key), np.arange(x.size), bits) * 2.0**-bits
    exact = x.astype(np.float64).ravel() * 4
    rest = exact - np.trunc(exact)
    want = np.clip(np.trunc(exact) + np.where(uniform < np.abs(rest), np.sign(rest), 0), -16, 15).reshape(x.shape) / 4
    tensor = framework.tensor(x)
    quantize, f = get_fixed_quantizer('S_RND', 'SAT'), framework.tensor(np.float32(2)).requires_grad_()
    for laid in (tensor, tensor.to(memory_format=torch.channels_last)):
        result = quantize(laid, 1, 2, f, training=True, seed_gen=key)
        np.testing.assert_array_equal(framework.array(result).astype(np.float64), want)
        (to_f,) = torch.autograd.grad(result.double().sum(), f)
    slope = np.where(np.abs(x.astype(np.float64) + 0.125) <= 3.875, x.astype(np.float64) - want, 0)
    slope += np.where(x.astype(np.float64) > 3.75, 0.25, 0)
    np.testing.assert_allclose(to_f.item(), slope.sum() * np.log(2), rtol=1e-4)


def test_generators(framework):
    spec, x = FixedQ(8, 8, True, 'S_RND', 'SAT'), framework.tensor(np.full(1000, 0.3, np.float32))
    one, other = (torch.Generator(DEVICE).manual_seed(7) for _ in range(2))
    results = [framework.array(spec(x, training=True, seed_gen=one)) for _ in range(3)]
    assert len({result.tobytes() for result in results}) == 3
    np.testing.assert_array_equal(framework.array(spec(x, training=True, seed_gen=other)), results[0])
    torch.manual_seed(7)
    drawn = [framework.array(spec(x, training=True, seed_gen=torch.default_generator)) for _ in range(2)]
    assert set(drawn[0]) == {0, 1}
    assert (drawn[0] != drawn[1]).any()


def test_a_width_that_is_nan_shows(framework):
    x = framework.tensor(np.ones((2, 3), np.float32))
    f = framework.tensor(np.array([2, np.nan, 1], np.float32))
    got = framework.array(get_fixed_quantizer('RND', 'SAT')(x, 1, 2, f))
    np.testing.assert_array_equal(got, [[1, np.nan, 1]] * 2)


def test_what_widths_may_be(framework):
    """Ints, arrays of NumPy, numbers on a CPU, more axes than `x` has; a known step that is too large is refused."""
    x = np.random.default_rng(0).normal(0, 3, 12).astype(np.float32)
    tensor, quantize, numpy = (
        framework.tensor(x),
        get_fixed_quantizer('RND', 'SAT'),
        get_fixed_quantizer_np('RND', 'SAT'),
    )
    i, f = np.arange(12) % 3, np.arange(36).reshape(3, 1, 12) % 5
    cpu = torch.tensor(2.0, requires_grad=True)
    result = quantize(tensor, 1, cpu, f)
    np.testing.assert_array_equal(framework.array(result), numpy(x, 1, 2, f))
    result.sum().backward()
    assert cpu.grad is not None
    assert cpu.grad.device == cpu.device
    leaf = tensor.clone().requires_grad_()
    quantize(leaf, np.array([[1], [0]]), i, 3).sum().backward()
    expected = [(x >= -(2.0**i) * k) & (x <= 2.0**i - 0.125) for k in (1, 0)]
    np.testing.assert_array_equal(framework.array(leaf.grad), np.sum(expected, 0))
    with pytest.raises(ValueError, match=r"'dtype' must hold the step 2\^200"):
        FixedQ(8, 208)(tensor)


@pytest.mark.parametrize('shape', [(), (0,), (3, 0, 2), (1,), (1, 1)])
def test_small_shapes(shape, framework):
    SPEC(framework.tensor(np.ones(3, np.float32)))
    leaf = framework.tensor(np.full(shape, 1.1, np.float32)).requires_grad_()
    result = SPEC(leaf)
    assert result.shape == shape
    result.sum().backward()
    assert leaf.grad is not None
    np.testing.assert_array_equal(framework.array(result), SPEC(np.full(shape, 1.1, np.float32)))


def test_without_gradients_and_twice(framework):
    """`no_grad`, a parameter, a second backward pass, derivatives of the second order, channels, `torch.func`."""
    x = framework.tensor(np.linspace(-6, 6, 24).reshape(4, 6).astype(np.float32))
    inside = (x >= -4) & (x <= 3.875)
    with torch.no_grad():
        assert torch.equal(SPEC(torch.nn.Parameter(x)), SPEC(x))
    leaf = x.clone().requires_grad_()
    result = SPEC(leaf)
    for _ in range(2):
        result.sum().backward(retain_graph=True)
    assert leaf.grad is not None
    assert torch.equal(leaf.grad, 2 * inside.float())
    (slope,) = torch.autograd.grad((SPEC(leaf) ** 2).sum(), leaf, create_graph=True)
    assert torch.equal(torch.autograd.grad(slope.sum(), leaf)[0], 2 * inside.float())
    np.testing.assert_array_equal(framework.array(torch.func.vmap(SPEC)(x)), framework.array(SPEC(x)))
    formats_of_channels = PerChannel(0, [SPEC, MinifloatQ(2, 3), BinaryQ(), SPEC])
    np.testing.assert_array_equal(framework.array(formats_of_channels(x)), formats_of_channels(framework.array(x)))
