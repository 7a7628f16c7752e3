"""Floats by the thousand million: each format on many of all float32 here, on all of them by `make every-float32`."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from oracles import every_float, reference
from quantizers import FixedQ, MinifloatQ

SPECS = [*every_float.specs()]
SOURCE = 'float32 by the laws in integers'


def spread() -> Any:
    """Floats of all exponents and signs, and what is beside each of their codes and midpoints at 8 bits."""
    rng = np.random.default_rng(5)
    bits = rng.integers(0, 1 << 32, 1 << 17, np.uint32)
    steps = np.arange(-1025, 1026, dtype=np.float64) / 64  # half steps of eight bits, far beyond their range
    near = steps.astype(np.float32)
    close = np.concatenate([near, np.nextafter(near, np.float32(np.inf)), np.nextafter(near, np.float32(-np.inf))])
    special = np.array([0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 3.4e38], np.float32)
    return np.concatenate([bits.view(np.float32), close, special])


@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_the_laws_in_integers_are_the_laws(spec: Any) -> None:
    x = spread()[::37]
    wanted = []
    for number in x.tolist():
        if isinstance(spec, FixedQ):
            fields = (spec.width, spec.integer, spec.signed, spec.rounding, spec.overflow, spec.saturation_bits)
            value = reference.fixed_value(number, *fields)
        else:
            value = reference.minifloat_value(number, spec.mantissa_bits, spec.exponent_bits, spec.exponent_zero)
        result = np.float32(np.nan) if value is None else np.float32(float(value))
        assert value is None or Fraction(float(result)) == value
        wanted.append(
            np.copysign(result, np.float32(number)) if value == 0 and isinstance(spec, MinifloatQ) else result
        )
    q = np.array(wanted, np.float32)
    assert every_float.differences(spec, x, q).count == 0
    # and it sees the smallest difference
    some = np.flatnonzero(np.isfinite(q) & (q != 0))[::50]
    q[some] = np.nextafter(q[some], np.float32(0))
    found = every_float.differences(spec, x, q)
    assert found.count == some.size
    assert found.first == tuple(int(array[some[0]].view(np.uint32)) for array in (x, q))
    zeros = np.zeros(1, np.float32)
    assert every_float.differences(spec, zeros, -zeros).count == 1


@pytest.mark.parametrize('spec', SPECS, ids=repr)
def test_many_floats(spec: Any, tally: Any) -> None:
    x = spread()
    q = spec(x)
    found = every_float.differences(spec, x, q)
    assert found.count == 0, f'{np.uint32(found.first[0]).view(np.float32)!r} became {found.first[1]:08x}'
    tally(SOURCE, spec, x, q, q)
    tally.check()


@pytest.mark.exhaustive
@pytest.mark.parametrize('dtype', [np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize('width', range(1, 11))
def test_every_half_precision_float_through_every_small_format(width: int, dtype: Any, tally: Any) -> None:
    every = np.arange(1 << 16, dtype=np.uint16).view(dtype)
    wide = every.astype(np.float32)
    for signed in (True, False):
        for overflow, n in reference.overflow_modes(width, signed):
            for rounding in reference.ROUNDINGS:
                for integer in range(-2, 11):
                    spec = FixedQ(width, integer, signed, rounding, overflow, n)
                    if spec.fits(dtype):
                        q = spec(every).astype(np.float32)
                        assert every_float.differences(spec, wide, q).count == 0, spec
                        tally(SOURCE, spec, wide, q, q)
    tally.check()


def test_the_command_says_what_differs() -> None:
    code = """
import sys
from oracles import every_float
from quantizers import FixedQ
every_float.BLOCKS, every_float.PLAIN_EVERY = 2, 2
every_float.specs = lambda: [FixedQ(8, 3)]
if __name__ == '__main__':
    sys.exit(every_float.main())
"""
    env = os.environ | {'PYTHONPATH': os.pathsep.join([str(Path(every_float.__file__).parents[1]), *sys.path])}
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.rstrip().endswith('0 of 12,582,912 conversions differ from the laws')
