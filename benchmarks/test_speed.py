"""The calls that compare.py times, for pytest-benchmark: `pytest benchmarks --benchmark-only` shows them by group.

1.2.2 is where `make bench` puts it. `-k 'ap_fixed and SAT'` chooses types, `-k plain` a way, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from calls import SPECS, codes, fp8, quantize, values, widths
from common import Calls, use

LARGE = np.random.default_rng(0).normal(0, 3, 1 << 20).astype(np.float32)


def groups() -> Iterator[tuple[str, Calls]]:
    """All calls, by what they have in common."""
    for x in (LARGE, LARGE[:16]):
        for spec in SPECS:
            yield f'{spec.cpp_type} of {x.size}', quantize(spec, x, np.empty_like(x))
    for name, spec in fp8().items():
        yield f'{name} of {LARGE.size}', quantize(spec, LARGE, np.empty_like(LARGE))
    for name, calls in widths(LARGE.reshape(-1, 64)):
        yield f'widths, {name}', calls
    for name, calls in values(LARGE.size):
        yield f'values of {LARGE.size}, {name}', calls
    for size, *methods in (
        (LARGE.size, 'encode', 'decode'),
        (1 << 16, 'to_hex', 'from_hex'),
        (1 << 16, 'to_bin', 'from_bin'),
    ):
        for name, calls in codes(LARGE[:size], *methods):
            yield f'codes of {size}, {name}', calls


CASES = [pytest.param(group, *call, id=f'{group}-{name}') for group, calls in groups() for name, call in calls.items()]


@pytest.mark.parametrize(('group', 'binding', 'call'), CASES)
def test_speed(benchmark: Any, group: str, binding: str, call: Any) -> None:
    """One call, in the table of its group."""
    benchmark.group = group
    use(binding)
    benchmark(call)
