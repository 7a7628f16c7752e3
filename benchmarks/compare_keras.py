"""Time Keras' tensors beside a ReLU and quantizers 1.2.2, each framework in a process of its own; writes KERAS.md.

Usage: compare_keras.py FOLDER, where FOLDER is what `pip install --target FOLDER quantizers==1.2.2` made.
All that is compared takes turns in one process, so that a busy machine slows all. The environment variable BUDGET is
how many seconds each side of a cell gets: BUDGET=0.03 for a trial.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from common import machine, slower_list, write

# the framework, and the environment variable QUANTIZERS_NUMPY
PROCESSES = {
    'JAX': ('jax', ''),
    'TensorFlow': ('tensorflow', ''),
    'PyTorch': ('torch', ''),
    'PyTorch without llvmlite': ('torch', 'plain'),
}
INTRODUCTION = """# Benchmark: tensors of Keras

Written by `make bench-keras`: what is compared takes turns on the same arrays in one process. Medians of the turns, and
of the ratios in each turn. A ratio is our time to that of the other, so below 1 we are faster. llvmlite is installed,
but where it is said to be off (`QUANTIZERS_NUMPY=plain`).

Widths as tensors are float32 of whole numbers, as HGQ2 gives them, for the whole array (scalar), for each column
(channel) or for each number (element); gradients are those to `x` and to the widths, but to `k`. Stochastic rounding of
1.2.2 draws nothing, so what is compared there is 1.2.2 of `x` and a `keras.random.uniform`. A minifloat of 1.2.2 takes
widths of `x`'s shape, to which they are broadcast, as HGQ2 does it; its gradient to `x` is the incoming one everywhere.
A ReLU is one pass over the memory.
"""
AIMS = """
## Aims

Nowhere slower than 1.2.2, in no cell by more than 10 %, but 50 % under PyTorch without llvmlite. Forward, compiled, 1.2
times a ReLU at most, and minifloats 3 times; the gradient to `x` alone 1.2 times a ReLU; for the backward pass the
input, the result and the widths. Where that is missed:

- Of an array that the cache holds, `WRAP_SM`, and `WRAP` and `SAT_ZERO` with roundings other than TRN and RND_CONV,
  are computed longer than it is read and written: up to 35 operations an element, where a ReLU is one. Of a larger
  array the memory is the limit, and all take nearly its time.
- The gradient to `x` alone: two comparisons where a ReLU makes one.
"""


def section(old: Path, title: str) -> dict[str, object]:
    """What the process of this title measured."""
    # what the frameworks log at their start is no news
    settings = {'KERAS_BACKEND': PROCESSES[title][0], 'TF_CPP_MIN_LOG_LEVEL': '3'}
    command = [sys.executable, __file__, str(old), '--section', title]
    done = subprocess.run(command, env=os.environ | settings, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def report(old: Path) -> Iterator[str]:
    """The lines of KERAS.md."""
    started = machine()
    sections = [section(old, title) for title in PROCESSES]
    yield INTRODUCTION
    yield f'{started}, Keras {version("keras")}.'
    yield AIMS.rstrip()
    cells = [(ratio, words) for part in sections for ratio, words in part['slower']]
    yield f'\n{sum(part["cells"] for part in sections)} cells stand beside 1.2.2.'
    yield from slower_list(cells)
    for part in sections:
        yield from part['lines']


def measure(old: Path, title: str) -> None:
    """Print what this process measures, as JSON."""
    from tensor_tables import Section

    part = Section(old, title, *PROCESSES[title])
    lines = list(part.lines())
    print(json.dumps({'lines': lines, 'cells': part.cells, 'slower': part.slower}))


if __name__ == '__main__':
    if '--section' in sys.argv:
        measure(Path(sys.argv[1]), sys.argv[-1])
    else:
        write(report, 'KERAS.md')
