"""Blocks that share a scale: exact arithmetic, gfloat, torchao, ml_dtypes."""

from __future__ import annotations

import copy
import json
import pickle
import re
from dataclasses import FrozenInstanceError
from fractions import Fraction
from functools import lru_cache
from typing import Any

import gfloat
import ml_dtypes
import numpy as np
import pytest
from gfloat import formats as gfloat_formats
from numpy.typing import NDArray

from oracles import reference
from oracles.block_inputs import EXPONENTS, blocks, dtype_of
from oracles.dtypes import BFLOAT16
from quantizers import AffineQ, BinaryQ, BlockQ, FieldError, FixedQ, FloatQ, MinifloatQ, QuantizerConfig, formats
from quantizers.formats.named_blocks import BLOCKS

INT8 = BLOCKS['MXINT8'].element
MX = {name: spec for name, spec in BLOCKS.items() if spec.rule != 'two_level'}
RULES = 'floor', 'even', 'ceil', 'rceil'
EXPONENT_OF_5_BITS = FloatQ.power_of_two(5, 7, signed=False, zero=False)
BLOCK_FLOATING_POINT = {
    'bfp8': BlockQ(FixedQ(8, 1, True, 'RND_CONV', 'SAT_SYM'), FloatQ.power_of_two(8, 127, False, False), 16),
    'bfp4': BlockQ(FixedQ(4, 4, True, 'TRN', 'SAT'), EXPONENT_OF_5_BITS, 8),
    'bfp13': BlockQ(FixedQ(13, 3, True, 'RND', 'SAT'), FloatQ.power_of_two(10, 500, False, False), 4, rule='ceil'),
    'minifloat': BlockQ(MinifloatQ(2, 4), formats.E8M0FNU, 7, rule='even'),
    'directed': BlockQ(FloatQ(3, 2, 3, 'fnuz', 'AWAY'), formats.E8M0FNU, 8),
}


def record(spec: FloatQ) -> reference.FloatFormat:
    return reference.FloatFormat(
        spec.exponent_bits, spec.mantissa_bits, spec.bias, spec.specials, spec.signed, spec.zero
    )


def element_of(spec: BlockQ) -> reference.BlockElement:
    """The element, by the laws in exact arithmetic."""
    one = spec.element
    if isinstance(one, FloatQ):
        of = record(one)

        @lru_cache(1 << 16)
        def value(x: Fraction) -> Fraction:
            return Fraction(reference.float_value(x, of, one.rounding, 'SAT'))

        return reference.BlockElement(value, reference.float_ends(of)[1], one.mantissa_bits + 1)
    if isinstance(one, MinifloatQ):
        widths = one.mantissa_bits, one.exponent_bits, one.exponent_zero
        emax = reference.exponents(*widths[1:])[1]
        largest = (2 - Fraction(1, 2 ** widths[0])) * reference.power_of_two(emax)

        def of_minifloat(x: Fraction) -> Fraction:
            found = reference.minifloat_value(x, *widths)
            assert found is not None
            return found

        return reference.BlockElement(of_minifloat, largest, widths[0] + 1)
    assert isinstance(one, FixedQ)
    modes = one.width, one.integer, one.signed, one.rounding, one.overflow

    def of_fixed(x: Fraction) -> Fraction:
        found = reference.fixed_value(x, *modes)
        assert found is not None
        return found

    largest = reference.code_range(one.width, one.signed, one.overflow)[1]
    return reference.BlockElement(of_fixed, largest * reference.power_of_two(one.integer - one.width), one.width - 1)


def exponents_of(spec: BlockQ) -> tuple[int, int]:
    """Those of the smallest and of the largest scale."""
    low, high = reference.float_ends(record(spec.scale))
    return reference.floor_log2(low), reference.floor_log2(high)


def values_of(spec: BlockQ) -> NDArray[np.float64]:
    """The magnitudes of the element's values."""
    return np.unique(np.abs(np.asarray(spec.element.values(), np.float64)))


