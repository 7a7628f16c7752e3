"""Time this package beside others and beside a copy, on the same arrays; writes RESULTS.md and RESULTS.png.

`make bench` installs the others and calls it; the environment variable SIZE is the number of elements of large arrays,
and BUDGET how many seconds each call gets.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from importlib.metadata import version
from itertools import product
from pathlib import Path
from time import perf_counter

import numpy as np
from calls import BINDINGS, SPECS, codes, fp8, other_kinds, quantize, quantize_anew, values, widths
from common import SLOWER, Cells, Column, Times, aim, aims, in_turns, machine, slower, slower_list, table, use, write

import quantizers
from quantizers import FixedQ, MinifloatQ

SIZE = int(os.environ.get('SIZE', '8_000_000'))
FEWER, SMALL = min(SIZE, 1 << 20), 16
SMALL_SHAPES = (16,), (64, 32), (256, 512)
slow: Cells = []  # cells of small arrays that are slower than 1.2.2
# with the standard deviation; most of SPECS reach from -8 to 8
INPUTS = (('float32', 'few overflow', 3), ('float32', 'many overflow', 20), ('float64', 'few overflow', 3))
OTHERS = {'1.2.2': 'D', 'apytypes': 'v', 'fxpmath': 'P', 'gfloat': 'X', 'ml_dtypes': '*'}  # and their markers
PACKAGES = ('quantizers', 'numpy', 'llvmlite', *list(OTHERS)[1:])
# the reasons of misses that are known
WHY = {
    'compiled': '`WRAP_SM` and saturation bits compute longer than the copy reads and writes',
    'plain channel': 'each pass reads a constant for each channel, and `WRAP` makes most passes',
    'encode': 'NumPy rounds, scales, converts and masks in a pass each; LLVM does all in one',
    'plain element': 'NumPy looks up the constants of each element',
    'compiled element': 'NumPy looks up the constants of each element, compiled too',
}
FIRST_CALL = """
from time import perf_counter
start = perf_counter()
import numpy
imported = perf_counter()
from quantizers import BinaryQ, FixedQ, MinifloatQ
spec, x, before = {spec!r}, numpy.ones(16, numpy.float32), perf_counter()
BinaryQ()(x)
first = perf_counter()
spec(x)
print(imported - start, first - before, perf_counter() - first)
"""


def beside_others(rng: np.random.Generator) -> Iterator[str]:
    """The packages side by side, and a picture of it."""
    x, measured = rng.normal(0, 3, FEWER).astype(np.float32), {}
    for spec in SPECS:
        calls = quantize(spec, x, np.empty_like(x))
        for name in calls.keys() & OTHERS.keys():
            if np.mean(calls[name][1]() != spec(x)) > 1e-5:
                raise ValueError(f'{name} gives other values of {spec.cpp_type}')
        if len(calls.keys() & OTHERS.keys()) > 1:
            measured[spec.cpp_type] = in_turns(calls, [*OTHERS, 'plain', 'copy', 'compiled'])
    yield f'\n## {FEWER:,} float32, beside other packages\n'
    yield 'From an array of floats to a new array of floats of the same values, which is checked. ns are per element.\n'
    yield '![time per element by type and package](RESULTS.png)'
    own: dict[str, Column] = {f'{name}, ns': (name, 1e-9 * FEWER) for name in ('copy', 'plain', 'compiled')}
    yield from table(measured, own | {f'{name} / plain': (name, 'plain') for name in OTHERS})
    draw(measured)


def casts_to_fp8(rng: np.random.Generator) -> Iterator[str]:
    """FP8 with its NaN and Inf, as the dtypes of ml_dtypes have it."""
    columns: dict[str, Column] = {'copy, ns': ('copy', 1e-9 * FEWER), 'plain, ns': ('plain out', 1e-9 * FEWER)}
    columns |= {'compiled / copy': ('compiled out', 'copy')}
    columns |= {f'{name} / plain': (name, 'plain') for name in ('gfloat', 'ml_dtypes')}
    for what, spread in (('all in range', 3), ('some out of range', 300)):
        x, measured = rng.normal(0, spread, FEWER).astype(np.float32), {}
        if spread == 3:
            x = x.clip(-14, 14)  # which float8_e3m4 holds
        for name, spec in fp8().items():
            calls = quantize(spec, x, np.empty_like(x))
            for other in calls.keys() & OTHERS.keys():
                if not np.array_equal(calls[other][1](), spec(x), equal_nan=True):
                    raise ValueError(f'{other} gives other values of {name}')
            measured[name] = in_turns(calls, ['gfloat', 'ml_dtypes', 'copy', 'plain', 'plain out', 'compiled out'])
        yield f'\n## Casts of {FEWER:,} float32 to FP8, {what}\n'
        yield 'To the values of a dtype of ml_dtypes, which are those of the other packages. ns are per element.'
        yield from table(measured, columns)
        aim(f'FP8, {what}, plain', measured, ('plain out', 1e-9 * FEWER), 'ns per element', 3)
        aim(f'FP8, {what}, compiled', measured, ('compiled out', 'copy'), 'copies', 1.5)


def the_other_kinds(rng: np.random.Generator) -> Iterator[str]:
    """Floats of 16 bits, powers of two, affine integers, and blocks that share a scale."""
    x, measured = rng.normal(0, 3, FEWER).astype(np.float32).reshape(-1, 64), {}
    for name, spec in other_kinds().items():
        measured[name] = in_turns(quantize_anew(spec, x, np.empty_like(x)), ['copy', 'plain', 'compiled'])
    yield f'\n## {FEWER:,} float32 in the other kinds\n'
    yield 'In rows of 64; blocks lie along them. To a new array. ns are per element.'
    own: dict[str, Column] = {f'{name}, ns': (name, 1e-9 * FEWER) for name in ('copy', 'plain', 'compiled')}
    yield from table(measured, own | {'plain / copy': ('plain', 'copy'), 'compiled / copy': ('compiled', 'copy')})


def draw(measured: dict[str, Times]) -> None:
    """RESULTS.png: a marker for each package at the median, on a line from the fastest to the slowest turn."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(9, 0.36 * len(measured) + 1.4), layout='constrained')
    axes = picture.subplots()
    labels = {'copy': 'copy (np.copyto)', '1.2.2': 'quantizers 1.2.2'}
    labels |= {name: f'quantizers {quantizers.__version__}, {name}' for name in BINDINGS}
    for name, marker in {'copy': '|', 'compiled': 'o', 'plain': 's', **OTHERS}.items():
        have = {row: 1e9 / FEWER * times[name] for row, times in enumerate(measured.values()) if name in times}
        low, middle, high = np.percentile(list(have.values()), (0, 50, 100), axis=1)
        style = {'color': 'black', 'markerfacecolor': 'black' if name in BINDINGS else 'white', 'elinewidth': 0.8}
        axes.errorbar(
            middle, list(have), None, (middle - low, high - middle), marker, **style, label=labels.get(name, name)
        )
    axes.set(xscale='log', xlabel='time per element / ns', ylabel='type in C++', ylim=(len(measured) - 0.5, -0.5))
    axes.set_yticks(range(len(measured)), list(measured))
    axes.grid(axis='x', color='0.85')
    picture.legend(loc='outside upper center', ncols=4, frameon=False)
    picture.savefig(Path(__file__).with_name('RESULTS.png'), dpi=100)


