"""Subnormal numbers are kept on NumPy, whatever another library has told the processor of this thread.

torch sets the flag here; new threads inherit it, so each test runs in a thread that sets it for itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from oracles.reference import fixed_code, minifloat_bits, minifloat_decoded
from quantizers import (
    BinaryQ,
    FixedQ,
    MinifloatQ,
    Spec,
    TernaryQ,
    binary_quantize_np,
    choose,
    float_decompose_np,
    float_quantize_np,
    get_fixed_quantizer_np,
)
from quantizers.analysis.quantize_files import quantize_files
from quantizers.backends import subnormals
from quantizers.backends.subnormals import flushed, subnormals_kept
from quantizers.files.arrays import stored_arrays

SMALLEST = {'float64': 5e-324, 'float32': 2.0**-149, 'float16': 2.0**-24}
SPECS: tuple[Callable[[], Spec], ...] = (
    lambda: FixedQ(8, -1040, True, 'TRN', 'SAT'),
    lambda: FixedQ(8, -1040, True, 'RND', 'WRAP'),
    lambda: FixedQ(8, -1040, True, 'RND_INF', 'WRAP_SM'),
    lambda: FixedQ(8, -140, True, 'RND_CONV', 'SAT_ZERO'),
    lambda: FixedQ(8, 3),
    lambda: FixedQ(8, 12, True, 'TRN', 'SAT'),
    lambda: FixedQ(100, -1000, True, 'TRN', 'SAT'),
    lambda: FixedQ(200, -1000, True, 'TRN', 'SAT'),
    lambda: MinifloatQ(3, 4, -1040),
    lambda: MinifloatQ(3, 4, -140),
    lambda: MinifloatQ(52, 11),
    lambda: MinifloatQ(3, 4),
    BinaryQ,
    TernaryQ,
)


def flushing(work: Callable[[], Any]) -> Any:
    """What `work` gives in a thread that takes subnormal numbers for zero, and still does after it."""
    results: list[Any] = []

    def run() -> None:
        assert torch.set_flush_denormal(True)
        try:
            assert flushed()
            results.append(work())
            assert flushed()
        finally:
            torch.set_flush_denormal(False)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert not flushed()
    assert results, 'the thread failed'
    return results[0]


def bits(results: Any) -> Any:
    """Arrays as bytes: comparing numbers is what the flag breaks."""
    return [(r.dtype, r.shape, r.tolist() if r.dtype == object else r.tobytes()) for r in results]


def inputs(dtype: str) -> np.ndarray:
    tiny = SMALLEST[dtype]
    steps = [n * tiny for n in (0, 1, 2, 3, 5, 7, 100, 1000)]
    return np.array([*steps, *(-x for x in steps), 1.25, -1.25, 100.5], dtype)


@pytest.mark.parametrize('dtype', SMALLEST)
@pytest.mark.parametrize('make', SPECS, ids=lambda make: repr(make()))
@pytest.mark.filterwarnings('ignore::quantizers.PrecisionWarning')
def test_calls_and_codes_are_the_same(make: Callable[[], Spec], dtype: str) -> None:
    x = inputs(dtype)
    numbers = [x[:, None][n] for n in range(x.size)]

    def work() -> Any:
        spec = make()  # a new one, whose constants are made here
        codes = spec.encode(x)
        few = [spec(x[n : n + 1]) for n in range(3) for _ in range(3)]
        scalars = [spec(n) for n in numbers for _ in range(3)] if dtype == 'float64' else []
        return bits([spec(x), spec(np.tile(x, 2000)), codes, spec.decode(codes), spec.to_bits(x), *few, *scalars])

    assert flushing(work) == work()


def test_constants_that_were_made_there_are_right_afterwards() -> None:
    spec, x = MinifloatQ(3, 4, -1040), inputs('float64')
    flushing(lambda: spec(x) is None)
    assert spec.encode(x).tolist() == [minifloat_bits(n, 3, 4, -1040) for n in x.tolist()]
    assert [float(v) for v in spec(x)] == [float(minifloat_decoded(c, 3, 4, -1040)) for c in spec.encode(x).tolist()]


def test_codes_are_those_of_the_law() -> None:
    spec, x = FixedQ(8, -1060, True, 'RND_CONV', 'SAT'), inputs('float64')
    expected = [fixed_code(n, 8, -1060, True, 'RND_CONV', 'SAT') for n in x.tolist()]
    assert flushing(lambda: spec.encode(x).tolist()) == expected
    assert any(expected[1:8])


@pytest.mark.parametrize('threads', [1, 4])
def test_threads_of_a_call_keep_them_too(threads: int) -> None:
    spec, x = FixedQ(8, -1040, True, 'TRN', 'SAT'), np.tile(inputs('float64'), 20_000)
    got = flushing(lambda: bits([spec(x, threads=threads)]))
    assert got == bits([spec(x)])


def test_the_functional_api() -> None:
    x, widths = inputs('float64'), np.array([[3], [4]])
    fixed = get_fixed_quantizer_np('TRN', 'SAT')

    def work() -> Any:
        return bits(
            [
                fixed(x, 1, -1040, 1045),
                fixed(x, 1, -1040, widths + 1040),
                float_quantize_np(x, 3, 4, -1040),
                float_quantize_np(x, widths, 4, -1040),
                *float_decompose_np(x, 3, 4, -1040),
                binary_quantize_np(x),
            ]
        )

    assert flushing(work) == work()


def test_formats_are_chosen_for_them_and_files_reported_with_them(tmp_path: Path) -> None:
    x = np.array([5e-324, -5e-324, 1e-310, -3e-309, 2.0**-1023, 1e-308])
    np.save(tmp_path / 'x.npy', x)
    spec = FixedQ(8, -1040, True, 'TRN', 'SAT')

    def work() -> Any:
        with stored_arrays(tmp_path / 'x.npy') as arrays:
            table = quantize_files({'x': spec}, arrays, tmp_path / 'q.npy', phase=lambda *_: lambda _: None)
        return choose(x, max_error=2.0**-1070, max_width=64).specs, table

    specs, table = flushing(work)
    assert specs == (FixedQ(48, -1022, True, 'RND', 'SAT'),)
    assert (specs, table) == work()


def test_where_it_cannot_be_had_it_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subnormals, '_floating_point_environment', lambda: None)
    spec = FixedQ(8, 3)

    def message() -> str:
        for call in (spec, spec.encode):
            with pytest.raises(RuntimeError, match=r'flushed to zero .*set_flush_denormal\(False\)'):
                call(1.0)
        return 'raised'

    assert flushing(message) == 'raised'
    assert spec(1.0) == 1.0


def test_an_error_inside_leaves_the_thread_as_it_was() -> None:
    def work() -> bool:
        with pytest.raises(ZeroDivisionError), subnormals_kept():
            raise ZeroDivisionError
        return flushed()

    assert flushing(work)