def ties_of(spec: BlockQ) -> NDArray[np.float64]:
    """Values of the element that are not below 0, and midpoints, by the codes; of many those around the ends."""
    values = values_of(spec)
    values = values if values.size < 300 else np.concatenate([values[:100], values[-100:]])
    return np.concatenate([values, (values[1:] + values[:-1]) / 2])


def expected_blocks(spec: BlockQ, x: NDArray[Any], name: str) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The values of blocks in float64, and the exponents of the scales."""
    element, ends = element_of(spec), exponents_of(spec)
    values, exponents = np.empty(x.shape), np.empty(len(x), np.int64)
    limit = reference.exact(float(ml_dtypes.finfo(dtype_of(name)).max))
    for n, block in enumerate(x.astype(np.float64).tolist()):
        exponent, found = reference.block_values(block, element, spec.rule, *ends)
        if any(abs(v) > limit for v in found):  # the largest value that the dtype has
            scale = reference.power_of_two(exponent)
            largest = max(v for v in (Fraction(n) * scale for n in values_of(spec).tolist()) if v <= limit)
            found = [min(max(v, -largest), largest) for v in found]
        values[n], exponents[n] = [float(v) for v in found], exponent
    return values, exponents


@pytest.mark.parametrize('name', EXPONENTS)
@pytest.mark.parametrize('rule', RULES)
@pytest.mark.parametrize('format_name', MX)
def test_values_and_scales_of_mx_are_the_law(format_name: str, rule: str, name: str, tally: Any) -> None:
    spec = BlockQ.from_config(MX[format_name].get_config() | {'rule': rule})
    x = blocks(name, ties_of(spec), 32, 150, len(name) + len(rule))
    expected, exponents = expected_blocks(spec, x, name)
    got = spec(x)
    assert got.dtype == x.dtype
    flat = x.astype(np.float64).ravel()
    tally('exact arithmetic', f'{spec}, {name}', flat, got.astype(np.float64).ravel(), expected.ravel())
    below = np.signbit(expected.ravel()) | (np.signbit(flat) & (spec.element.kind != 'fixed'))
    tally('exact arithmetic', f'signs, {spec}', flat, np.signbit(got.ravel().astype(np.float64)), below)
    found = spec.encode(x)
    tally(
        'exact arithmetic',
        f'scales, {spec}',
        np.abs(flat.reshape(x.shape)).max(1),
        found.scales[:, 0].astype(np.int64) - 127,
        exponents,
    )
    inside = np.abs(expected) <= float(ml_dtypes.finfo(x.dtype).max)
    decoded = spec.decode(*found)
    values, _ = expected_blocks(spec, x, 'float64')
    tally('exact arithmetic', f'codes, {spec}', flat, decoded.ravel(), values.ravel())
    assert inside.all()
    tally.check()


@pytest.mark.parametrize('name', ['float32', 'float64'])
@pytest.mark.parametrize('format_name', BLOCK_FLOATING_POINT)
def test_other_blocks_are_the_law(format_name: str, name: str, tally: Any) -> None:
    spec = BLOCK_FLOATING_POINT[format_name]
    x = blocks(name, ties_of(spec), spec.size, 600)
    expected, _ = expected_blocks(spec, x, name)
    tally('exact arithmetic', spec, x.ravel(), spec(x).astype(np.float64).ravel(), expected.ravel())
    values, _ = expected_blocks(spec, x, 'float64')
    tally('exact arithmetic', f'codes, {spec}', x.ravel(), spec.decode(*spec.encode(x)).ravel(), values.ravel())
    tally.check()


def near_one(name: str, seed: int, count: int) -> NDArray[Any]:
    """Blocks of 16 of one tensor: normal numbers, each block of another magnitude, and what is beside ties."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 16)) * 2.0 ** rng.integers(-14, 1, (count, 1))
    x[rng.random(count) < 0.05] = 0
    x = np.where(
        rng.random(x.shape) < 0.2, rng.integers(-12, 13, x.shape) / 4 * 2.0 ** rng.integers(-9, 1, (count, 1)), x
    )
    return x.astype(dtype_of(name))


