"""Fixed point has the same bits on every backend as the vendor's headers and exact arithmetic, eager and compiled."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from oracles.dtypes import BFLOAT16
from oracles.fixed_cases import MODES, Cases, fixed_cases, fixed_specs, hard_inputs, holds_step, vendor_part
from oracles.frameworks import EAGER
from oracles.reference import ROUNDINGS
from quantizers import PrecisionWarning, get_fixed_quantizer

FLOATS = [np.float32, np.float64, np.float16, BFLOAT16]
# each takes half a minute: float32 alone is in the ring of minutes
FLOAT32_FIRST = [np.float32, *(pytest.param(dtype, marks=pytest.mark.test_all) for dtype in FLOATS[1:])]
PARTS = 3
# float32 has every mode of overflow; the others, which run through the same formulas, take turns to keep this short
TURNS = [
    (*mode, np.dtype(dtype))
    for n, mode in enumerate(MODES)
    for dtype, turn in zip(FLOATS, (True, n % 2 == 0, n % 4 == 1, n % 4 == 3), strict=True)
    if turn
]


def compare(tally, framework, way: str, what: str, cases: Cases, got: Any, codes: Any, mode: tuple) -> None:
    """Count differences from the law; a subnormal number may count as zero where the framework flushes it."""
    _, overflow, bits = mode
    assert got.dtype == cases.x.dtype
    assert got.shape == cases.x.shape
    equal = cases.equal(got, codes, overflow)
    if framework.flushes:
        equal |= cases.flushed(got, codes, bits)
    for source, part in cases.sources.items():
        of = f'{framework.name} {way}, {source}'
        tally.note(of, f'{what} {way}', cases.x[part], got[part], codes[part], equal[part])


@pytest.mark.exhaustive
@pytest.mark.parametrize(('overflow', 'bits', 'dtype'), TURNS, ids=str)
def test_every_format_by_widths_in_arrays(overflow, bits, dtype, framework, vendor, tally):
    """One call, and one compiled function, has the widths of every format as arrays."""
    cases = fixed_cases(dtype, vendor, bits, overflow)
    quantizers = [get_fixed_quantizer(rounding, overflow, bits) for rounding in ROUNDINGS]

    widths = [framework.tensor(width, np.float32) for width in (cases.k, cases.i, cases.f)]
    x = framework.tensor(cases.x)
    codes = [cases.codes((rounding, overflow, bits)) for rounding in ROUNDINGS]
    for way in framework.all_ways:
        # what takes long has one rounding of each overflow mode, and all of them together all roundings
        turns = compiled_roundings(framework, way, (overflow, bits), dtype)
        some = [quantizers[turn] for turn in turns]

        def together(x, k, i, f, some=some):
            return [quantize(x, k, i, f) for quantize in some]

        results = framework.made(way, together)(x, *widths) if some else []
        for turn, result in zip(turns, results, strict=True):
            mode = ROUNDINGS[turn], overflow, bits
            compare(tally, framework, way, f'{mode}', cases, framework.array(result), codes[turn], mode)
    tally.check()


def compiled_roundings(framework, way: str, overflow: tuple[str, int], dtype: Any) -> range:
    """Which roundings are made this way; those of 16 bits, which are computed as float32, by one compiler only."""
    turn = (MODES.index(overflow) + FLOATS.index(dtype)) % len(ROUNDINGS)
    if way == EAGER:
        return range(turn, turn + 1) if framework.compiles_calls else range(len(ROUNDINGS))
    if framework.compiles_slowly:
        wanted = dtype == np.float32 or (dtype == np.float64 and overflow in (('SAT', 0), ('WRAP_SM', 0)))
        return range(turn, turn + wanted)
    return range(len(ROUNDINGS) if np.dtype(dtype).itemsize > 2 or way == next(iter(framework.compilers)) else 0)


@pytest.mark.parametrize('dtype', FLOAT32_FIRST, ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize('part', range(PARTS))
def test_a_hundred_specs(part, dtype, framework, vendor, tally):
    """In one compiled function; eager calls that are compiled, too, are of every third."""
    specs = [spec for spec in fixed_specs()[part::PARTS] if holds_step((spec.width, spec.integer), dtype)]
    shapes = [(spec.width, spec.integer, spec.signed) for spec in specs]
    cases = [Cases(specs=[vendor_part(vendor, shape, hard_inputs(shape, np.dtype(dtype)))]) for shape in shapes]

    # of one size, so that an eager operation is compiled once
    most = max(case.x.size for case in cases)
    tensors = [framework.tensor(np.resize(case.x, most)) for case in cases]
    for way in framework.ways:
        some = range(0, len(specs), 3 if way == EAGER and framework.compiles_calls else 1)

        def together(*several, some=some):
            return [specs[n](x) for n, x in zip(some, several, strict=True)]

        with warnings.catch_warnings():
            warnings.simplefilter('ignore', category=PrecisionWarning)
            results = framework.made(way, together)(*(tensors[n] for n in some))
        for n, result in zip(some, results, strict=True):
            spec, case, got = specs[n], cases[n], framework.array(result)
            mode = spec.rounding, spec.overflow, spec.saturation_bits
            compare(tally, framework, way, repr(spec), case, got[: case.x.size], case.codes(mode), mode)
    tally.check()


def test_there_are_about_a_hundred_specs_of_all_modes():
    specs = fixed_specs()
    assert 70 <= len(specs) <= 120
    assert {spec.rounding for spec in specs} == set(ROUNDINGS)
    assert {(spec.overflow, spec.saturation_bits) for spec in specs} == set(MODES)
    assert {spec.signed for spec in specs} == {True, False}
