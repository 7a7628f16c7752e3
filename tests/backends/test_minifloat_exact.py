"""Every small minifloat at every code, midpoint and neighbour; FP4 and FP6 against ml_dtypes; binary and ternary."""

from __future__ import annotations

import math
from bisect import bisect_left
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from oracles import reference
from oracles.minifloat_inputs import FAR, SMALL, WIDE, extremes, small_inputs
from quantizers import BinaryQ, MinifloatQ, TernaryQ

FLOATS = (np.float64, np.float32)
SOURCE = 'exhaustive minifloat'
# by mantissa and exponent bits, where ml_dtypes has a type
OCP = {'float4_e2m1fn': (1, 2, 1), 'float6_e2m3fn': (3, 2, 1), 'float6_e3m2fn': (2, 3, 1)}


def signed_floats(x: NDArray, values: list[Fraction], dtype: type[np.floating]) -> NDArray:
    """The values as floats; a zero has the sign of its x."""
    return np.array([math.copysign(float(value), number) for value, number in zip(values, x, strict=True)], dtype)


@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.parametrize('m', range(5))
def test_every_small_minifloat(m, dtype, tally):
    for shape in (shape for shape in SMALL if shape[0] == m):
        spec = MinifloatQ(*shape)
        x = small_inputs(*shape, dtype)
        expected = signed_floats(x, [reference.minifloat_value(number, *shape) for number in x.tolist()], dtype)
        values = spec(x)
        assert values.dtype == dtype
        tally(SOURCE, spec, x, values, expected)
        tally.note(SOURCE, f'sign, {spec}', x, values, expected, np.signbit(values) == np.signbit(expected))
        bits = np.array([reference.minifloat_bits(number, *shape) for number in x.tolist()])
        tally(SOURCE, f'encode, {spec}', x, spec.encode(x), bits)
        decoded = spec.decode(bits)
        tally(SOURCE, f'decode, {spec}', bits, decoded, expected.astype(decoded.dtype))
    tally.check()


@pytest.mark.parametrize('shape', SMALL)
def test_the_oracle_takes_the_nearest_code(shape):
    """The oracle's formula against the meaning of the fields: the nearest value; in a tie the even mantissa."""
    m, e, _ = shape
    codes = {reference.minifloat_decoded(bits, *shape): bits for bits in range(2 ** (e + m))}
    values = sorted(codes)
    largest = values[-1]
    ties_checked = 0
    for number in small_inputs(*shape, np.float32).tolist():
        value = abs(reference.minifloat_value(number, *shape))
        y = min(abs(Fraction(number)), largest)
        above = bisect_left(values, y)
        around = values[max(above - 1, 0) : above + 1]
        distance = min(abs(y - other) for other in around)
        nearest = [other for other in around if abs(y - other) == distance]
        assert value in nearest
        if len(nearest) == 2 and m:
            assert codes[value] % 2 == 0
            ties_checked += 1
        elif len(nearest) == 2:
            # without a mantissa a tie goes up, but for the one between 0 and the smallest value
            assert value == (max(nearest) if min(nearest) else 0)
        bits = reference.minifloat_bits(number, *shape)
        assert reference.minifloat_decoded(bits, *shape) == math.copysign(1, number) * value
        assert bits >> (e + m) == (math.copysign(1, number) < 0)
    assert ties_checked or not m


@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.parametrize('name', OCP)
def test_ocp_formats_are_those_of_ml_dtypes(name, dtype, tally):
    import ml_dtypes

    shape = OCP[name]
    spec = MinifloatQ(*shape)
    theirs = np.dtype(getattr(ml_dtypes, name))
    rng = np.random.default_rng(0)
    # ml_dtypes casts float64 by way of float32 and rounds twice: only what float32 holds is compared
    x = np.concatenate([small_inputs(*shape, np.float32), rng.normal(0, 4, 5000).astype(np.float32)]).astype(dtype)
    with np.errstate(over='ignore'):
        cast = x.astype(theirs)
    tally('ml_dtypes', spec, x, spec(x), cast.astype(dtype))
    tally('ml_dtypes', f'encode, {spec}', x, spec.encode(x).astype(np.uint8), cast.view(np.uint8))
    tally.check()


@pytest.mark.parametrize('shape', [(1, 2, 1), (3, 2, 1), (2, 3, 1), (3, 4, 0), (2, 4, 3), (4, 3, -2)])
def test_gfloat_agrees(shape, tally):
    """A third source: `gfloat.round_float`, one scalar at a time."""
    from gfloat import Domain, FormatInfo, RoundMode, round_float

    m, e, e0 = shape
    emin, _ = reference.exponents(e, e0)
    info = FormatInfo(
        *('ours', 1 + e + m, m + 1),
        bias=1 - emin,
        is_signed=True,
        domain=Domain.Finite,
        has_nz=True,
        num_high_nans=0,
        has_subnormals=True,
        is_twos_complement=False,
    )
    spec = MinifloatQ(*shape)
    assert info.max == spec.max
    x = small_inputs(*shape, np.float64)
    theirs = np.array([round_float(info, number, RoundMode.TiesToEven, sat=True) for number in x.tolist()])
    tally('gfloat', spec, x, spec(x), theirs)
    tally.check()