@pytest.mark.parametrize('magnitude', [0, 100, -100, -126, -140])
@pytest.mark.parametrize('name', ['float32', 'float64', 'bfloat16', 'float16'])
def test_nvfp4_is_the_law(name: str, magnitude: int, tally: Any) -> None:
    """Scales, elements and values, with the dtype's own quotients and products; tiny tensors, too."""
    spec = formats.NVFP4
    if name == 'float16' and magnitude:
        magnitude //= 10
    x = near_one(name, magnitude + 200, 500)
    x = (x.astype(np.float64) * 2.0**magnitude).astype(x.dtype)
    precision = 53 if name == 'float64' else 24
    assert isinstance(spec.element, FloatQ)
    found = reference.two_level(x.astype(np.float64).tolist(), record(spec.element), record(spec.scale), precision)
    codes = spec.encode(x)
    flat = x.astype(np.float64).ravel()
    assert codes.tensor_scale == float(found.tensor)
    scales = spec.scale.from_bits(codes.scales).ravel()
    tally('exact arithmetic', f'scales, {name}', scales, scales, np.array([float(s) for s in found.scales]))
    elements = np.array([[float(e) for e in block] for block in found.elements]).ravel()
    tally('exact arithmetic', f'elements, {name}', flat, spec.element.from_bits(codes.codes).ravel(), elements)
    values = np.array([[float(e) for e in block] for block in found.values]).astype(x.dtype).ravel()
    tally('exact arithmetic', f'values, {name}', flat, spec(x).ravel().astype(np.float64), values.astype(np.float64))
    exact = np.array(
        [[float(e * s * found.tensor) for e in block] for block, s in zip(found.elements, found.scales, strict=True)]
    )
    tally('exact arithmetic', f'decoded, {name}', flat, spec.decode(*codes).ravel(), exact.ravel())
    tally.check()


GFLOAT = {
    'MXFP8_E4M3': gfloat_formats.format_info_mxfp8_e4m3,
    'MXFP8_E5M2': gfloat_formats.format_info_mxfp8_e5m2,
    'MXFP6_E2M3': gfloat_formats.format_info_mxfp6_e2m3,
    'MXFP6_E3M2': gfloat_formats.format_info_mxfp6_e3m2,
    'MXFP4': gfloat_formats.format_info_mxfp4_e2m1,
    'MXINT8': gfloat_formats.format_info_mxint8,
}


@pytest.mark.parametrize('format_name', MX)
def test_gfloat(format_name: str, tally: Any) -> None:
    """Codes, scales and values; in float64, where nothing that it computes on the way is rounded."""
    spec, theirs = MX[format_name], GFLOAT[format_name]
    x = blocks('float32', ties_of(spec), 32, 120, 5).astype(np.float64)
    found = spec.encode(x)
    for n, block in enumerate(x):
        scale = gfloat.compute_scale_amax(theirs.etype.emax, block)
        codes = list(gfloat.encode_block(theirs, scale, block / scale))
        ours = np.array([found.scales[n, 0], *found.codes[n]], np.int64)
        tally('gfloat', f'codes, {spec}', np.array([scale, *block]), ours, np.array(codes, np.int64))
        values = np.fromiter(gfloat.decode_block(theirs, codes), float)
        tally('gfloat', spec, block, spec(block), values)
        tally('gfloat', f'decoded, {spec}', block, spec.decode(*spec.encode(block)), values)
    tally.check()


ELEMENTS = {
    'MXFP8_E4M3': ml_dtypes.float8_e4m3fn,
    'MXFP8_E5M2': ml_dtypes.float8_e5m2,
    'MXFP6_E2M3': ml_dtypes.float6_e2m3fn,
    'MXFP6_E3M2': ml_dtypes.float6_e3m2fn,
    'MXFP4': ml_dtypes.float4_e2m1fn,
}


