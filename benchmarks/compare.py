"""Time this package and quantizers 1.2.2 side by side on the same arrays; writes RESULTS.md.

Usage: compare.py FOLDER, where FOLDER is what `pip install --target FOLDER quantizers==1.2.2` made.
The two take turns, so that a busy machine slows both; each figure is the median of the turns.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator
from datetime import date
from importlib.util import module_from_spec, spec_from_file_location
from itertools import product
from pathlib import Path
from statistics import geometric_mean, median
from time import perf_counter
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import quantizers
from quantizers import BinaryQ, FixedQ, MinifloatQ, TernaryQ

Call = Callable[[NDArray[Any]], Any]
SIZE, TURNS = 8_000_000, 5
SMALL, SMALL_CALLS, SMALL_TURNS = 16, 2000, 15
# (k, i, f) = (1, 3, 4) reaches from -8 to 8
INPUTS = {'few overflow': 3.0, 'many overflow': 20.0}
ROUNDINGS = ('TRN', 'TRN_ZERO', 'RND', 'RND_MIN_INF', 'RND_INF', 'RND_ZERO', 'RND_CONV')


def load(path: Path) -> ModuleType:
    """A module of 1.2.2 by its file: its package would import Keras."""
    spec = spec_from_file_location(f'old_{path.stem}', path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases(old: Path) -> Iterator[tuple[str, Call, Call]]:
    """Every mode that both have: its name, our call, theirs."""
    fixed = load(old / 'fixed_point' / 'fixed_point_ops_np.py').get_fixed_quantizer_np
    minifloat = load(old / 'minifloat' / 'float_point_ops_np.py').float_quantize_np
    lowbit = load(old / 'binary' / 'binary_ops_np.py')
    modes = [*product(ROUNDINGS, ('WRAP', 'SAT', 'SAT_SYM')), ('RND', 'WRAP_SM'), ('RND_CONV', 'WRAP_SM')]
    for rounding, overflow in modes:
        theirs = fixed(rounding, overflow)
        ours = FixedQ.from_kif(1, 3, 4, rounding, overflow)
        yield f'`{rounding}` `{overflow}`', ours, lambda x, theirs=theirs: theirs(x, 1, 3, 4)
    yield 'minifloat m=3 e=4', MinifloatQ(3, 4), lambda x: minifloat(x, 3, 4)
    yield 'binary', BinaryQ(), lowbit.binary_quantize_np
    yield 'ternary', TernaryQ(), lowbit.ternary_quantize_np


def seconds(calls: tuple[Call, ...], x: NDArray[Any], turns: int, repeat: int = 1) -> list[float]:
    """The median time of each call on `x`, taken in turns after one turn that does not count."""
    times: list[list[float]] = [[] for _ in calls]
    for turn in range(turns + 1):
        for call, taken in zip(calls, times, strict=True):
            start = perf_counter()
            for _ in range(repeat):
                call(x)
            if turn:
                taken.append((perf_counter() - start) / repeat)
    return [median(taken) for taken in times]


def report(old: Path) -> Iterator[str]:
    """The lines of RESULTS.md."""
    yield '# Benchmark: this package beside quantizers 1.2.2\n'
    yield 'Written by `make bench`: both on the same arrays in one process, taking turns; medians.'
    yield f'{date.today()}, {platform.machine()}, {cpu()}, Python {platform.python_version()}, NumPy {np.__version__},'
    yield f'quantizers {quantizers.__version__}.\n'
    rng = np.random.default_rng(0)
    for name, spread in INPUTS.items():
        x = rng.normal(0, spread, SIZE).astype(np.float32)
        outside = float(np.mean((x < -8) | (x >= 8)))
        yield f'## {SIZE / 1e6:g} million float32, {name} ({outside:.1%} outside the range)\n'
        yield '| mode | ours, ms | 1.2.2, ms | ours / 1.2.2 |\n| --- | ---: | ---: | ---: |'
        ratios = []
        for mode, ours, theirs in cases(old):
            mine, other = seconds((ours, theirs), x, TURNS)
            ratios.append(mine / other)
            yield f'| {mode} | {1e3 * mine:.1f} | {1e3 * other:.1f} | {mine / other:.3f} |'
        yield f'\nGeometric mean {geometric_mean(ratios):.3f}, largest {max(ratios):.3f}.\n'
    yield f'## A call with {SMALL} float32\n'
    yield '| mode | ours, us | 1.2.2, us | ours / 1.2.2 |\n| --- | ---: | ---: | ---: |'
    x = rng.normal(0, 3, SMALL).astype(np.float32)
    for mode, ours, theirs in cases(old):
        mine, other = seconds((ours, theirs), x, SMALL_TURNS, SMALL_CALLS)
        yield f'| {mode} | {1e6 * mine:.2f} | {1e6 * other:.2f} | {mine / other:.3f} |'


def cpu() -> str:
    """The processor's name, as well as the system tells it."""
    info = Path('/proc/cpuinfo')
    names = [line for line in info.read_text().splitlines() if line.startswith('model name')] if info.exists() else []
    return f'{len(names)} x {names[0].split(":")[1].strip()}' if names else platform.processor()


def write(report: Callable[[Path], Iterator[str]], name: str) -> None:
    """Measure, print each line as it comes, and write them all beside this file."""
    lines = []
    for line in report(Path(sys.argv[1]) / 'quantizers'):
        print(line, flush=True)
        lines.append(line)
    Path(__file__).with_name(name).write_text('\n'.join(lines) + '\n')


if __name__ == '__main__':
    write(report, 'RESULTS.md')
