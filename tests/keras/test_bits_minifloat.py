"""Minifloats, binary and ternary have the laws' bits on every backend, eager and compiled."""

from __future__ import annotations

import math
import os
import warnings
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from oracles import reference
from oracles.dtypes import BFLOAT16, every_number, finfo, subnormal
from oracles.minifloat_inputs import FAR, SMALL, WIDE, extremes, small_inputs
from quantizers import (
    BinaryQ,
    MinifloatQ,
    PrecisionWarning,
    TernaryQ,
    binary_quantize,
    float_decompose,
    float_quantize,
    ternary_quantize,
)

FLOATS = [np.float32, np.float64, np.float16, BFLOAT16]
# where each takes a minute, float32 alone is in the ring of minutes
FLOAT32_FIRST = [np.float32, *(pytest.param(dtype, marks=pytest.mark.test_all) for dtype in FLOATS[1:])]
# every number of a 16-bit dtype, in these formats
SIXTEEN = [(1, 2, 1), (3, 2, 1), (2, 3, 1), (3, 4, 0), (0, 4, -3), (5, 4, 2), (0, 1, 0)]
# the subnormal step, or the largest value, is at the end of float32's numbers or beyond
ENDS = [(3, 8, 0), (3, 8, 1), (3, 8, -7), (0, 8, 0), (2, 8, -20), (7, 8, 0), (3, 4, -135), (3, 4, 119), (1, 1, 127)]
HUGE = 1e9
KEPT = Path(__file__).parents[2] / 'build' / 'laws'


def to_longdouble(value: Fraction | None) -> np.longdouble:
    """A dyadic number of at most 64 bits, exactly; None is NaN."""
    if value is None:
        return np.longdouble(np.nan)
    zeros = (value.numerator & -value.numerator).bit_length() - 1 if value else 0
    return np.ldexp(np.longdouble(value.numerator >> zeros), zeros - value.denominator.bit_length() + 1)


def law(x: Any, shape: tuple[int, int, int]) -> Any:
    """The exact values as longdoubles; a zero has the sign of its x.

    As exact arithmetic takes most of a test's time, they are kept for the other tests and backends.
    """
    about = [Path(reference.__file__).read_bytes(), Path(__file__).read_bytes(), repr((x.dtype, shape)).encode()]
    file = KEPT / f'{sha256(b"".join([*about, x.tobytes()])).hexdigest()}.npy'
    if file.exists():
        return np.load(file)
    numbers = x.astype(np.float64).tolist()
    values = np.array([to_longdouble(reference.minifloat_value(number, *shape)) for number in numbers])
    values = np.copysign(values, x.astype(np.float64))
    KEPT.mkdir(parents=True, exist_ok=True)
    own = file.with_suffix(f'.{os.getpid()}.npy')
    np.save(own, values)
    own.replace(file)
    return values


def law_of_inf(shape: tuple[int, int, int]) -> np.longdouble:
    """The largest value."""
    return to_longdouble(reference.minifloat_value(math.inf, *shape))


def equal(x: Any, got: Any, want: Any, m: Any, top: Any, flushes: bool) -> Any:
    """Where `got` is exact if its dtype holds the exact result, else within one ulp; a zero has the sign of its x."""
    limits = finfo(got.dtype)
    # the largest number of both the format and the dtype
    bits = np.minimum(m, limits.nmant)
    most = np.ldexp(2 - np.ldexp(np.longdouble(1), -bits), limits.maxexp - 1)
    want = np.clip(want, -most, most)
    smallest = np.frexp(np.longdouble(limits.smallest_subnormal))[1] - 1
    ulp = np.ldexp(np.longdouble(1), np.maximum(np.frexp(want)[1] - (limits.nmant + 1), smallest))
    wide = got.astype(np.longdouble)
    close = np.where(want % ulp == 0, wide == want, abs(wide - want) <= ulp)
    if flushes:
        close |= (got == 0) & (subnormal(x) | subnormal(want, got.dtype))
    same_sign = (np.signbit(got) == np.signbit(x)) | (got != 0)
    if flushes:
        same_sign |= subnormal(top, got.dtype)  # of a format of subnormal numbers only, even the ends are flushed
    return (close & same_sign) | (np.isnan(got) & np.isnan(want))


def sixteen_or_small(dtype: np.dtype[Any]) -> list[tuple[tuple[int, int, int], Any]]:
    """Formats with inputs: every number of a 16-bit dtype; else codes, midpoints, neighbours, and extremes."""
    if dtype.itemsize == 2:
        return [(shape, every_number(dtype)) for shape in SIXTEEN]
    top = math.frexp(float(finfo(dtype).max))[1]
    far = [shape for shape in (*WIDE, *FAR, *ENDS) if reference.exponents(*shape[1:])[0] - shape[0] < top]
    with np.errstate(over='ignore', under='ignore'):
        return [(shape, small_inputs(*shape, dtype.type)) for shape in SMALL] + [
            (shape, extremes(dtype.type)) for shape in far
        ]


