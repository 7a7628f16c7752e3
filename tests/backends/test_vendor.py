"""No difference from the vendor's own ap_fixed: every rounding, overflow and N on all shapes of `oracles/vendor.py`."""

from __future__ import annotations

import importlib.util
import math
import re
import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from oracles import reference
from oracles import vendor as vendor_module
from oracles.fixed_inputs import edge_inputs
from oracles.vendor import FEW, SHAPES, Shape, Vendor
from quantizers import FixedQ, PrecisionWarning

FLOATS = (np.float64, np.float32, np.float16)
SOURCE = 'vendor comparison'
REFERENCE_SOURCE = 'vendor comparison of the reference'


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
    x = {dtype: edge_inputs(shape, dtype) for dtype in FLOATS}
    together = np.concatenate([x[dtype].astype(np.float64) for dtype in FLOATS])
    ends = np.cumsum([x[dtype].size for dtype in FLOATS])[:-1]
    every = max(1, len(together) // 60)
    sample = together[::every]
    for overflow, n in reference.overflow_modes(width, signed):
        for rounding in reference.OF_AP_FIXED:
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