def large_arrays(rng: np.random.Generator) -> Iterator[str]:
    """Every mode and format: time and peak memory."""
    for dtype, name, spread in INPUTS:
        x = rng.normal(0, spread, SIZE * 4 // np.dtype(dtype).itemsize).astype(dtype)
        former = ['1.2.2'] if (dtype, spread) == ('float32', 3) else []
        measured: dict[str, Times] = {}
        for spec in SPECS:
            calls = quantize(spec, x, np.empty_like(x))
            names = ['copy', 'plain', 'plain out', 'compiled out', 'all cores out']
            times = in_turns(calls, [*former, *names])
            for call in ('plain', 'plain out'):
                use('plain')
                tracemalloc.start()
                calls[call][1]()
                beyond = tracemalloc.get_traced_memory()[1] - (x.nbytes if call == 'plain' else 0)
                tracemalloc.stop()
                times[f'{call}, memory'] = np.array([beyond / 2**20])
            measured[spec.cpp_type] = times
        yield f'\n## {x.size / 1e6:g} million {dtype}, {name}\n'
        yield f'{np.mean((x < -8) | (x >= 8)):.1%} are outside of -8 to 8. What is compared with the copy writes'
        yield 'into an array `out`, as the copy does; `all cores` is compiled, with `threads=None`. ns are per element.'
        ns, to_copy = 1e-9 * x.size, {'plain': 'plain out', 'compiled': 'compiled out', 'all cores': 'all cores out'}
        columns: dict[str, Column] = {'copy, ns': ('copy', ns), 'plain, ns': ('plain', ns)}
        columns |= {f'{label} / copy': (call, 'copy') for label, call in to_copy.items()}
        yield from table(measured, columns | {f'{name} / plain': (name, 'plain') for name in former})
        if dtype == 'float32':
            aim(f'Plain, {dtype}, {name}', measured, ('plain out', 'copy'), 'copies', 32, median=15)
            aim(f'Memory beyond input and result, {dtype}, {name}', measured, ('plain, memory', 1.0), 'MiB', 2)
            aim(f'Memory with `out`, {dtype}, {name}', measured, ('plain out, memory', 1.0), 'MiB', 2)
        floats = {label: times for label, times in measured.items() if label.startswith('ap_minifloat')}
        rest = {label: times for label, times in measured.items() if label not in floats}
        aim(f'Compiled, {dtype}, {name}', rest, ('compiled out', 'copy'), 'copies', 1.5, why=WHY['compiled'])
        aim(f'Compiled minifloats, {dtype}, {name}', floats, ('compiled out', 'copy'), 'copies', 2)


def first_calls(_: np.random.Generator) -> Iterator[str]:
    """The first compiled call of a process, and the first one of another mode."""
    measured = {}
    for spec in (FixedQ(8, 4), FixedQ(8, 4, True, 'RND_CONV', 'WRAP_SM'), MinifloatQ(3, 4)):
        command, times = [sys.executable, '-c', FIRST_CALL.format(spec=spec)], []
        for _ in range(7):
            environment = {**os.environ, 'QUANTIZERS_NUMPY': 'compiled'}
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            times.append([float(number) for number in done.stdout.split()])
        measured[spec.cpp_type] = dict(zip(('import', 'first', 'next'), np.array(times).T, strict=True))
    yield '\n## The first compiled call of a process, beside `import numpy`\n'
    yield 'With the import of LLVM; then a call of this type, where one of another mode went before.'
    columns: dict[str, Column] = {'import numpy, s': ('import', 1.0), 'the first call / import': ('first', 'import')}
    columns['another mode / import'] = 'next', 'import'
    yield from table(measured, columns)
    aim('First call, compiling', measured, ('first', 'import'), 'times `import numpy`', 3)
    aim('Each further mode, compiling', measured, ('next', 'import'), 'times `import numpy`', 1)


def small_arrays(rng: np.random.Generator) -> Iterator[str]:
    """A call with few elements."""
    x, measured = rng.normal(0, 3, SMALL).astype(np.float32), {}
    for spec in SPECS:
        calls = quantize(spec, x, np.empty_like(x))
        measured[spec.cpp_type] = in_turns(calls, ['plain', 'compiled', '1.2.2'], turns=9)
    yield f'\n## A call with {SMALL} float32'
    columns: dict[str, Column] = {'plain, us': ('plain', 1e-6), 'compiled, us': ('compiled', 1e-6)}
    yield from table(measured, columns | {'1.2.2 / plain': ('1.2.2', 'plain')})
    both = {label: times for label, times in measured.items() if '1.2.2' in times}
    for who in BINDINGS:
        aim(f'{SMALL} elements, {who}', both, (who, '1.2.2'), "times 1.2.2's time", SLOWER)
    slow.extend(slower(f'{SMALL}, a spec', both, [(who, '1.2.2') for who in BINDINGS]))


def functions(rng: np.random.Generator) -> Iterator[str]:
    """The functional API on small arrays, beside 1.2.2."""
    yield '\n## Bit widths as arguments, beside 1.2.2\n'
    yield 'Scalar widths are Python ints, those per channel (column) or per element arrays of int64.'
    columns: dict[str, Column] = {f'{who}, us': (who, 1e-6) for who in (*BINDINGS, '1.2.2')}
    columns |= {f'{who} / 1.2.2': (who, '1.2.2') for who in BINDINGS}
    for shape in SMALL_SHAPES:
        size, measured = ' x '.join(map(str, shape)), dict[str, Times]()
        for name, calls in widths(rng.normal(0, 3, shape).astype(np.float32)):
            for what in ('scalar', 'channel', 'element') if len(shape) > 1 else ('scalar', 'element'):
                chosen = {who: calls[call] for who in (*BINDINGS, '1.2.2') if (call := f'{who} {what}') in calls}
                measured[f'{name}, {what}'] = in_turns(chosen)
        yield f'\n### {size} float32'
        yield from table(measured, columns)
        both = {label: times for label, times in measured.items() if '1.2.2' in times}
        for who in BINDINGS:
            aim(f'Functions, {size}, {who}', both, (who, '1.2.2'), "times 1.2.2's time", SLOWER)
        slow.extend(slower(size, both, [(who, '1.2.2') for who in BINDINGS]))


def array_widths(rng: np.random.Generator) -> Iterator[str]:
    """Bit widths for each channel and for each element, beside those of a scalar and a copy of what is read."""
    x = rng.normal(0, 3, (SIZE // 128, 64)).astype(np.float32)
    measured = {}
    for name, calls in widths(x):
        names = [call for call in calls if not call.startswith('1.2.2')]
        measured[name] = in_turns(calls, names)
    yield f'\n## Bit widths as arrays: {x.shape[0]} x {x.shape[1]} float32\n'
    yield 'ns per element with scalars, and times that with other widths in each channel and each element; and times a'
    yield 'copy of all arrays that are read, `x` and the widths of each element, which are int64.'
    columns: dict[str, Column] = {}
    for binding in BINDINGS:
        columns[f'{binding}, scalar, ns'] = f'{binding} scalar', 1e-9 * x.size
        for what, limit in (('channel', 2), ('element', 6)):
            column = columns[f'{binding}, {what} / scalar'] = f'{binding} {what}', f'{binding} scalar'
            why = WHY.get(f'{binding} {what}', '')
            aim(f'Widths per {what}, {binding}', measured, column, 'times a scalar', limit, why=why)
        columns[f'{binding}, element / copy'] = f'{binding} element', 'copy element'
    aim('Widths per element, compiled', measured, ('compiled element', 'copy element'), 'copies of all arrays read', 3)
    yield from table(measured, columns)


def raw_bits(rng: np.random.Generator) -> Iterator[str]:
    """Codes and texts."""
    every = rng.normal(0, 3, SIZE).astype(np.float32)
    yield '\n## Codes and texts\n'
    yield 'A copy is that of the floats, which go in as float32 and come out as float64; ns are per value.'
    for writer, reader in (('encode', 'decode'), ('to_hex', 'from_hex'), ('to_bin', 'from_bin')):
        x = every if writer == 'encode' else every[:FEWER]
        measured = {name: in_turns(calls) for name, calls in codes(x, writer, reader)}
        yield f'\n{x.size:,} values'
        columns: dict[str, Column] = {}
        for method, binding in product((writer, reader), BINDINGS):
            call = f'{method} {binding}'
            column = columns[f'`{method}`, {binding}, ns'] = call, 1e-9 * x.size
            to_copy = columns[f'`{method}`, {binding} / copy'] = call, f'{method} copy'
            if writer == 'encode':
                aim(f'`{method}`, {binding}', measured, to_copy, 'copies', 4, why=WHY['encode'])
            else:
                aim(f'`{method}`, {binding}', measured, column, 'ns per value (5 million a second)', 200)
        yield from table(measured, columns)


def computing(_: np.random.Generator) -> Iterator[str]:
    """Arrays that compute."""
    measured = {name: in_turns(calls, turns=9) for name, calls in values(FEWER)}
    yield f'\n## Values that compute: {FEWER:,} of 16 and 12 bits\n'
    yield 'Beside the operation of int64, which knows no points and no flags, and that of apytypes. `m` is a matrix.'
    ns, ratio = 1e-9 * FEWER, {'ours / int64': ('ours', 'int64'), 'ours / apytypes': ('ours', 'apytypes')}
    columns: dict[str, Column] = {f'{who}, ns': (who, ns) for who in ('int64', 'ours', 'apytypes')}
    yield from table(measured, {**columns, **ratio})
    aim('Values that compute', measured, ('ours', 'int64'), 'times int64', 3)
    both = {name: times for name, times in measured.items() if 'apytypes' in times}
    aim('Values that compute, where apytypes does', both, ('ours', 'apytypes'), "times apytypes' time", 1)


SECTIONS = (
    beside_others,
    casts_to_fp8,
    the_other_kinds,
    computing,
    large_arrays,
    first_calls,
    small_arrays,
    functions,
    array_widths,
    raw_bits,
)


def report() -> Iterator[str]:
    """The lines of RESULTS.md."""
    started, rng, lines = machine(), np.random.default_rng(0), []
    for section in SECTIONS:
        start = perf_counter()
        lines += section(rng)
        print(f'{section.__name__}: {perf_counter() - start:.0f} s', file=sys.stderr)
    yield '# Benchmark: this package beside a copy and beside others\n'
    yield 'Written by `make bench`: the calls of a row take turns on the same arrays in one process, with one thread.'
    yield 'Medians of the turns, and of the ratios in each turn; ± is half of what lies between their quartiles.'
    yield '`plain` is NumPy alone, `compiled` is with llvmlite, `copy` is `np.copyto`.'
    yield f'{started},'
    yield ', '.join(f'{package} {version(package)}' for package in PACKAGES) + '.\n'
    yield '## Aims\n'
    yield from aims
    yield from slower_list(slow)
    yield from lines


if __name__ == '__main__':
    write(report, 'RESULTS.md')