@pytest.mark.parametrize('dtype', FLOAT32_FIRST, ids=lambda dtype: np.dtype(dtype).name)
def test_every_minifloat_by_widths_in_arrays(dtype, framework, tally):
    formats = sixteen_or_small(np.dtype(dtype))
    x = np.concatenate([some for _, some in formats])
    m, e, e0 = (np.concatenate([np.full(some.size, shape[j]) for shape, some in formats]) for j in range(3))
    want = np.concatenate([law(some, shape) for shape, some in formats])
    top = np.concatenate([np.full(some.size, law_of_inf(shape)) for shape, some in formats])
    tensors = [framework.tensor(x), *(framework.tensor(width, np.float32) for width in (m, e, e0))]
    for way in framework.ways:
        got = framework.array(framework.made(way, float_quantize)(*tensors))
        assert got.dtype == dtype
        right = equal(x, got, want, m, top, framework.flushes)
        tally.note(f'{framework.name} {way}, minifloat', f'{way}, widths in arrays', x, got, want, right)
    tally.check()


@pytest.mark.parametrize('dtype', FLOAT32_FIRST, ids=lambda dtype: np.dtype(dtype).name)
def test_minifloat_specs(dtype, framework, tally):
    """All in one compiled function."""
    formats = [(shape, some) for shape, some in sixteen_or_small(np.dtype(dtype)) if shape not in SMALL[::2]]
    specs = [MinifloatQ(*shape) for shape, _ in formats]

    def together(*several):
        return [spec(x) for spec, x in zip(specs, several, strict=True)]

    # of one size, so that an eager operation is compiled once
    most = max(x.size for _, x in formats)
    tensors = [framework.tensor(np.resize(x, most)) for _, x in formats]
    for way in framework.ways:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', category=PrecisionWarning)
            results = framework.made(way, together)(*tensors)
        for spec, (shape, x), result in zip(specs, formats, results, strict=True):
            got, want = framework.array(result)[: x.size], law(x, shape)
            assert got.dtype == dtype
            right = equal(x, got, want, shape[0], law_of_inf(shape), framework.flushes)
            tally.note(f'{framework.name} {way}, minifloat', f'{way}, {spec}', x, got, want, right)
    tally.check()


@pytest.mark.parametrize('dtype', FLOATS, ids=lambda dtype: np.dtype(dtype).name)
def test_minifloats_at_inf_nan_and_zero(dtype, framework):
    special = np.array([np.inf, -np.inf, np.nan, -0.0, 0.0], dtype)
    for shape in ((3, 4, 0), (0, 1, 0), (2, 3, 1)):
        top = float(reference.minifloat_value(math.inf, *shape))
        for way in framework.ways:
            for quantize in (MinifloatQ(*shape), lambda x, shape=shape: float_quantize(x, *shape)):
                got = framework.array(framework.made(way, quantize)(framework.tensor(special)))
                np.testing.assert_array_equal(got.astype(np.float64), [top, -top, np.nan, 0, 0])
                assert np.signbit(got[3:].astype(np.float64)).tolist() == [True, False]


@pytest.mark.parametrize('dtype', FLOATS, ids=lambda dtype: np.dtype(dtype).name)
def test_huge_widths_mean_no_rounding_and_no_bound(dtype, framework):
    x = np.array([1.3, -1.3, 100.7, -0.0, 0.0, 6e4, 1e-4], dtype)
    for way in framework.ways:
        quantize = framework.made(way, float_quantize)
        for wrap in (lambda width: width, lambda width: framework.tensor(np.full(x.shape, width), np.float32)):
            tensor = framework.tensor(x)
            np.testing.assert_array_equal(framework.array(quantize(tensor, wrap(HUGE), wrap(HUGE))), x)
            got = framework.array(quantize(tensor, wrap(2.0), wrap(HUGE)))
            np.testing.assert_array_equal(got[:2], np.array([1.25, -1.25], dtype))
            got = framework.array(quantize(tensor, wrap(HUGE), wrap(2.0)))
            np.testing.assert_array_equal(got[:2], x[:2])


@pytest.mark.parametrize(('real', 'whole'), [(2.5, 2), (3.5, 4), (2.51, 3), (1.4999, 1)])
def test_real_widths_round_half_to_even(real, whole, framework):
    x = framework.tensor(extremes(np.float32))
    for way in framework.ways:
        quantize = framework.made(way, float_quantize)
        for wide, narrow in (((real, 4.0, 1.0), (whole, 4, 1)), ((3.0, real, 1.0), (3, whole, 1))):
            got = quantize(x, *(framework.tensor(width, np.float32) for width in wide))
            np.testing.assert_array_equal(framework.array(got), framework.array(float_quantize(x, *narrow)))