@pytest.mark.parametrize('format_name', ELEMENTS)
def test_ml_dtypes(format_name: str, tally: Any) -> None:
    """Elements and scales by its casts, clipped before, as these do not saturate."""
    spec = MX[format_name]
    dtype = ELEMENTS[format_name]
    x = blocks('float32', ties_of(spec), 32, 2000, 9)
    amax = np.abs(x).max(1).astype(np.float64)
    emax = np.frexp(float(spec.element.max))[1] - 1
    exponents = np.where(amax > 0, np.clip(np.frexp(amax)[1] - 1 - emax, -127, 127), -127)
    scales = np.ldexp(1.0, exponents)[:, None]
    largest = float(ml_dtypes.finfo(dtype).max)
    elements = np.clip(x.astype(np.float64) / scales, -largest, largest).astype(np.float32).astype(dtype)
    found = spec.encode(x)
    tally('ml_dtypes', f'elements, {spec}', x.ravel(), found.codes.ravel(), elements.view(np.uint8).ravel())
    theirs = scales.astype(ml_dtypes.float8_e8m0fnu).view(np.uint8)
    tally('ml_dtypes', f'scales, {spec}', amax, found.scales.ravel(), theirs.ravel())
    tally.check()


@pytest.mark.test
@pytest.mark.filterwarnings('ignore')  # of its import
@pytest.mark.parametrize('dtype', ['float32', 'bfloat16'])
def test_torchao(dtype: str, tally: Any) -> None:
    """MX codes and scales by all rules, where its scale is a normal float32, and NVFP4's scales."""
    import torch
    from torchao.prototype.mx_formats import nvfp4_tensor
    from torchao.prototype.mx_formats.mx_tensor import DTYPE_FP6_E2M3, DTYPE_FP6_E3M2, ScaleCalculationMode, to_mx

    theirs = {
        'MXFP8_E4M3': torch.float8_e4m3fn,
        'MXFP8_E5M2': torch.float8_e5m2,
        'MXFP6_E2M3': DTYPE_FP6_E2M3,
        'MXFP6_E3M2': DTYPE_FP6_E3M2,
        'MXFP4': torch.float4_e2m1fn_x2,
    }
    for format_name, element in theirs.items():
        for rule in RULES:
            spec = BlockQ.from_config(MX[format_name].get_config() | {'rule': rule})
            x = blocks(dtype, ties_of(spec), 32, 2000, 11)
            tensor = torch.from_numpy(x.astype(np.float32)).to(getattr(torch, dtype))
            scales, codes = to_mx(tensor, element, 32, ScaleCalculationMode(rule))
            scales, codes = scales.view(torch.uint8).numpy().ravel(), codes.view(torch.uint8).numpy()
            found = spec.encode(x)
            own = spec.pack(found.codes) if codes.shape != found.codes.shape else found.codes
            same = (found.scales.ravel() > 0) & (found.scales.ravel() < 254)
            amax = np.abs(x.astype(np.float64)).max(1)
            if rule == 'rceil':  # whose quotient is rounded to float32 there, and may become a power of two
                fraction = np.frexp(amax / float(spec.element.max))[0]
                same &= ~((fraction > 0.5) & (fraction < 0.5 + 2.0**-24))
            tally('torchao', f'scales, {spec}', amax[same], found.scales.ravel()[same], scales[same])
            flat = np.repeat(amax[same], own.shape[1])
            tally('torchao', f'codes, {spec}', flat, own[same].ravel(), codes[same].ravel())
    x = near_one('float32', 3, 4000)
    amax = torch.tensor(np.abs(x).max())
    scales, _ = nvfp4_tensor.nvfp4_quantize(torch.from_numpy(x), 16, nvfp4_tensor.per_tensor_amax_to_scale(amax))
    found = formats.NVFP4.encode(x)
    normal = found.scales.ravel() >= 8  # below, it has the smallest normal one
    ours = found.scales.ravel()[normal]
    tally('torchao', 'NVFP4', ours, ours, scales.view(torch.uint8).numpy().ravel()[normal])
    tally.check()


