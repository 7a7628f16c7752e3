"""The same as `_rounded.py` by a loop that LLVM compiles, all of it in one pass for each number of bits kept."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..._maths.rounding import to_integer
from ...backends.program.arrangement import Layout
from ...backends.program.loops import Loop, compiled
from ...backends.program.operations import INT
from ...backends.program.program import Program
from ._rounded import MAXIMA, SUMS, Floats


def rounded(mode: str, mantissa: Floats, starts: NDArray[np.intp], bits: int, missing: int = 0) -> dict[str, Floats]:
    """See `_rounded.rounded`; the order of the sums is LLVM's."""
    found = np.zeros((starts.size, len(SUMS) + len(MAXIMA), bits + 1))
    widths = np.arange(bits + 1, dtype=np.int32)[None]
    loop = _loop(mode, missing)
    for tables, start, end in zip(found, starts.tolist(), [*starts[1:].tolist(), mantissa.size], strict=True):
        loop((1, bits + 1, end - start), widths, mantissa[start:end], *tables, along=1)
    step = 0.5 ** widths[0]
    units = {'up': 1.0, 'down': 1.0, **dict.fromkeys(MAXIMA, step)}
    return {name: found[:, n] * units.get(name, step**2) for n, name in enumerate((*SUMS, *MAXIMA))}


@cache
def _loop(mode: str, missing: int) -> Loop:
    program = Program('float64', extreme=False, normal=True)
    mantissa, kept = program.input('m', element=True), program.input('kept', INT, element=False)
    top = program.power2(kept)
    scaled = mantissa * top
    whole = to_integer(program, mode, scaled)
    error, size = program.abs(scaled - whole), program.abs(whole)
    largest = program.where(top > 2.0**missing, top - (1 + missing), top - 1) if missing else top - 1
    up, down = size > largest, size == top * program.half
    clipped = program.where(up, program.abs(scaled) - largest, 0.0)
    other, above = program.where(up, 0.0, error), program.where(up, error, 0.0)
    one = program.where(up, 1.0, 0.0)
    values = {'noise': other * other, 'up': one, 'up_noise': above * above, 'clipped_noise': clipped * clipped}
    values |= {'down': program.where(down, 1.0, 0.0), 'worst': other, 'up_worst': above, 'clipped_worst': clipped}
    for name in (*SUMS, *MAXIMA):
        program.result(name, values[name], 'kept', largest=name in MAXIMA)
    return compiled(program, Layout(again=True))
