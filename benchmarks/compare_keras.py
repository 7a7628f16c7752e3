"""Time Keras' tensors beside a ReLU and quantizers 1.2.2, each framework in a process of its own; writes KERAS.md.

Usage: compare_keras.py FOLDER, where FOLDER is what `pip install --target FOLDER quantizers==1.2.2` made.
All that is compared takes turns in one process, so that a busy machine slows all; each figure is the median of the
turns, and each ratio is given for the medians and for the shortest times.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from importlib.metadata import version
from itertools import product
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from compare import cpu, load, write

SHAPE, SHAPES, TURNS, CALLS = (62500, 64), ((62500, 64), (8_000_000,)), 12, 4
MORE_TURNS = 40  # where a ReLU's time differs much from turn to turn
ROUNDINGS = ('TRN', 'TRN_ZERO', 'RND', 'RND_MIN_INF', 'RND_INF', 'RND_ZERO', 'RND_CONV')
OVERFLOWS = ('SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP', 'WRAP_SM')
PER_CHANNEL = (('RND', 'SAT'), ('RND_CONV', 'SAT_SYM'), ('TRN', 'SAT'), ('RND', 'WRAP'))
FORMER = [*product(ROUNDINGS, ('SAT', 'SAT_SYM', 'WRAP')), ('RND', 'WRAP_SM'), ('RND_CONV', 'WRAP_SM')]
LIBRARIES = {'jax': 'jax', 'tensorflow': 'tensorflow-cpu', 'torch': 'torch'}
Call = Callable[..., Any]


class Framework:
    """What is measured under one of Keras' backends: `quick` runs as users would, compiled but for PyTorch."""

    def __init__(self, name: str) -> None:
        import keras

        self.name, self.tensor = name, keras.ops.convert_to_tensor
        if name == 'jax':
            import jax

            self.relu, self.wait, self.quick = jax.nn.relu, jax.block_until_ready, jax.jit
        elif name == 'tensorflow':
            import tensorflow as tf

            self.relu, self.wait = tf.nn.relu, lambda result: result
            self.quick = lambda function: tf.function(function, jit_compile=True, autograph=False)
        else:
            import torch

            self.relu, self.wait, self.quick = torch.relu, lambda result: result, lambda function: function

    def both_ways(self, function: Call) -> Call:
        """The result of `function(x, i, f)` and the gradients to these, for the gradient `g` of the result."""

        def run(g: Any, *wanted: Any) -> Any:
            if self.name == 'jax':
                import jax

                result, pull = jax.vjp(function, *wanted)
                return result, pull(g)
            if self.name == 'tensorflow':
                import tensorflow as tf

                with tf.GradientTape() as tape:
                    tape.watch(wanted)
                    result = function(*wanted)
                return result, tape.gradient(result, wanted, g, unconnected_gradients='zero')
            import torch

            wanted = [tensor.detach().requires_grad_() for tensor in wanted]
            result = function(*wanted)
            return result, torch.autograd.grad(result, wanted, g, allow_unused=True)

        return self.quick(run)

    def kept(self, function: Call, *inputs: Any) -> int:
        """The bytes that are kept for the backward pass."""
        if self.name == 'jax':
            import jax

            _, pull = jax.jit(lambda *inputs: jax.vjp(function, *inputs))(*inputs)
            return sum(leaf.nbytes for leaf in jax.tree.leaves(pull))
        import torch

        saved = {}
        with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.setdefault(t.data_ptr(), t), lambda t: t):
            function(*(tensor.detach().requires_grad_() for tensor in inputs))
        return sum(tensor.nbytes for tensor in saved.values())

    def times(self, calls: dict[str, Call], *arguments: Any, turns: int = TURNS) -> dict[str, list[float]]:
        """The times of each call in seconds, taken in turns of some calls, after one turn that does not count.

        Nor does the first call of a turn, which pays for the memory that the others gave back.
        """
        taken: dict[str, list[float]] = {name: [] for name in calls}
        for turn in range(turns + 1):
            for name, call in calls.items():
                for repeat in range(CALLS):
                    start = perf_counter()
                    self.wait(call(*arguments))
                    if turn and repeat:
                        taken[name].append(perf_counter() - start)
        return taken


def per_channel(quantize: Call, k: float) -> Call:
    """The function of x, i and f."""
    return lambda x, i, f: quantize(x, k, i, f)


def row(name: str, ours: list[float], others: list[float]) -> str:
    """A line of a table: two medians in ms, and the ratios of the medians and of the shortest."""
    mine, other = median(ours), median(others)
    return f'| {name} | {1e3 * mine:.2f} | {1e3 * other:.2f} | {mine / other:.2f} | {min(ours) / min(others):.2f} |'


def heading(title: str, other: str) -> Iterator[str]:
    """The lines before the rows."""
    yield f'\n### {title}\n'
    yield f'| | ours, ms | {other}, ms | ratio | of the shortest |\n| --- | ---: | ---: | ---: | ---: |'


