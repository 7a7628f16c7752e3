"""Every float32 there is through formats, compared with the laws in integers (`every_float.cpp`).

    python tests/oracles/every_float.py

All 2^32 inputs of each format in compiled loops, and one block in 64 by plain NumPy; each core has a process. Exits
with 1 where a result differs, and says for which input.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quantizers import FixedQ, MinifloatQ

SOURCE = Path(__file__).with_suffix('.cpp')
ROUNDINGS = ('TRN', 'TRN_ZERO', 'RND', 'RND_MIN_INF', 'RND_INF', 'RND_ZERO', 'RND_CONV')
ROUNDINGS += ('RND_CONV_ODD', 'CEIL', 'AWAY', 'TO_ODD')
OVERFLOWS = ('WRAP', 'SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP_SM')
BLOCK_BITS = 22
BLOCKS = 1 << (32 - BLOCK_BITS)
PLAIN_EVERY = 64


class Difference(NamedTuple):
    """How many results differ in a block, and the bits of the first input of them and of its result; None for none."""

    count: int
    first: tuple[int, int] | None


@cache
def _library() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, 'every_float.so')
        flags = ['-std=c++17', '-O2', '-Wall', '-Wextra', '-Werror', '-fPIC', '-shared']
        subprocess.run(['g++', *flags, str(SOURCE), '-o', str(path)], check=True)
        library = ctypes.CDLL(str(path))
    for function in (library.fixed_differences, library.minifloat_differences):
        function.restype = ctypes.c_int64
    return library


def differences(spec: FixedQ | MinifloatQ, x: NDArray[np.float32], q: NDArray[np.float32]) -> Difference:
    """Where `q`, the results for `x`, differ from the law."""
    library, first = _library(), ctypes.c_int64(-1)
    bits = [np.ascontiguousarray(array, np.float32).view(np.uint32) for array in (x, q)]
    given = [array.ctypes.data_as(ctypes.c_void_p) for array in bits]
    arguments = [*given, ctypes.c_int64(x.size), ctypes.byref(first)]
    if hasattr(spec, 'mantissa_bits'):
        count = library.minifloat_differences(*arguments, spec.mantissa_bits, spec.emin, spec.emax)
    else:
        modes = ROUNDINGS.index(spec.rounding), OVERFLOWS.index(spec.overflow), spec.saturation_bits
        count = library.fixed_differences(*arguments, spec.width, spec.f, int(spec.signed), *modes)
    return Difference(count, tuple(int(array.flat[first.value]) for array in bits) if count else None)  # type: ignore[arg-type]


def specs() -> Iterator[FixedQ | MinifloatQ]:
    """Every mode at 8 bits, saturation bits, 24 bits, and a minifloat of each branch of the formula."""
    from quantizers import FixedQ, MinifloatQ

    for overflow in OVERFLOWS:
        for rounding in ROUNDINGS:
            yield FixedQ(8, 3, True, rounding, overflow)
    for bits in (1, 2, 3):
        yield FixedQ(8, 3, True, 'RND', 'WRAP', bits)
        yield FixedQ(8, 3, True, 'RND_CONV', 'WRAP_SM', bits)
        yield FixedQ(8, 3, False, 'RND', 'WRAP', bits)
    yield from (FixedQ(24, 12), FixedQ(24, 12, True, 'RND', 'SAT'), FixedQ(8, 3, False, 'RND', 'SAT'))
    yield from (FixedQ(8, 40, True, 'TRN', 'WRAP'), FixedQ(8, -130, True, 'RND', 'SAT'))  # coarse, and subnormal
    yield from (MinifloatQ(3, 4), MinifloatQ(1, 2, 1), MinifloatQ(10, 5), MinifloatQ(20, 8))
    yield from (MinifloatQ(3, 5, -118), MinifloatQ(0, 1))  # steps below the normal numbers


def inputs(block: int) -> NDArray[np.float32]:
    """The floats of a block, whose bits follow each other."""
    start = block << BLOCK_BITS
    return np.arange(start, start + (1 << BLOCK_BITS), dtype=np.uint32).view(np.float32)


def _begin(how: str) -> None:
    os.environ['QUANTIZERS_NUMPY'] = how


def compared(spec: Any, block: int) -> Difference:
    """What differs in a block."""
    x = inputs(block)
    with np.errstate(all='ignore'):
        return differences(spec, x, spec(x))


def main() -> int:
    """Compare all, with a bar on the terminal."""
    from rich.progress import Progress, TextColumn, TimeRemainingColumn

    wrong = total = 0
    columns = (*Progress.get_default_columns()[:-1], TimeRemainingColumn(), TextColumn('{task.fields[wrong]} differ'))
    with Progress(*columns) as bars:
        for how, every in (('compiled', 1), ('plain', PLAIN_EVERY)):
            blocks = range(0, BLOCKS, every)
            task = bars.add_task(how, total=len(blocks) * len([*specs()]), wrong=0)
            with ProcessPoolExecutor(None, get_context('spawn'), _begin, (how,)) as pool:
                for spec in specs():
                    for block, found in zip(blocks, pool.map(compared, [spec] * len(blocks), blocks), strict=True):
                        wrong, total = wrong + found.count, total + (1 << BLOCK_BITS)
                        bars.update(task, advance=1, wrong=wrong)
                        if found.first is not None:
                            x, q = (np.uint32(bits).view(np.float32) for bits in found.first)
                            bars.print(f'{spec}, {how}, block {block}: {x.item().hex()} became {q.item().hex()}')
    print(f'{wrong:,} of {total:,} conversions differ from the laws')
    return int(wrong > 0)


if __name__ == '__main__':
    sys.exit(main())
