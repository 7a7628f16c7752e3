"""Zero differences from the vendor's own ap_fixed: every rounding, overflow and N on every shape of vendor.py."""

from __future__ import annotations

import importlib.util
import math
import re
import warnings

import numpy as np
import pytest
import reference
import vendor as vendor_module
from numpy.typing import NDArray
from vendor import FEW, SHAPES, Shape, Vendor

from quantizers import FixedQ, PrecisionWarning

FLOATS = (np.float64, np.float32, np.float16)
SOURCE = 'vendor comparison'
REFERENCE_SOURCE = 'vendor comparison of the reference'


def edges(shape: Shape) -> NDArray:
    """Codes near 0, near both ends and near multiples of the span, and random ones, in steps."""
    width, _, signed = shape
    rng = np.random.default_rng(width)
    lo, hi = reference.code_range(width, signed, 'WRAP')
    near = [0, 1, 2, 3, 4, 5, 7, 8, lo / 2, hi // 2, lo, hi, lo + 1, hi - 1, lo - 1, hi + 1, lo - 2, hi + 2]
    multiples = [2.0**width * k + step for k in (1, 2, 3, 31, 2.0**20, 2.0**40) for step in (-1, 0, 1)]
    within = np.floor(rng.uniform(lo - 2.0**width, hi + 2.0**width, 20))
    codes = np.concatenate([np.array(near, np.float64), multiples, within])
    return np.concatenate([codes, -codes])


def inputs(shape: Shape, dtype: type[np.floating]) -> NDArray:
    """Edges and ties with both their neighbours in `dtype`, quarters, random numbers of many magnitudes, extremes."""
    width, integer, _ = shape
    rng = np.random.default_rng(abs(integer))
    limits = np.finfo(dtype)
    extreme = [1e-30, 1e30, 1e300, limits.max, limits.tiny, limits.smallest_subnormal, 3 * limits.smallest_subnormal]
    # the exponents are those of the format, then all that single precision has
    exponents = np.concatenate([rng.uniform(integer - width - 6, integer + 8, 90), rng.uniform(-149, 127, 30)])
    with np.errstate(over='ignore', under='ignore'):
        codes, ties, *quarters = (
            np.ldexp(edges(shape) + part, integer - width).astype(dtype) for part in (0, 0.5, 0.25, 0.75)
        )
        corners = np.concatenate([codes, ties])
        others = np.concatenate([2**exponents, extreme]).astype(dtype)
        neighbours = [np.nextafter(corners, dtype(side)) for side in (-np.inf, np.inf)]
    x = np.unique(np.concatenate([corners, *neighbours, *quarters, others, -others]))
    return np.append(x[np.isfinite(x)], dtype(-0.0))


def fits(shape: Shape, overflow: str, dtype: type[np.floating]) -> bool:
    """The law's own condition for exactness in `dtype`."""
    width, integer, signed = shape
    limits = np.finfo(dtype)
    eps = reference.power_of_two(integer - width)
    ends = [abs(code) * eps for code in reference.code_range(width, signed, overflow)]
    finite = max(ends) <= reference.exact(float(limits.max))
    return width - signed <= limits.nmant + 1 and eps >= reference.exact(float(limits.smallest_subnormal)) and finite


def integers(steps: NDArray) -> NDArray:
    return np.array([int(step) for step in steps.tolist()], object)


def admissible(shape: Shape, overflow: str, values: NDArray, codes: NDArray) -> NDArray:
    """Whether `values` are on the grid, in the range, and exact where their dtype can be, else at most an ulp off."""
    width, integer, signed = shape
    limits = np.finfo(values.dtype)
    lo, hi = reference.code_range(width, signed, overflow)
    steps = np.ldexp(values.astype(np.float64), width - integer)
    got, want = integers(steps), integers(codes)
    most = int(reference.exact(float(limits.max)) * reference.power_of_two(width - integer))
    least = max(0, width - integer + round(math.log2(limits.smallest_subnormal)))  # log2 of the finest step dtype has
    want = np.clip(want, -most, most)
    digits = np.array([max(abs(code).bit_length() - limits.nmant - 1, least) for code in want], object)
    ulp = np.array([1 << digit for digit in digits], object)
    close = np.where(want % ulp == 0, got == want, abs(got - want) <= ulp)
    return (steps == np.floor(steps)) & (got >= lo) & (got <= hi) & close


@pytest.mark.parametrize(
    'shape',
    [pytest.param(shape, marks=[] if shape in FEW else pytest.mark.test) for shape in SHAPES],
    ids=lambda shape: '{}{}_{}'.format('fu'[not shape[2]], *shape),
)
def test_codes_and_values_are_those_of_the_vendor(shape, vendor, tally):
    width, integer, signed = shape
    x = {dtype: inputs(shape, dtype) for dtype in FLOATS}
    together = np.concatenate([x[dtype].astype(np.float64) for dtype in FLOATS])
    ends = np.cumsum([x[dtype].size for dtype in FLOATS])[:-1]
    every = max(1, len(together) // 60)
    sample = together[::every]
    for overflow, n in reference.overflow_modes(width, signed):
        for rounding in reference.ROUNDINGS:
            mode = (rounding, overflow, n)
            spec = FixedQ(width, integer, signed, *mode)
            codes = vendor.codes(shape, *mode, together)
            for dtype, expected in zip(FLOATS, np.split(codes, ends), strict=True):
                compare(tally, spec, x[dtype], expected)
            exact = [reference.fixed_code(number, *shape, *mode) for number in sample.tolist()]
            theirs = codes[::every].astype(object)
            tally(REFERENCE_SOURCE, f'reference, {spec}', sample, np.array(exact, object), theirs)
    tally.check()


def compare(tally, spec: FixedQ, x: NDArray, codes: NDArray) -> None:
    shape, dtype = (spec.width, spec.integer, spec.signed), x.dtype.type
    got = spec.encode(x)
    assert got.dtype.kind in 'iu', got.dtype
    tally(SOURCE, f'encode, {spec}', x, got.astype(codes.dtype), codes)
    exact = fits(shape, spec.overflow, dtype)
    assert spec.fits(dtype) == exact, f'{spec}.fits({dtype.__name__}) is {not exact}'
    if spec.eps > np.finfo(dtype).max.item():
        with pytest.raises(ValueError, match=r"'dtype' must hold the step"):
            spec(x)
        return
    with warnings.catch_warnings():
        if not exact:
            warnings.simplefilter('ignore', PrecisionWarning)
        values = spec(x)
    assert values.dtype == x.dtype
    expected = np.ldexp(codes.astype(np.float64), spec.integer - spec.width)
    if exact:
        tally(SOURCE, spec, x, values, expected.astype(dtype))
    else:
        tally.note(SOURCE, spec, x, values, expected, admissible(shape, spec.overflow, values, codes))


def test_the_shapes_are_those_that_matter():
    assert len(set(SHAPES)) == len(SHAPES) >= 25
    assert set(FEW) < set(SHAPES)
    assert {1, 2, 8, 16, 24, 25, 33, 48, 53, 64} <= {width for width, _, _ in SHAPES}
    for signed in (False, True):
        assert any(integer < 0 for _, integer, s in SHAPES if s is signed)
        assert any(integer > width for width, integer, s in SHAPES if s is signed)


def test_an_unknown_type_is_refused(vendor):
    with pytest.raises(ValueError, match='not compiled'):
        vendor.codes((1, 1, True), 'RND', 'WRAP', 1, np.zeros(1))


def test_a_missing_compiler_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr('shutil.which', lambda name: None)
    with pytest.raises(RuntimeError, match=re.escape('g++ is missing: the comparison with the vendor needs')):
        Vendor(tmp_path)


def test_missing_headers_are_said(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(RuntimeError, match=re.escape('ap_fixed.h is missing: it ships inside the wheel of da4ml')):
        Vendor(tmp_path)


def test_a_failing_compilation_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(vendor_module, 'FLAGS', ('-std=no-such-standard',))
    broken = Vendor(tmp_path)
    with pytest.raises(RuntimeError, match=re.escape('g++ does not compile vendor.cpp')):
        broken.codes(FEW[0], 'RND', 'SAT', 0, np.zeros(1))