def test_widths_at_the_edge_of_meaning(framework):
    """`e <= 1` counts as 1, `m <= -1` leaves 0 with the sign of x."""
    x = extremes(np.float32)
    x = x[(x == 0) | (np.abs(x) >= np.finfo(np.float32).tiny)]
    tensor = framework.tensor(x)
    for way in framework.ways:
        quantize = framework.made(way, float_quantize)
        for e in (0.0, -1.0, -1000.0, 0.4, -HUGE):
            got = framework.array(quantize(tensor, 3.0, framework.tensor(e, np.float32), 2.0))
            np.testing.assert_array_equal(got, framework.array(float_quantize(tensor, 3, 1, 2)))
        for m in (-1.0, -2.0, -100.0, -HUGE):
            got = framework.array(quantize(tensor, framework.tensor(np.full(x.shape, m), np.float32), 4.0))
            assert (got == 0).all()
            np.testing.assert_array_equal(np.signbit(got), np.signbit(x))


@pytest.mark.parametrize('dtype', FLOATS, ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize('shape', [(1, 2, 1), (3, 4, 0), (0, 1, 0), (2, 0, 3), (5, 4, -2)])
def test_decomposition(shape, dtype, framework):
    """`mantissa * 2^exponent` is the quantized value; the mantissa is in [1, 2) but for subnormals and zero."""
    m, e, e0 = shape
    x = np.concatenate([small_inputs(m, max(e, 1), e0, np.float32)[:400], [np.nan, np.inf]]).astype(np.float32)
    with np.errstate(over='ignore'):
        x = x.astype(dtype)
    # at most the smallest normal number of every dtype
    x = x[(x == 0) | ~(np.abs(x.astype(np.float64)) < 2**-14)]
    x = np.resize(x, 402)  # of one size, so that an eager operation is compiled once
    exact = [reference.minifloat_value(number, m, max(e, 1), e0) for number in x.astype(np.float64).tolist()]
    emin, _ = reference.exponents(max(e, 1), e0)
    exponents = [max(reference.floor_log2(abs(value)), emin) if value else emin for value in exact]
    pairs = zip(exact, exponents, strict=True)
    mantissas = [math.nan if v is None else float(v / reference.power_of_two(n)) for v, n in pairs]
    for way in framework.ways:
        for wrap in (lambda width: width, lambda width: framework.tensor(np.full(x.shape, width), np.float32)):
            widths = [wrap(float(width)) for width in shape]
            mantissa, exponent = framework.made(way, float_decompose)(framework.tensor(x), *widths)
            mantissa, exponent = framework.array(mantissa), framework.array(exponent)
            assert mantissa.dtype == exponent.dtype == dtype
            np.testing.assert_array_equal(exponent.astype(np.float64), exponents)
            np.testing.assert_array_equal(mantissa.astype(np.float64), mantissas)
            number = ~np.isnan(x.astype(np.float64))
            np.testing.assert_array_equal(np.signbit(mantissa)[number], np.signbit(x)[number])


@pytest.mark.parametrize('dtype', FLOATS, ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize(
    ('spec', 'function', 'exact'),
    [
        (BinaryQ(), binary_quantize, reference.binary_value),
        (TernaryQ(), ternary_quantize, reference.ternary_value),
    ],
    ids=['binary', 'ternary'],
)
def test_binary_and_ternary(spec, function, exact, dtype, framework, tally):
    points = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 6e4]
    x = np.array([*points, np.inf, np.nan], dtype)
    with np.errstate(over='ignore', under='ignore', invalid='ignore'):
        limits = finfo(dtype)
        x = np.concatenate([x, *(np.nextafter(x, np.dtype(dtype).type(side)) for side in (-np.inf, np.inf))])
        x = np.concatenate([x, np.array([limits.max, limits.tiny, limits.smallest_subnormal], dtype)])
    x = np.concatenate([x, -x])
    want = np.array([exact(number) for number in x.astype(np.float64).tolist()], np.float64)
    for way in framework.ways:
        for quantize in (spec, function):
            got = framework.array(framework.made(way, quantize)(framework.tensor(x)))
            assert got.dtype == dtype
            wide = got.astype(np.float64)
            right = (wide == want) | (np.isnan(wide) & np.isnan(want))
            if framework.flushes:
                right |= subnormal(x) & (wide == float(exact(0.0)))
            tally.note(f'{framework.name} {way}, binary and ternary', f'{way}, {spec}', x, got, want, right)
    tally.check()


@pytest.mark.parametrize('name', ['float4_e2m1fn', 'float6_e2m3fn', 'float6_e3m2fn'])
def test_ocp_formats_are_those_of_ml_dtypes(name, framework, tally):
    shape = {'float4_e2m1fn': (1, 2, 1), 'float6_e2m3fn': (3, 2, 1), 'float6_e3m2fn': (2, 3, 1)}[name]
    x = np.random.default_rng(0).normal(0, 4, 5000).astype(np.float32)
    with np.errstate(over='ignore'):
        theirs = x.astype(np.dtype(getattr(ml_dtypes, name))).astype(np.float32)
    for way in framework.ways:
        got = framework.array(framework.made(way, MinifloatQ(*shape))(framework.tensor(x)))
        tally(f'{framework.name} {way}, ml_dtypes', name, x, got, theirs)
    tally.check()
