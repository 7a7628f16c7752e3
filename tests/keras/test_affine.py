"""Scales and zero points: the bits of NumPy on every backend, eager and compiled; PyTorch's own fake_quantize."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quantizers import AffineQ, PerChannel

SPECS = [
    AffineQ(8, 0.1, 3),
    AffineQ(8, 0.1, 3, division='inverse'),
    AffineQ(8, 1 / 3, 128, signed=False, rounding='RND_INF'),
    AffineQ(4, 0.7, -2, narrow=True, rounding='TRN'),
    AffineQ(16, 3.1e-5, 7, rounding='TO_ODD', division='inverse'),
]


def numbers(spec: AffineQ, dtype: Any) -> Any:
    """Multiples, ties and quarters as the dtype has them, and what is beside each; Inf, NaN, far away."""
    steps = np.arange(-1100, 1101) / 4
    x = np.concatenate([(steps * spec.scale).astype(dtype), (steps.astype(dtype) * dtype(spec.scale)).astype(dtype)])
    near = [np.nextafter(x, dtype(way)) for way in (np.inf, -np.inf)]
    x = np.concatenate([x, *near])
    special = np.array([np.inf, -np.inf, np.nan, 0, -0.0, 1e30, -1e30], dtype)
    return np.concatenate([x[(x == 0) | (np.abs(x) > 1e-30)], special])


@pytest.mark.parametrize('dtype', [np.float32, np.float64])
def test_bits_are_those_of_numpy(dtype: Any, framework: Any, tally: Any) -> None:
    several = [numbers(spec, dtype) for spec in SPECS]
    tensors = [framework.tensor(x) for x in several]

    def together(*tensors: Any) -> list[Any]:
        return [spec(x) for spec, x in zip(SPECS, tensors, strict=True)]

    for way in framework.all_ways:
        for spec, x, result in zip(SPECS, several, framework.made(way, together)(*tensors), strict=True):
            got = framework.array(result)
            assert got.dtype == dtype
            tally(f'{framework.name} {way}, affine', f'{way}, {spec}', x, got, spec(x))
    tally.check()


def test_gradients_pass_where_the_rounded_number_is_in_range(framework: Any) -> None:
    for spec in (AffineQ(4, 0.5, 1), AffineQ(4, 0.5, 1, division='inverse', rounding='TRN')):
        x = np.array([-4.74, -4.76, -4.5, 0, 0.3, 3, 3.2, 3.26, 3.5, 100, -100, np.inf], np.float32)
        g = np.linspace(1, 2, x.size, dtype=np.float32)
        code = (np.rint if spec.rounding == 'RND_CONV' else np.floor)(x / 0.5) + 1
        wanted = np.where((code >= -8) & (code <= 7), g, 0)
        assert {*(wanted == 0).tolist()} == {True, False}
        for way in framework.ways:
            value, (to_x,) = framework.vjp(way, spec, [framework.tensor(x)], framework.tensor(g))
            np.testing.assert_array_equal(value, spec(x))
            np.testing.assert_array_equal(to_x, wanted)


def test_channels(framework: Any) -> None:
    channels = PerChannel(1, [*SPECS[:3]])
    x = np.random.default_rng(0).normal(0, 20, (40, 3)).astype(np.float32)
    np.testing.assert_array_equal(framework.array(channels(framework.tensor(x))), channels(x))


def test_stochastic_rounding_is_unbiased(framework: Any) -> None:
    spec = AffineQ(8, 0.25, 3, rounding='S_RND_CONV')
    got = framework.array(spec(framework.tensor(np.full(20_000, 0.3, np.float32)), training=True, seed_gen=7))
    assert set(got.tolist()) == {0.25, 0.5}
    assert abs(float(got.mean()) - 0.3) < 0.005


def test_fake_quantize_of_pytorch(framework: Any, tally: Any) -> None:
    """Per tensor and per channel, forward and backward; it makes 0 of NaN or worse."""
    if framework.name != 'torch':
        return
    import torch

    rng = np.random.default_rng(0)
    for bits, signed, scale, zero_point in (
        (8, True, 0.1, 3),
        (8, False, 1 / 3, 100),
        (4, True, 0.37, -2),
        (8, True, 2.0**-7, 0),
    ):
        spec = AffineQ(bits, float(np.float32(scale)), zero_point, signed, division='inverse')
        x = np.concatenate([numbers(spec, np.float32)[:-7], rng.normal(0, 90 * scale, 50_000).astype(np.float32)])
        ends = spec.codec.low, spec.codec.high
        tensor = torch.tensor(x, requires_grad=True)
        theirs = torch.fake_quantize_per_tensor_affine(tensor, spec.scale, zero_point, *ends)
        theirs.sum().backward()
        ours = torch.tensor(x, requires_grad=True)
        result = spec(ours)
        result.sum().backward()
        tally('fake_quantize', spec, x, result.detach().numpy(), theirs.detach().numpy())
        tally('fake_quantize', f'NumPy, {spec}', x, spec(x), theirs.detach().numpy())
        assert ours.grad is not None
        assert tensor.grad is not None
        tally('fake_quantize', f'gradient, {spec}', x, ours.grad.numpy(), tensor.grad.numpy())
    scales, zeros = np.array([0.1, 0.37, 1 / 3], np.float32), [3, -2, 0]
    channels = PerChannel(0, [AffineQ(8, float(s), z, division='inverse') for s, z in zip(scales, zeros, strict=True)])
    x = rng.normal(0, 9, (3, 20_000)).astype(np.float32)
    theirs = torch.fake_quantize_per_channel_affine(
        torch.tensor(x), torch.tensor(scales), torch.tensor(zeros, dtype=torch.int32), 0, -128, 127
    )
    tally('fake_quantize', 'channels', x.ravel(), channels(torch.tensor(x)).numpy().ravel(), theirs.numpy().ravel())
    tally.check()