BEYOND = [(3, 2, 4096), (3, 2, -4096), (52, 11, 4096), (52, 11, -4096), (3, 4, 1200), (3, 4, -1200)]


@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.parametrize('shape', [*WIDE, *FAR, *BEYOND])
def test_extreme_minifloats(shape, dtype, tally):
    """Codes are exact always; values wherever the dtype holds them."""
    spec = MinifloatQ(*shape)
    x = extremes(dtype)
    bits = np.array([reference.minifloat_bits(number, *shape) for number in x.tolist()], np.uint64)
    tally(SOURCE, f'encode, {spec}', x, spec.encode(x).astype(np.uint64), bits)
    if spec.fits(dtype):
        expected = signed_floats(x, [reference.minifloat_value(number, *shape) for number in x.tolist()], dtype)
        tally(SOURCE, spec, x, spec(x), expected)
    tally.check()


@pytest.mark.filterwarnings('ignore::quantizers.PrecisionWarning')
@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.parametrize('shape', [*WIDE, *FAR])
def test_extreme_minifloats_have_values_where_the_dtype_is_too_small(shape, dtype, tally):
    """What the dtype holds is exact; what it does not hold is next to the exact one."""
    spec = MinifloatQ(*shape)
    limits = np.finfo(dtype)
    if spec.eps > Fraction(limits.max.item()):
        with pytest.raises(ValueError, match=r"'dtype' must hold"):
            spec(np.ones(1, dtype))
        return
    x = extremes(dtype)
    exact = [reference.minifloat_value(number, *shape) for number in x.tolist()]
    values = spec(x)
    # the largest number of both the format and the dtype
    step = reference.power_of_two(limits.maxexp - 1 - shape[0])
    most = min(Fraction(limits.max.item()) // step * step, Fraction(limits.max.item()))
    least = Fraction(limits.smallest_subnormal.item())
    for j, value in enumerate(exact):
        clipped = min(max(value, -most), most)
        binade = reference.floor_log2(abs(clipped)) if clipped else limits.minexp
        ulp = max(reference.power_of_two(binade - limits.nmant), least)
        got = values[j].item()
        assert math.isfinite(got), (spec, x[j], got)
        assert abs(Fraction(got) - clipped) <= (0 if clipped % ulp == 0 else ulp), (spec, x[j], got, float(value))


@pytest.mark.filterwarnings('ignore::quantizers.PrecisionWarning')
@pytest.mark.parametrize('shape', [(3, 4, 0), (0, 1, 0), (23, 8, 0)])
@pytest.mark.parametrize('dtype', FLOATS)
def test_minifloats_at_inf_nan_and_zero(shape, dtype):
    spec = MinifloatQ(*shape)
    top = float(reference.minifloat_value(math.inf, *shape))
    values = spec(np.array([np.inf, -np.inf, np.nan, -0.0, 0.0], dtype))
    np.testing.assert_array_equal(values, np.array([top, -top, np.nan, 0, 0], dtype))
    np.testing.assert_array_equal(np.signbit(values[3:]), [True, False])
    assert spec.encode(-np.inf) == reference.minifloat_bits(-math.inf, *shape)
    with pytest.raises(ValueError, match=r'(?i)nan'):
        spec.encode(np.array([1, np.nan], dtype))


@pytest.mark.parametrize('dtype', FLOATS)
@pytest.mark.parametrize('spec', [BinaryQ(), TernaryQ()])
def test_binary_and_ternary(spec, dtype, tally):
    law = reference.binary_value if spec == BinaryQ() else reference.ternary_value
    points = np.array([0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 1e30, np.finfo(dtype).max, np.inf], dtype)
    with np.errstate(over='ignore', under='ignore'):
        neighbours = [np.nextafter(points, dtype(side)) for side in (-np.inf, np.inf)]
    x = np.concatenate([points, *neighbours, extremes(dtype)])
    x = np.concatenate([x, -x])
    expected = np.array([float(law(number)) for number in x.tolist()], dtype)
    tally('binary and ternary', spec, x, spec(x), expected)
    codes = (expected > 0).astype(int) if spec == BinaryQ() else expected.astype(int)
    tally('binary and ternary', f'encode, {spec}', x, spec.encode(x), codes)
    assert np.isnan(spec(dtype(np.nan)))
    with pytest.raises(ValueError, match=r'(?i)nan'):
        spec.encode(dtype(np.nan))
    tally.check()
