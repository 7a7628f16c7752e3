"""Blocks on tensors: the bits of NumPy on every backend, eager and compiled; gradients, layers, random numbers."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from oracles.block_inputs import blocks
from oracles.dtypes import BFLOAT16
from quantizers import BlockQ, FixedQ, FloatQ, formats
from quantizers.formats.named_blocks import BLOCKS
from quantizers.layers import Quantize

SPECS = [
    *BLOCKS.values(),
    BlockQ(formats.E3M2, formats.E8M0FNU, 5, 0, 'even'),
    BlockQ(FloatQ(4, 3, 7, 'fn'), formats.E8M0FNU, 8, 1, 'rceil', 'element'),
    BlockQ(FixedQ(6, 2, True, 'TRN', 'SAT_SYM'), FloatQ.power_of_two(6, 31, False, False), 12, -1, 'ceil'),
]
FEW = [formats.MXFP4, formats.MXINT8, formats.NVFP4]  # where each takes seconds to be compiled
TIES = np.array([0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5, 1.0625, 1.1875, 1.984375, 7, 448, 464])


def numbers(dtype: Any, flushes: bool) -> NDArray[Any]:
    """Of all magnitudes, but for subnormal numbers and what they become where a library takes them for 0."""
    x = blocks(np.dtype(dtype).name, TIES, 32, 120)
    if flushes:
        largest = np.abs(x).max(1, keepdims=True).astype(np.float64)
        x = x[((largest > 1e-20) & (largest < 1e20))[:, 0]]
        x[np.abs(x.astype(np.float64)) < 1e-30] = 0
    x = x[: len(x) // 2 * 2].reshape(2, -1, 32)[..., :29]
    x[0, 0, 3], x[1, 0, 7] = np.nan, np.inf
    return x


# PyTorch's tensors do not know the newest arguments of NumPy's protocol, by which Keras reads them
pytestmark = pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')


@pytest.mark.parametrize('dtype', [np.float32, np.float64, np.float16, BFLOAT16], ids=lambda d: np.dtype(d).name)
def test_bits_are_those_of_numpy(dtype: Any, framework: Any, tally: Any) -> None:
    with framework.precision(dtype):
        x = numbers(dtype, framework.flushes)
        tensor = framework.tensor(x)
        ways = framework.all_ways if dtype == np.float32 else framework.ways[:1]
        for way in ways:
            specs = SPECS if way == 'eager' and dtype == np.float32 else FEW
            results = framework.made(way, lambda tensor, specs=specs: [spec(tensor) for spec in specs])(tensor)
            for spec, result in zip(specs, results, strict=True):
                got, expected = framework.array(result), spec(x)
                assert got.dtype == x.dtype
                flat = [a.astype(np.float64).ravel() for a in (x, got, expected)]
                tally(f'{framework.name} {way}, blocks', f'{way}, {spec}', *flat)
                signs = [np.signbit(a[~np.isnan(a)]) for a in flat[1:]]
                tally(f'{framework.name} {way}, blocks', f'signs, {spec}', flat[0][~np.isnan(flat[2])], *signs)
    tally.check()


def test_gradients_are_straight_through(framework: Any) -> None:
    """1 for floats, in range or not, and 0 where an integer saturates."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 32)).astype(np.float32)
    x[:, 0] = 3.99
    g = rng.normal(size=x.shape).astype(np.float32)
    for spec in FEW:
        integers = spec.element.kind == 'fixed'
        saturated = (x > spec(x)) & (x > 3.9) & integers
        assert saturated.any() == integers
        for way in framework.ways:
            value, (to_x,) = framework.vjp(way, spec, [framework.tensor(x)], framework.tensor(g))
            np.testing.assert_array_equal(value, spec(x))
            np.testing.assert_array_equal(to_x, np.where(saturated, 0, g))
    value, tangent = framework.jvp('eager', formats.MXFP4, [framework.tensor(x)], [framework.tensor(g)])
    np.testing.assert_array_equal(value, formats.MXFP4(x))
    np.testing.assert_array_equal(tangent, g)


def test_tensors_without_elements(framework: Any) -> None:
    for spec in BLOCKS.values():
        for shape in ((0,), (3, 0), (0, 32)):
            got = framework.array(spec(framework.tensor(np.empty(shape, np.float32))))
            assert got.shape == shape
    with pytest.raises(ValueError, match="'x' must have an axis -1 of a known length"):
        formats.MXFP4(framework.tensor(np.float32(1)))


def test_a_layer(framework: Any, tmp_path: Any) -> None:
    x = np.random.default_rng(0).normal(size=(5, 40)).astype(np.float32)
    for spec in (formats.MXFP4, formats.MXFP8_E4M3):
        inputs = keras.Input((40,))
        model = keras.Model(inputs, Quantize(spec)(inputs))
        np.testing.assert_array_equal(framework.array(model(framework.tensor(x))), spec(x))
        np.testing.assert_array_equal(model.predict(x, verbose=0), spec(x))
        model.save(tmp_path / 'model.keras')
        again = keras.models.load_model(tmp_path / 'model.keras')
        assert again.layers[1].spec == spec
        np.testing.assert_array_equal(framework.array(again(framework.tensor(x))), spec(x))
    symbolic = keras.Model(inputs, formats.MXFP6_E2M3(inputs))
    np.testing.assert_array_equal(framework.array(symbolic(framework.tensor(x))), formats.MXFP6_E2M3(x))


def test_elements_at_random_are_unbiased(framework: Any) -> None:
    for scale, rule in ((formats.E8M0FNU, 'floor'), (formats.E4M3FN, 'two_level')):
        spec = BlockQ(FloatQ(2, 1, 1, rounding='S_RND_CONV'), scale, 16, rule=rule)
        x = framework.tensor(np.tile(np.array([6.0] + [0.7] * 15, np.float32), (2000, 1)))
        got = framework.array(spec(x, training=True, seed_gen=7))[:, 1:]
        assert np.unique(got).size == 2
        assert abs(float(got.mean()) - 0.7) < 0.005
        with pytest.raises(ValueError, match="'seed_gen' must be an int"):
            spec(x, training=True)
