"""Time packages that use this library, on it and on quantizers 1.2.2, each in a process of its own; writes CLIENTS.md.

Usage: clients.py FORMER, where FORMER is what `pip install --target FORMER --no-deps quantizers==1.2.2` made.
Environment variables: MINUTES is how long to take turns, one turn at least (15); CASES chooses those whose name has it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from common import Array, Column, Times, machine, slower, slower_list, table, write

MINUTES, CHOSEN = float(os.environ.get('MINUTES', '15')), os.environ.get('CASES', '')
FRAMEWORKS = 'torch', 'tensorflow', 'jax'
CASES = [
    *(('HGQ2', net, framework) for framework in FRAMEWORKS for net in ('dense', 'conv', 'attention')),
    *(('PQuantML', net, 'torch') for net in ('quantizer', 'layers')),
    *(('HGQ2 to hls4ml', net, 'torch') for net in ('dense', 'conv')),
]
PACKAGES = 'hgq2', 'hls4ml', 'pquant-ml', 'keras', 'torch', 'tensorflow-cpu', 'jax'
COLUMNS: dict[str, Column] = {'ours': ('ours', 1.0), '1.2.2': ('1.2.2', 1.0), 'ratio': ('ours', '1.2.2')}
INTRODUCTION = """# Benchmark: packages that use this library

Written by `make bench-clients`: training steps and what is done before and after them, on this library and on 1.2.2,
each in a process of its own, with the same seeds. Processes take turns; medians of {turns} turns. The first step has
what is traced and compiled; memory is the peak beyond that of the network that was built; `fit` is an epoch of 2,048,
in batches of 64, and `predict` the second call with as many. HGQ2's networks are dense (16-64-32-32-5), two
convolutions and two dense layers, and attention with two heads. hls4ml writes into a folder; nothing is compiled.
"""
Measured = dict[str, Array]


def run(case: tuple[str, ...], former: Path | None, folder: Path) -> Measured:
    """What client_nets.py measures in a process with one of the libraries."""
    client, net, framework = case
    file = folder / 'measured.npz'
    settings = {'KERAS_BACKEND': framework, 'TF_CPP_MIN_LOG_LEVEL': '3', 'CUDA_VISIBLE_DEVICES': ''}
    settings['PYTHONPATH'] = str(former) if former else ''
    command = [sys.executable, str(Path(__file__).with_name('client_nets.py')), client, net, str(file)]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f'{" ".join(case)} failed with {"1.2.2" if former else "this library"}:\n{done.stderr}')
    with np.load(file) as arrays:
        measured = dict(arrays)
    if (former is not None) != Path(str(measured.pop('origin'))).is_relative_to(former or folder):
        raise SystemExit(f'another library than that to be measured is used for {" ".join(case)}')
    return measured


def compared(ours: Measured, theirs: Measured) -> Iterator[str]:
    """In words, whether the results are the same."""
    for name in ours:
        if name.startswith('time '):
            continue
        a, b = ours[name], theirs[name]
        if np.array_equal(a, b):
            yield f'{name} equal to the bit'
        elif name == 'files':
            yield f'{np.sum(a != b)} of {a.size} files differ'
        else:
            yield f'**{name} differ** by up to {np.max(np.abs(a - b)):.2g}, of up to {np.max(np.abs(b)):.2g}'


def turns(former: Path) -> Iterator[dict[tuple[str, ...], tuple[Measured, Measured]]]:
    """What both libraries give in each case, turn by turn, until the next would take too long."""
    cases = [case for case in CASES if CHOSEN in ' '.join(case)]
    start, taken = perf_counter(), 0
    while not taken or (perf_counter() - start) * (1 + 1 / taken) < 60 * MINUTES:
        turn = {}
        for case in cases:
            with TemporaryDirectory() as folder:
                turn[case] = run(case, None, Path(folder)), run(case, former, Path(folder))
            print(f'{" ".join(case)}: {perf_counter() - start:.0f} s', file=sys.stderr)
        yield turn
        taken += 1


def report(former: Path) -> Iterator[str]:
    """The lines of CLIENTS.md."""
    started = machine()
    taken = list(turns(former.parent))
    measured: dict[str, Times] = {}
    results: dict[str, str] = {}
    for case, (ours, theirs) in taken[0].items():
        name = ', '.join(case)
        results[name] = '; '.join(compared(ours, theirs))
        for key in filter(lambda key: key.startswith('time '), ours):
            both = zip(('ours', '1.2.2'), range(2), strict=True)
            times = {who: np.array([float(turn[case][which][key]) for turn in taken]) for who, which in both}
            measured[f'{name}: {key.removeprefix("time ")}'] = times
    yield INTRODUCTION.format(turns=len(taken))
    yield f'{started},'
    yield ', '.join(f'{package} {version(package)}' for package in PACKAGES) + '.'
    yield from slower_list(slower('Ours', measured, [COLUMNS['ratio']]))
    yield '\n## Results\n'
    yield from (f'- {name}: {words}.' for name, words in results.items())
    yield '\n## Times and memory'
    yield from table(measured, COLUMNS, spread=False)


if __name__ == '__main__':
    write(report, 'CLIENTS.md')
