"""Time forward and backward passes under JAX: this package beside quantizers 1.2.2 and a ReLU; writes KERAS.md.

Usage: compare_keras.py FOLDER, where FOLDER is what `pip install --target FOLDER quantizers==1.2.2` made.
All take turns, so that a busy machine slows all; each figure is the median of the turns.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

os.environ['KERAS_BACKEND'] = 'jax'

import jax
import keras
import numpy as np
from compare import cpu, load, write

import quantizers
from quantizers import FixedQ, get_fixed_quantizer

SHAPE, TURNS, CALLS = (62500, 64), 12, 6
Pass = Callable[..., Any]


def backward_pass(function: Pass, differentiated: int) -> Pass:
    """The result of `function(x, i, f)` and the gradients to its first arguments, under `jit`."""

    def run(g: jax.Array, *arguments: jax.Array) -> Any:
        wanted, rest = arguments[:differentiated], arguments[differentiated:]
        result, pull = jax.vjp(lambda *wanted: function(*wanted, *rest), *wanted)
        return result, pull(g)

    return jax.jit(run)


def medians(passes: dict[str, Pass], *arguments: jax.Array) -> dict[str, float]:
    """The median time of each pass in seconds, taken in turns of some calls, after one turn that does not count.

    Nor does the first call of a turn, which pays for the memory that the others gave back.
    """
    times: dict[str, list[float]] = {name: [] for name in passes}
    for turn in range(TURNS + 1):
        for name, run in passes.items():
            for call in range(CALLS):
                start = perf_counter()
                jax.block_until_ready(run(*arguments))
                if turn and call:
                    times[name].append(perf_counter() - start)
    return {name: median(taken) for name, taken in times.items()}


def report(old: Path) -> Iterator[str]:
    """The lines of KERAS.md."""
    yield '# Benchmark: forward and backward under JAX\n'
    yield 'Written by `make bench-keras`: all on the same arrays in one process under `jit`, taking turns of'
    yield f'{CALLS} calls, of which the first does not count; medians.'
    yield f'{date.today()}, {platform.machine()}, {cpu()}, Python {platform.python_version()},'
    yield f'Keras {keras.__version__}, JAX {jax.__version__}, quantizers {quantizers.__version__}.\n'
    yield f'{SHAPE[0]} x {SHAPE[1]} float32, k = 1, i = 2, f = 4; `i` and `f` are tensors of shape ({SHAPE[1]},).\n'
    rng = np.random.default_rng(0)
    x, g = (keras.ops.convert_to_tensor(rng.normal(0, 2, SHAPE).astype(np.float32)) for _ in 'xg')
    i, f = (keras.ops.full(SHAPE[1:], width, 'float32') for width in (2, 4))
    former = load(old / 'fixed_point' / '_fixed_point_ops.py')._get_fixed_quantizer
    yield '## Gradients to `x`, `i` and `f`\n'
    yield '| mode | ours, ms | 1.2.2, ms | ours / 1.2.2 |\n| --- | ---: | ---: | ---: |'
    for modes in (('RND', 'SAT'), ('RND_CONV', 'SAT_SYM'), ('TRN', 'SAT'), ('RND', 'WRAP')):
        ours, theirs = get_fixed_quantizer(*modes), former(*modes)
        passes = {
            'ours': backward_pass(lambda x, i, f, q=ours: q(x, 1, i, f), 3),
            'theirs': backward_pass(lambda x, i, f, q=theirs: q(x, 1.0, i, f), 3),
        }
        taken = medians(passes, g, x, i, f)
        mine, other = taken['ours'], taken['theirs']
        yield f'| `{modes[0]}` `{modes[1]}` | {1e3 * mine:.2f} | {1e3 * other:.2f} | {mine / other:.3f} |'
    yield '\n## The gradient to `x` alone\n'
    yield '| what | ms | to a ReLU |\n| --- | ---: | ---: |'
    ours, spec = get_fixed_quantizer('RND', 'SAT'), FixedQ.from_kif(1, 2, 4, 'RND', 'SAT')
    passes = {
        'ReLU': backward_pass(lambda x, i, f: jax.nn.relu(x), 1),
        '`RND` `SAT`, widths per channel': backward_pass(lambda x, i, f: ours(x, 1, i, f), 1),
        '`FixedQ(7, 3, True, "RND", "SAT")`': backward_pass(lambda x, i, f: spec(x), 1),
    }
    taken = medians(passes, g, x, i, f)
    for name, time in taken.items():
        yield f'| {name} | {1e3 * time:.2f} | {time / taken["ReLU"]:.3f} |'


if __name__ == '__main__':
    write(report, 'KERAS.md')