def test_blocks_along_any_axis_and_those_that_end_early() -> None:
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(5, 70, 3)) * 2.0 ** rng.integers(-9, 9, (5, 70, 3))).astype(np.float32)
    for axis in (1, -2):
        spec = BlockQ(formats.E2M1, formats.E8M0FNU, 32, axis)
        whole, found = spec(x), spec.encode(x)
        assert found.codes.shape == x.shape
        assert found.scales.shape == (5, 3, 3)
        np.testing.assert_array_equal(spec.decode(*found), whole)
        for start in (0, 32, 64):
            part = x[:, start : start + 32]
            np.testing.assert_array_equal(whole[:, start : start + 32], spec(part))
            np.testing.assert_array_equal(whole[0, start : start + 32, 1], formats.MXFP4(part[0, :, 1]))
    np.testing.assert_array_equal(
        formats.MXFP4(x), np.moveaxis(BlockQ(formats.E2M1, formats.E8M0FNU, 32, 0)(np.moveaxis(x, -1, 0)), 0, -1)
    )
    kept = x.copy()
    formats.NVFP4(x)
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize('spec', BLOCKS.values(), ids=BLOCKS)
def test_arrays_without_elements(spec: BlockQ) -> None:
    for shape in ((0,), (3, 0), (0, 32)):
        x = np.empty(shape, np.float32)
        assert spec(x).shape == shape
        assert spec(x).dtype == np.float32
        found = spec.encode(x)
        assert found.codes.shape == shape
        assert found.scales.shape == (*shape[:-1], -(-shape[-1] // spec.size))
        assert spec.decode(*found).shape == shape
        assert spec.unpack(spec.pack(found.codes), shape[-1]).shape == shape
    with pytest.raises(ValueError, match=r"^'x' must have an axis -1 of a known length: its shape is \(\)$"):
        spec(1.0)


def test_zeros_have_the_smallest_scale() -> None:
    for spec in BLOCKS.values():
        found = spec.encode([0.0] * 40)
        assert set(found.codes.tolist()) == set(found.scales.tolist()) == {0}
    assert formats.NVFP4.encode([0.0]).tensor_scale == 2.0**-126
    for spec in (formats.MXFP4, formats.NVFP4):
        np.testing.assert_array_equal(np.signbit(spec([-0.0, 0.0, -1e-30, 1.0])), [True, False, True, False])
    assert not np.signbit(formats.MXINT8([-0.0, -1e-30, 1.0])).any()


def test_infinity_saturates() -> None:
    x = np.array([np.inf, -np.inf, 1.0, 2.0**127])
    for name, spec in MX.items():
        largest = float(spec.element.max) * 2.0**127
        smallest = float(spec.element.min) * 2.0**127
        assert spec.encode(x).scales.tolist() == [254], name
        assert spec(x).tolist() == [largest, smallest, 0, 2.0**127]
        assert np.isfinite(spec(x.astype(np.float32))).all()
        assert spec.decode(*spec.encode(x.astype(np.float32))).tolist() == [largest, smallest, 0, 2.0**127]
    blocks_ = np.array([[np.inf, 1.0] + [0.0] * 14, [3.0] + [0.0] * 15], np.float32)
    g = np.float32(3) / np.float32(2688)
    assert formats.NVFP4.encode(blocks_).tensor_scale == g
    assert formats.NVFP4(blocks_)[0, :2].tolist() == [6 * np.float32(448 * g), 1]
    assert formats.NVFP4(blocks_)[1, 0] == formats.NVFP4(blocks_[1])[0] == 3


def test_a_nan_by_what_was_asked() -> None:
    x = np.array([1.0, np.nan] + [2.0] * 30 + [5.0])
    for spec in BLOCKS.values():
        q, found = spec(x), spec.encode(x)
        assert np.isnan(q[: spec.size]).all()
        assert np.isfinite(q[32:]).all()
        np.testing.assert_array_equal(spec.decode(*found), q)
        assert found.codes[: spec.size].tolist() == [0] * spec.size
        assert found.scales[0] == (0x7F if spec is formats.NVFP4 else 0xFF)
    for base in (formats.MXFP8_E4M3, formats.MXFP8_E5M2):
        spec = BlockQ.from_config(base.get_config() | {'nan': 'element'})
        q = spec(x)
        assert np.isnan(q[1])
        np.testing.assert_array_equal(np.delete(q, 1), np.delete(base(np.where(np.isnan(x), 0, x)), 1))
        np.testing.assert_array_equal(spec.decode(*spec.encode(x)), q)
    for elements in (formats.MXFP4, formats.MXINT8, formats.NVFP4):
        with pytest.raises(FieldError, match="'nan' must be 'scale' where elements have no NaN"):
            BlockQ.from_config(elements.get_config() | {'nan': 'element'})
    without = BlockQ(FixedQ(4, 1, True, 'RND', 'SAT'), EXPONENT_OF_5_BITS, 2)
    assert np.isnan(without(x)[:2]).all()
    with pytest.raises(ValueError, match=r'^NaN has no code in BlockQ'):
        without.encode(x)


@pytest.mark.parametrize('spec', [*BLOCKS.values(), *BLOCK_FLOATING_POINT.values()], ids=repr)
def test_packed_bytes(spec: BlockQ) -> None:
    bits = spec.element.bits
    x = np.random.default_rng(0).normal(size=(3, 50)).astype(np.float32)
    codes = spec.encode(x).codes
    packed = spec.pack(codes)
    assert packed.dtype == np.uint8
    assert packed.shape == (3, -(-50 * bits // 8))
    assert spec.unpack(packed, 50).dtype == codes.dtype
    np.testing.assert_array_equal(spec.unpack(packed, 50), codes)
    for row, stream in zip(codes.tolist(), packed, strict=True):
        number = sum(code << n * bits for n, code in enumerate(row))
        assert int.from_bytes(stream.tobytes(), 'little') == number
    turned = BlockQ.from_config(spec.get_config() | {'axis': 0})
    np.testing.assert_array_equal(turned.pack(codes.T), packed.T)
    np.testing.assert_array_equal(turned.unpack(packed.T, 50), codes.T)


def test_two_codes_of_fp4_are_a_byte() -> None:
    assert formats.MXFP4.pack([1, 2, 15]).tolist() == [0x21, 0x0F]
    assert formats.MXFP6_E2M3.pack([1, 2, 3, 63]).tolist() == [0x81, 0x30, 0xFC]
    with pytest.raises(ValueError, match='has 4 bits'):
        formats.MXFP4.pack([16])
    with pytest.raises(ValueError, match=r"'packed' must have 2 bytes along the axis -1 for 3 codes of 4 bits: shape"):
        formats.MXFP4.unpack(np.zeros(3, np.uint8), 3)
    with pytest.raises(TypeError, match='must be of uint8: dtype int64'):
        formats.MXFP4.unpack(np.zeros(2, np.int64), 3)
    with pytest.raises(
        ValueError, match=r"'scales' must have 2 along the axis -1 of codes of the shape \(33,\): \(3,\)"
    ):
        formats.MXFP4.decode(np.zeros(33, np.int64), np.zeros(3, np.int64))


def test_what_arrays_may_be() -> None:
    spec = formats.MXFP4
    assert spec([1, 5, 7]).dtype == np.float64
    assert spec(np.array([1, 5, 7], np.int8)).tolist() == [1, 4, 6]
    masked = spec(np.ma.MaskedArray([1.0, 5.0, 1e9], mask=[False, False, True]))
    assert masked.tolist() == [1, 4, None]
    x = np.arange(6.0).reshape(2, 3)[:, ::-1]
    np.testing.assert_array_equal(spec(x), spec(x.copy()))
    with pytest.raises(TypeError, match='integers up to 2'):
        spec(np.array([2**53 + 1]))
    with pytest.raises(TypeError, match='real numbers'):
        spec(np.array([1j]))
    with pytest.raises(ValueError, match="'training' must be False for NumPy"):
        spec(x, training=True)
    with pytest.raises(ValueError, match='masked'):
        spec.encode(np.ma.MaskedArray([1.0, 2.0], mask=[False, True]))


def test_large_arrays_are_as_small_ones() -> None:
    """By compiled loops, where they are there."""
    x = (np.random.default_rng(0).normal(size=(1 << 12, 288))).astype(np.float32)
    for spec in (formats.MXFP8_E4M3, formats.MXINT8, formats.NVFP4):
        few = x.copy()
        few[7:] = few[6]  # NVFP4 asks for all
        np.testing.assert_array_equal(spec(few)[:7], spec(few[:7]))


def test_elements_at_random_are_unbiased() -> None:
    for scale, rule in ((formats.E8M0FNU, 'floor'), (formats.E4M3FN, 'two_level')):
        spec = BlockQ(FloatQ(2, 1, 1, rounding='S_RND_CONV'), scale, 16, rule=rule)
        x = np.tile(np.array([6.0] + [0.7] * 15), (2000, 1))
        got = spec(x, training=True, seed_gen=np.random.default_rng(0))[:, 1:]
        assert np.unique(got).size == 2
        assert abs(got.mean() - 0.7) < 0.005
        np.testing.assert_array_equal(spec(x), spec(x[:1]).repeat(2000, 0))


@pytest.mark.parametrize('spec', [*BLOCKS.values(), *BLOCK_FLOATING_POINT.values()], ids=repr)
def test_it_is_data(spec: BlockQ) -> None:
    assert eval(repr(spec)) == spec == BlockQ.from_config(spec.get_config()) == pickle.loads(pickle.dumps(spec))
    assert copy.deepcopy(spec) == spec
    assert hash(copy.deepcopy(spec)) == hash(spec)
    config = QuantizerConfig({'w': spec, 'v': FixedQ(8, 3)})
    assert QuantizerConfig.from_json(config.to_json()) == config
    assert eval(repr(config)) == config
    with pytest.raises(FrozenInstanceError):
        spec.size = 3  # type: ignore[misc]


def test_names() -> None:
    assert {name: spec.label for name, spec in BLOCKS.items()} == {name: name for name in BLOCKS}
    assert all(getattr(formats, name) is spec for name, spec in BLOCKS.items())
    assert {name: float(spec.bits_per_number) for name, spec in BLOCKS.items()} == {
        'MXFP8_E4M3': 8.25,
        'MXFP8_E5M2': 8.25,
        'MXFP6_E2M3': 6.25,
        'MXFP6_E3M2': 6.25,
        'MXFP4': 4.25,
        'MXINT8': 8.25,
        'NVFP4': 4.5,
    }
    assert BlockQ(formats.E2M1, formats.E8M0FNU, 16).label.startswith('BlockQ(FloatQ(2, 1, 1), ')


FP4, E8M0 = formats.E2M1, formats.E8M0FNU


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        ((3, E8M0, 32), "'element' must be a format: 3"),
        ((formats.E4M3FN, E8M0, 32), "'element' must saturate, by the overflow 'SAT'"),
        ((FixedQ(8, 2), E8M0, 32), "'element' must saturate"),
        ((formats.p3109('Binary4p1sf'), E8M0, 32), "'element' must saturate"),
        ((FloatQ(3, 0, 4, 'p3109'), E8M0, 32), "'element' must have a mantissa where ties go by exponents"),
        ((FixedQ(60, 2, True, 'RND', 'SAT'), E8M0, 32), "'element' must have positive values of at most 53 bits"),
        ((FP4, FixedQ(8, 3), 32), "'scale' must be a FloatQ"),
        ((FP4, FloatQ.power_of_two(13, 2000, False, False), 32), "'scale' must leave every value a number of float64"),
        ((FP4, formats.E4M3FN, 32), "'rule' must be 'two_level' for scales with a mantissa or a zero"),
        ((FP4, E8M0, 32, -1, 'two_level'), "'rule' must be 'two_level' for scales with a mantissa or a zero"),
        (
            (FixedQ(8, 2, True, 'RND_CONV', 'SAT'), formats.E4M3FN, 16, -1, 'two_level'),
            "'element' must be a float for 'two_",
        ),
        ((FP4, E8M0, 32, -1, 'round'), "'rule' must be one of floor, even, ceil, rceil, two_level: 'round'"),
        ((FP4, E8M0, 0), "'size' must be an integer from 1 to 1048576: 0"),
        ((FP4, E8M0, 32, 64), "'axis' must be an integer from -64 to 63: 64"),
        ((FP4, E8M0, 32, 0, 'floor', 'none'), "'nan' must be one of scale, element: 'none'"),
    ],
)
def test_what_is_refused(arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(FieldError) as caught:
        BlockQ(*arguments)
    assert str(caught.value).startswith(said)


def test_what_cannot_be_an_element() -> None:
    for element in (BinaryQ(), AffineQ(8, 0.1)):
        with pytest.raises(ValueError, match=f'the kind {element.kind!r} cannot be the element of a block'):
            BlockQ(element, E8M0, 32)


def test_bfloat16_stays() -> None:
    x = np.array([1.0, 3.3, -7.9], BFLOAT16)
    assert formats.MXFP4(x).dtype == BFLOAT16
    assert formats.MXFP4(x).tolist() == [1, 3, -6]


def test_what_files_may_say() -> None:
    tree = json.loads(QuantizerConfig({'w': formats.MXFP4}).to_json())['specs']['w']
    assert QuantizerConfig.from_json(in_a_file(tree))['w'] == formats.MXFP4
    kinds = "'fixed', 'minifloat', 'float', 'binary', 'ternary', 'affine'"
    text = {'element': 'fixed<8,2,RND,SAT>', 'scale': 'float8_e8m0fnu', 'size': 16, 'kind': 'block'}
    assert QuantizerConfig.from_json(in_a_file(text))['w'] == BlockQ(FixedQ(8, 2, True, 'RND', 'SAT'), E8M0, 16)
    for changes, said in (
        ({'size': 0}, "specs.w.size: 'size' must be an integer from 1 to 1048576: 0"),
        ({'sice': 3}, "specs.w.sice: unknown key; did you mean 'size'?"),
        ({'element': tree['element'] | {'bias': 'x'}}, "specs.w.element.bias: 'bias' must be an integer"),
        ({'element': tree}, f"specs.w.element.kind: must be one of {kinds}: 'block'"),
        ({'element': {'kind': 'binary'}}, "specs.w: the kind 'binary' cannot be the element of a block"),
        ({'element': 'fixed<8,3>'}, "specs.w.element: 'element' must saturate"),
        ({'scale': 3}, 'specs.w.scale: must be an object with a kind, or a type string: 3'),
    ):
        with pytest.raises(ValueError, match=f'^{re.escape(said)}'):
            QuantizerConfig.from_json(in_a_file(tree | changes))
    with pytest.raises(ValueError, match=rf"^specs\.w\.specs\.0\.kind: must be one of {kinds}: 'block'"):
        QuantizerConfig.from_json(in_a_file({'axis': 0, 'specs': [tree]}))


def in_a_file(tree: object) -> str:
    version = 2 if isinstance(tree, dict) and 'specs' in tree else 1
    return json.dumps({'version': version, 'specs': {'w': tree}})


def test_the_command_shows_them_and_refuses_what_takes_parts_of_arrays(run: Any, tmp_path: Any) -> None:
    QuantizerConfig({'w': formats.MXFP4}).save(tmp_path / 'formats.json')
    code, out, _ = run('describe', tmp_path / 'formats.json')
    assert code == 0
    assert 'MXFP4' in out
    np.savez(tmp_path / 'x.npz', w=np.ones(40))
    code, _, err = run('quantize', tmp_path / 'formats.json', tmp_path / 'x.npz', '-o', tmp_path / 'y.npz')
    assert code == 2
    assert "'w': the kind 'block' cannot give codes, raw bits and memory files" in err.replace('\n', ' ')
    assert not (tmp_path / 'y.npz').exists()
