"""Every fixed-point format up to 8 bits, in every mode, at every code, every midpoint and the neighbours of each."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oracles import reference
from oracles.fixed_inputs import small_codes, small_inputs
from quantizers import FixedQ

# wide formats have more inputs, and belong to a later ring
WIDTHS = [pytest.param(width, marks=[] if width <= 4 else pytest.mark.test) for width in range(1, 9)]
INTEGERS = range(-2, 11)
FLOATS = (np.float64, np.float32)
SOURCE = 'exhaustive fixed point'


@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.parametrize('width', WIDTHS)
def test_every_format_and_mode(width, dtype, tally):
    x = {integer: small_inputs(width, width - integer, dtype) for integer in INTEGERS}
    for signed in (True, False):
        for overflow, n in reference.overflow_modes(width, signed):
            for rounding in reference.ROUNDINGS:
                codes = small_codes(width, signed, (rounding, overflow, n), dtype)
                for integer in INTEGERS:
                    spec = FixedQ(width, integer, signed, rounding, overflow, n)
                    values = spec(x[integer])
                    assert values.dtype == dtype
                    expected = np.ldexp(codes.astype(dtype), integer - width)
                    tally(SOURCE, spec, x[integer], values, expected)
                    tally(SOURCE, f'encode, {spec}', x[integer], spec.encode(x[integer]), codes)
    tally.check()


@pytest.mark.parametrize('width', WIDTHS)
def test_a_stochastic_name_means_the_deterministic_one(width, tally):
    for signed in (True, False):
        for overflow, n in reference.overflow_modes(width, signed):
            for rounding in ('RND', 'RND_CONV'):
                codes = small_codes(width, signed, (rounding, overflow, n), np.float64)
                x = small_inputs(width, width - 1, np.float64)
                spec = FixedQ(width, 1, signed, f'S_{rounding}', overflow, n)
                tally(SOURCE, spec, x, spec(x), np.ldexp(codes.astype(np.float64), 1 - width))
                tally(SOURCE, f'encode, {spec}', x, spec.encode(x), codes)
    tally.check()


@pytest.mark.parametrize('dtype', [np.float64, np.float32, np.float16])
@pytest.mark.parametrize('width', [2, 8])
def test_inf_nan_and_minus_zero(width, dtype):
    special = np.array([np.inf, -np.inf, np.nan, -0.0, 0.0], dtype)
    for signed in (True, False):
        for overflow, n in reference.overflow_modes(width, signed):
            for rounding in reference.ROUNDINGS:
                spec = FixedQ(width, 1, signed, rounding, overflow, n)
                exact = [reference.fixed_value(x, width, 1, signed, rounding, overflow, n) for x in special.tolist()]
                expected = np.array([math.nan if value is None else float(value) for value in exact], dtype)
                np.testing.assert_array_equal(spec(special), expected, err_msg=repr(spec))
                assert spec.encode(dtype(-0.0)) == 0
                for x, value in zip(special, exact, strict=True):
                    if value is None:
                        with pytest.raises(ValueError, match=r'(?i)nan|inf|finite'):
                            spec.encode(x)
                    else:
                        assert spec.encode(x) == value / spec.eps


@pytest.mark.parametrize('f', [-1000, -126, -100, 100, 149, 1000, 1074])
@pytest.mark.parametrize('dtype', FLOATS)
def test_extreme_scales(dtype, f, tally):
    """Scales at which x * 2^f, or 2^f itself, overflows or underflows."""
    limits = np.finfo(dtype)
    numbers = [limits.max, 1.5, 1e-30, limits.tiny, limits.smallest_subnormal, 3 * limits.smallest_subnormal]
    x = np.array([0.0, *numbers, *(-number for number in numbers)], dtype)
    for width in (1, 8, 24):
        for signed in (True, False):
            shape = (width, width - f, signed)
            for overflow, n in reference.overflow_modes(width, signed):
                for rounding in reference.ROUNDINGS:
                    spec = FixedQ(*shape, rounding, overflow, n)
                    codes = [reference.fixed_code(number, *shape, rounding, overflow, n) for number in x.tolist()]
                    tally(SOURCE, f'encode, {spec}', x, spec.encode(x), np.array(codes))
                    if spec.fits(dtype):
                        expected = np.ldexp(np.array(codes, np.float64), -f).astype(dtype)
                        tally(SOURCE, spec, x, spec(x), expected)
    tally.check()


@pytest.mark.parametrize('shape', [(65, 30, True), (128, 64, False), (200, 100, True), (1100, 1080, True)])
def test_codes_wider_than_64_bits_are_exact(shape, tally):
    width, integer, signed = shape
    _, hi = reference.code_range(width, signed, 'WRAP')
    edges = [0, 0.5, 1.5, 2.5, 0.49999999999999994, 3 * 2.0**60, float(min(hi, 2**1000)), 2.0 ** min(width, 1000)]
    x = np.array([sign * math.ldexp(edge, integer - width) for edge in edges for sign in (1, -1)])
    x = np.concatenate([x, [1e300, -1e300, 5e-324, -5e-324, 1 / 3, -1 / 3]])
    for overflow, n in reference.overflow_modes(width, signed):
        for rounding in reference.ROUNDINGS:
            spec = FixedQ(*shape, rounding, overflow, n)
            codes = [reference.fixed_code(number, *shape, rounding, overflow, n) for number in x.tolist()]
            tally(SOURCE, f'encode, {spec}', x, spec.encode(x), np.array(codes, object))
    tally.check()


OF_APYTYPES = {'RND_CONV_ODD': 'TIES_ODD', 'CEIL': 'TO_POS', 'AWAY': 'TO_AWAY', 'TO_ODD': 'JAM_UNBIASED'}


def test_apytypes_agrees_where_it_has_the_mode(tally):
    """A third source: signed formats under SAT and WRAP, every rounding, by `APyFixedArray.cast`."""
    from apytypes import APyFixedArray, OverflowMode, QuantizationMode

    x = small_inputs(8, 4, np.float32).astype(np.float64)
    x = x[np.abs(x) < 2**16]
    # one 64-bit word: wider ones do not wrap in apytypes 0.5
    source = APyFixedArray.from_float(x, int_bits=20, frac_bits=44)
    same = source.to_numpy() == x  # what 44 fraction bits hold: all but the neighbours of 0
    assert same.sum() > 0.99 * x.size
    for rounding in reference.ROUNDINGS:
        for overflow in ('SAT', 'WRAP'):
            spec = FixedQ(8, 4, True, rounding, overflow)
            theirs_is = getattr(QuantizationMode, OF_APYTYPES.get(rounding, rounding))
            modes = {'quantization': theirs_is, 'overflow': getattr(OverflowMode, overflow)}
            theirs = source.cast(int_bits=4, frac_bits=4, **modes).to_numpy()
            tally('apytypes', spec, x[same], spec(x[same]), theirs[same])
    tally.check()
