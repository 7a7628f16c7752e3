"""The tables of KERAS.md for one framework, in a process of its own: see compare_keras.py."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import partial
from importlib.metadata import version
from itertools import product
from math import prod
from pathlib import Path
from time import perf_counter
from typing import Any

import keras
import numpy as np
from common import Array, Cells, Column, Times, in_turns, load, slower, table, use
from frameworks import FRAMEWORKS
from tensor_cases import SIZES, WIDTHS, in_order, modes, tensors
from timing import Call

from quantizers import FixedQ, MinifloatQ, get_fixed_quantizer

SHAPE, SHAPES = (62500, 64), ((62500, 64), (8_000_000,))
ROUNDINGS = ('TRN', 'TRN_ZERO', 'RND', 'RND_MIN_INF', 'RND_INF', 'RND_ZERO', 'RND_CONV')
OVERFLOWS = ('SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP', 'WRAP_SM')
PER_CHANNEL = (('RND', 'SAT'), ('RND_CONV', 'SAT_SYM'), ('TRN', 'SAT'), ('RND', 'WRAP'))
FORMER = [*product(ROUNDINGS, ('SAT', 'SAT_SYM', 'WRAP')), ('RND', 'WRAP_SM'), ('RND_CONV', 'WRAP_SM')]
CALLS, SECONDS = 300, 1.0  # of a warm-up, at most
FORWARD, GRADIENTS = 'forward', 'with gradients'
COMPILERS = {'jax': 'jax.jit', 'tensorflow': 'tf.function', 'torch': 'torch.compile'}
TO_RELU: dict[str, Column] = {'ours, ms': ('ours', 1e-3), 'ReLU, ms': ('ReLU', 1e-3), 'ratio': ('ours', 'ReLU')}
Row = tuple[str, Times]


class Section:
    """One framework and binding of NumPy: the lines of its tables, and how many cells stand beside 1.2.2."""

    def __init__(self, old: Path, title: str, name: str, binding: str) -> None:
        self.title, self.binding, self.framework = title, binding, FRAMEWORKS[name]()
        self.former = load(old / 'fixed_point' / '_fixed_point_ops.py')._get_fixed_quantizer
        self.modes = list(modes(self.framework, old))
        self.cells, self.slower = 0, Cells()

    def lines(self) -> Iterator[str]:
        """All tables; what compiled loops do not change is measured once."""
        start = perf_counter()
        yield f'\n## {self.title}: {version(self.framework.package)}'
        yield from self.eager()
        if self.binding == '':
            yield from self.compiled()
            yield from self.graphs()
            yield from self.large()
            yield from self.kept()
        print(f'{self.title}: {perf_counter() - start:.0f} s', file=sys.stderr)

    def eager(self) -> Iterator[str]:
        """Widths as tensors, and specs."""
        self.check()
        cases = product(self.modes, SIZES, WIDTHS)
        yield from self.beside_former('Eager, widths as tensors', self.grid(lambda f: f, cases))
        yield from self.beside_former('Eager, a spec, and 1.2.2 with its numbers as tensors', self.specs())

    def check(self) -> None:
        """Both give the same values, or else it is not the same work."""
        for mode, kind in product(self.modes, WIDTHS):
            _, learned, given = tensors(SIZES[1], kind, mode)
            ours, theirs = (keras.ops.convert_to_numpy(f(*learned, *given)) for f in (mode.ours, mode.theirs))
            if np.mean(ours != theirs) > 1e-5 and not mode.name.startswith('S_'):
                raise ValueError(f'1.2.2 gives other values of {mode.name}, {kind}')

    def compiled(self) -> Iterator[str]:
        """The same functions, compiled; under PyTorch one of them, since compiling takes long."""
        cases = product(self.modes, SIZES, WIDTHS)
        if self.framework.name == 'torch':
            cases = product(self.modes[:1], SIZES[1:2], ['channel'])
        how = COMPILERS[self.framework.name]
        yield from self.beside_former(f'`{how}`, widths as tensors', self.grid(self.framework.compiled, cases))

    def grid(self, how: Call, cases: Iterable[Any]) -> Iterator[Row]:
        """Rows of widths that are tensors, `how` being what compiles."""
        for mode, size, kind in cases:
            label = f'{mode.name}, {" x ".join(map(str, size))}, {kind}'
            yield label, self.both_ways(mode.ours, mode.theirs, *tensors(size, kind, mode), how)

    def specs(self) -> Iterator[Row]:
        """Rows of specs."""
        for mode, size in product(self.modes, SIZES):
            g, (x, *_), _ = tensors(size, 'scalar', mode)
            label = f'{mode.name}, {" x ".join(map(str, size))}'
            yield label, self.both_ways(mode.spec, mode.theirs_alone, g, (x,), (), lambda f: f)

    def both_ways(self, ours: Call, theirs: Call, g: Any, learned: Any, given: Any, how: Call) -> Times:
        """The seconds of the functions, and of these with their gradients."""
        gradients = self.framework.gradients
        forward = self.times(how(ours), how(theirs), *learned, *given)
        both = self.times(how(gradients(ours)), how(gradients(theirs)), g, learned, given)
        return named(FORWARD, forward) | named(GRADIENTS, both)

    def times(self, ours: Call, other: Call, *inputs: Any, against: str = '1.2.2') -> Times:
        """The seconds of both, in turns."""
        run = {'ours': partial(ours, *inputs), against: partial(other, *inputs)}
        wait = self.framework.wait
        calls = {name: (self.binding, lambda call=call: wait(call())) for name, call in run.items()}
        for binding, call in calls.values():
            warm_up(binding, call)
        return in_turns(calls)

    def beside_former(self, title: str, rows: Iterable[Row]) -> Iterator[str]:
        """A table whose ratios count."""
        measured = dict(rows)
        columns: dict[str, Column] = {}
        ratios: list[Column] = []
        for way in (FORWARD, GRADIENTS):
            ours, theirs = f'{way}, ours', f'{way}, 1.2.2'
            if any(ours in times for times in measured.values()):
                columns |= {
                    f'{ours}, ms': (ours, 1e-3),
                    f'{theirs}, ms': (theirs, 1e-3),
                    f'{way}, ratio': (ours, theirs),
                }
                ratios.append((ours, theirs))
        self.cells += len(measured) * len(ratios)
        self.slower += slower(f'{self.title}, {title}', measured, ratios)
        yield f'\n### {title}'
        yield from table(measured, columns, spread=False)

    def graphs(self) -> Iterator[str]:
        """What a call is made of."""
        yield '\n### Size of a graph\n'
        yield 'Widths per channel, ours / 1.2.2: nodes of a TensorFlow graph, equations of JAX, or operations that'
        yield 'PyTorch runs; and how many of them are constants.\n'
        yield f'| | {FORWARD} | {GRADIENTS} | constants | constants, {GRADIENTS} |\n| --- |{" ---: |" * 4}'
        gradients, counts = self.framework.gradients, self.framework.counts
        for mode in self.modes:
            g, learned, given = tensors(SIZES[0], 'channel', mode)
            pair = mode.ours, mode.theirs
            ways = [
                [counts(function, *learned, *given) for function in pair],
                [counts(gradients(function), g, learned, given) for function in pair],
            ]
            cells = [f'{ours[what]} / {theirs[what]}' for what in (0, 1) for ours, theirs in ways]
            yield f'| `{mode.name}` | {" | ".join(cells)} |'

    def large(self) -> Iterator[str]:
        """Large arrays: as fast as the framework is, beside a ReLU and beside 1.2.2."""
        quick, gradients = self.framework.quick, self.framework.gradients
        relu, relu_back = quick(self.framework.relu), quick(gradients(self.framework.relu))
        how = 'eager' if self.framework.name == 'torch' else 'compiled by XLA'
        size = ' x '.join(map(str, SHAPE))
        specs = {f'{r} {o}': FixedQ.from_kif(1, 2, 4, r, o) for r, o in product(ROUNDINGS, OVERFLOWS)}
        g, x = normal(SHAPE), normal(SHAPE)
        i, f, k = (keras.ops.convert_to_tensor(np.full(SHAPE[1:], width, np.float32)) for width in (2, 4, 1))
        if self.framework.name == 'torch':
            numbers = {'k': 1.0, 'i': keras.ops.convert_to_tensor(2.0), 'f': keras.ops.convert_to_tensor(4.0)}
            rows = (
                (' '.join(m), named(FORWARD, self.times(specs[' '.join(m)], partial(self.former(*m), **numbers), x)))
                for m in FORMER
            )
            yield from self.beside_former(f'Specs of all modes, {how}, {size}', rows)
        else:
            for shape in SHAPES:
                yield f'\n### A spec beside a ReLU, {how}: {" x ".join(map(str, shape))}'
                calls = {**specs, 'minifloat m=3 e=4': MinifloatQ(3, 4)}
                array = normal(shape)
                rows = ((mode, self.times(quick(q), relu, array, against='ReLU')) for mode, q in calls.items())
                yield from table(dict(rows), TO_RELU, spread=False)
            yield f'\n### With the gradient to `x` alone, beside a ReLU, {how}'
            quantize = get_fixed_quantizer('RND', 'SAT')
            alone = {'widths per channel': lambda x: quantize(x, k, i, f), 'a spec': specs['RND SAT']}
            rows = (
                (f'RND SAT, {label}', self.times(quick(gradients(q)), relu_back, g, (x,), against='ReLU'))
                for label, q in alone.items()
            )
            yield from table(dict(rows), TO_RELU, spread=False)
        rows = (
            (' '.join(m), named(GRADIENTS, self.times(*(quick(gradients(q)) for q in pair), g, (x, i, f), (k,))))
            for m, pair in self.per_channel()
        )
        yield from self.beside_former(f'The gradients to `x`, `i` and `f` per channel, {how}, {size}', rows)

    def per_channel(self) -> Iterator[tuple[tuple[str, str], tuple[Call, Call]]]:
        """Modes, and the functions of `x, i, f, k` that are ours and 1.2.2's."""
        for names in PER_CHANNEL:
            yield names, (in_order(get_fixed_quantizer(*names)), in_order(self.former(*names)))

    def kept(self) -> Iterator[str]:
        """What the backward pass needs of memory."""
        room = 4 * (2 * prod(SHAPE) + 2 * SHAPE[1])
        x, i, f = normal(SHAPE), *(keras.ops.convert_to_tensor(np.full(SHAPE[1:], w, np.float32)) for w in (2, 4))
        if self.framework.name == 'tensorflow':
            return
        yield '\n### Bytes kept for the backward pass, to those of `x`, the result, `i` and `f`\n'
        yield '| | ours | 1.2.2 |\n| --- | ---: | ---: |'
        for names, pair in self.per_channel():
            cells = [f'{self.framework.kept(partial(q, k=1), x, i, f) / room:.2f}' for q in pair]
            yield f'| `{" ".join(names)}` | {" | ".join(cells)} |'


def warm_up(binding: str, call: Call) -> None:
    """As many calls as it takes until they are compiled, where they are when that is worth while."""
    use(binding)
    start = perf_counter()
    for _ in range(CALLS):
        call()
        if perf_counter() - start > SECONDS:
            return


def named(way: str, times: Times) -> Times:
    """The times with `way` before each name."""
    return {f'{way}, {name}': taken for name, taken in times.items()}


def normal(shape: tuple[int, ...]) -> Any:
    """A tensor of normal numbers."""
    drawn: Array = np.random.default_rng(0).normal(0, 2, shape)
    return keras.ops.convert_to_tensor(drawn.astype(np.float32))