def measured(old: Path, name: str) -> Iterator[str]:
    """The section of one framework."""
    from quantizers import FixedQ, MinifloatQ, get_fixed_quantizer

    former = load(old / 'fixed_point' / '_fixed_point_ops.py')._get_fixed_quantizer
    framework, rng = Framework(name), np.random.default_rng(0)
    yield f'\n## {name} {version(LIBRARIES[name])}'
    tensors = [framework.tensor(rng.normal(0, 2, SHAPE).astype(np.float32)) for _ in 'xg']
    i, f = (framework.tensor(np.full(SHAPE[1:], width, np.float32)) for width in (2, 4))
    if name == 'torch':
        yield from heading('Forward, eager', '1.2.2')
        for modes in FORMER:
            theirs = partial(former(*modes), k=1.0, i=framework.tensor(2.0), f=framework.tensor(4.0))
            calls = {'ours': FixedQ.from_kif(1, 2, 4, *modes), 'theirs': theirs}
            yield row(f'`{modes[0]}` `{modes[1]}`', *framework.times(calls, tensors[0]).values())
    for shape in () if name == 'torch' else SHAPES:
        x = framework.tensor(rng.normal(0, 2, shape).astype(np.float32))
        yield from heading(f'Forward, compiled: {" x ".join(map(str, shape))}', 'ReLU')
        specs = {f'`{r}` `{o}`': FixedQ.from_kif(1, 2, 4, r, o) for r, o in product(ROUNDINGS, OVERFLOWS)}
        for mode, spec in (specs | {'minifloat m=3 e=4': MinifloatQ(3, 4)}).items():
            calls = {'ours': framework.quick(spec), 'ReLU': framework.quick(framework.relu)}
            yield row(mode, *framework.times(calls, x).values())
    yield from heading(f'Forward and the gradients to `x`, `i` and `f` of shape ({SHAPE[1]},)', '1.2.2')
    for modes in PER_CHANNEL:
        calls = {
            'ours': framework.both_ways(per_channel(get_fixed_quantizer(*modes), 1)),
            'theirs': framework.both_ways(per_channel(former(*modes), 1.0)),
        }
        times = framework.times(calls, tensors[1], tensors[0], i, f, turns=MORE_TURNS)
        yield row(f'`{modes[0]}` `{modes[1]}`', *times.values())
    if name != 'torch':
        yield from heading('Forward and the gradient to `x` alone', 'ReLU')
        quantize = get_fixed_quantizer('RND', 'SAT')
        alone = {'widths per channel': lambda x: quantize(x, 1, i, f), 'a spec': FixedQ.from_kif(1, 2, 4, 'RND', 'SAT')}
        for label, function in alone.items():
            calls = {'ours': framework.both_ways(function), 'ReLU': framework.both_ways(framework.relu)}
            times = framework.times(calls, tensors[1], tensors[0], turns=MORE_TURNS)
            yield row(f'`RND` `SAT`, {label}', *times.values())
    if name == 'tensorflow':
        return
    yield '\n### Bytes kept for the backward pass, to those of `x`, the result, `i` and `f`\n'
    yield '| | ours | 1.2.2 |\n| --- | ---: | ---: |'
    room = sum(np.prod(shape) * 4 for shape in (SHAPE, SHAPE, SHAPE[1:], SHAPE[1:]))
    for modes in PER_CHANNEL:
        ours, theirs = (
            framework.kept(per_channel(quantize, k), tensors[0], i, f) / room
            for quantize, k in ((get_fixed_quantizer(*modes), 1), (former(*modes), 1.0))
        )
        yield f'| `{modes[0]}` `{modes[1]}` | {ours:.2f} | {theirs:.2f} |'


AIMS = """
## Aims

Forward, compiled, 1.2 times a ReLU at most, and minifloats 3 times; forward and backward with widths per channel a
third of 1.2.2's time; eager PyTorch forward half of 1.2.2's; the gradient to `x` alone 1.2 times a ReLU; for the
backward pass the input, the result and the widths. Where that is missed:

- Of an array that the cache holds, `WRAP_SM`, and `WRAP` and `SAT_ZERO` with roundings other than TRN and RND_CONV,
  are computed longer than it is read and written: up to 35 operations an element, where a ReLU is one. Of a larger
  array the memory is the limit, and all take nearly its time.
- The gradient to `x` alone: two comparisons where a ReLU makes one. With arrays of 16 MB medians change from run to run
  with the memory that a process is given: see the shortest times, too.
- TensorFlow's forward and backward: 1.2.2 is slower under JAX, as its times above show, not we faster.
- Eager PyTorch makes a pass for each operation. `WRAP` has nearly as many here as in 1.2.2, and so have the gradients
  to the widths; the passes go over blocks in the cache.
"""


def report(old: Path) -> Iterator[str]:
    """The lines of KERAS.md."""
    yield '# Benchmark: tensors of Keras\n'
    yield 'Written by `make bench-keras`: what is compared takes turns of some calls on the same arrays in one process;'
    yield 'medians, and the ratios of the medians and of the shortest times. JAX and TensorFlow compile (`jax.jit`,'
    yield '`tf.function(jit_compile=True)`), PyTorch runs eagerly. A ReLU is one pass over the memory.'
    yield f'{date.today()}, {platform.machine()}, {cpu()}, load {os.getloadavg()[0]:.1f} before,'
    yield f'Python {platform.python_version()}, Keras {version("keras")}. float32; k = 1, i = 2, f = 4.'
    for name in LIBRARIES:
        # what the frameworks log at their start is no news
        settings = {'KERAS_BACKEND': name, 'TF_CPP_MIN_LOG_LEVEL': '3'}
        command = [sys.executable, __file__, str(old), '--section', name]
        done = subprocess.run(command, env=os.environ | settings, stdout=subprocess.PIPE, text=True, check=True)
        yield from done.stdout.splitlines()
    yield AIMS.rstrip()


if __name__ == '__main__':
    if '--section' in sys.argv:
        for line in measured(Path(sys.argv[1]), sys.argv[-1]):
            print(line, flush=True)
    else:
        write(report, 'KERAS.md')
