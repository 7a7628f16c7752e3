"""Time quantizers on a GPU beside a copy, a ReLU and quantizers 1.2.2, each in a process of its own; writes GPU.md.

Usage: bench_gpu.py FOLDER, where FOLDER is what `pip install --target FOLDER quantizers==1.2.2` made.
SIZE is how many float32 there are: SIZE=65536 for a trial, on a CPU with TRITON_INTERPRET=1, too, of which nothing is
written. It takes some minutes, most of them to compile.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

SIZE = int(os.environ.get('SIZE', str(1 << 26)))
CHANNELS, TURNS, SECONDS = 256, 15, 60
# by title: what is measured, and whether it is 1.2.2
PROCESSES = {
    'PyTorch': ('torch', False),
    'PyTorch, compiled': ('torch compiled', False),
    'PyTorch, 1.2.2': ('torch', True),
    'JAX, jit': ('jax', False),
}
MODES = {'RND SAT': ('RND', 'SAT'), 'TRN WRAP': ('TRN', 'WRAP'), 'RND WRAP_SM': ('RND', 'WRAP_SM'), 'minifloat': None}
# a result in copies, and with its gradients in those of a ReLU: at most
AIMS = {'RND SAT': (1.15, 1.0), 'TRN WRAP': (1.3, 1.0), 'RND WRAP_SM': (1.3, 1.0), 'minifloat': (1.15, 1.0)}
Row = dict[str, float]
INTRODUCTION = f"""# Benchmark: GPUs

Written by `make bench-gpu`: {SIZE:,} float32, widths `k`, `i`, `f` (or `m`, `e`, `e0`) as tensors, a number for each of
{CHANNELS} channels, and gradients to `x` and to all of them. Milliseconds, the median of {TURNS}; below them the ratio
to a copy (forward) and to a ReLU with its gradient (forward and backward) of the same process. Nothing else ran.
"""


class Torch:
    """PyTorch, eager or compiled."""

    def __init__(self, compiled: bool) -> None:
        import torch

        self._torch, self._device = torch, 'cuda' if torch.cuda.is_available() else 'cpu'
        self._made: Callable[[Any], Any] = torch.compile if compiled else lambda function: function
        self.card = torch.cuda.get_device_name() if self._device == 'cuda' else 'CPU'
        self.software = f'PyTorch {torch.__version__}'

    def tensor(self, array: Any) -> Any:
        """Numbers as a tensor of float32 on the device."""
        return self._torch.tensor(array, dtype=self._torch.float32, device=self._device)

    def calls(self, function: Callable[..., Any], x: Any, *widths: Any) -> tuple[Callable[[], Any], Callable[[], Any]]:
        """The function alone, and with the gradients to all tensors."""
        torch, made = self._torch, self._made(function)
        leaves = [tensor.clone().requires_grad_() for tensor in (x, *widths)]
        g = torch.ones_like(x)

        def forward() -> Any:
            with torch.no_grad():
                return made(x, *widths)

        return forward, lambda: torch.autograd.grad(made(*leaves), leaves, g, allow_unused=True)

    def copy(self, x: Any) -> Any:
        """What reads and writes each element once."""
        return x.clone()

    def relu(self, x: Any) -> Any:
        """What its gradients are compared with."""
        return self._torch.relu(x)

    def wait(self) -> None:
        """Until the device is done."""
        if self._device == 'cuda':
            self._torch.cuda.synchronize()

    def peak(self, call: Callable[[], Any]) -> float:
        """The bytes that a call takes at its peak."""
        if self._device == 'cpu':
            return float('nan')
        self._torch.cuda.reset_peak_memory_stats()
        before = self._torch.cuda.memory_allocated()
        call()
        return float(self._torch.cuda.max_memory_allocated() - before)


class Jax:
    """JAX, compiled."""

    def __init__(self) -> None:
        import jax

        self._jax, self._results = jax, None
        self.card = jax.devices()[0].device_kind
        self.software = f'JAX {jax.__version__}'

    def tensor(self, array: Any) -> Any:
        """Numbers as a tensor of float32 on the device."""
        return self._jax.numpy.asarray(array, 'float32')

    def calls(self, function: Callable[..., Any], x: Any, *widths: Any) -> tuple[Callable[[], Any], Callable[[], Any]]:
        """The function alone, and with the gradients to all tensors."""
        jax, both = self._jax, (x, *widths)

        def gradients(g: Any, *tensors: Any) -> Any:
            result, back = jax.vjp(function, *tensors)
            return result, back(g)

        one, other, g = jax.jit(function), jax.jit(gradients), jax.numpy.ones_like(x)
        return lambda: self._kept(one(*both)), lambda: self._kept(other(g, *both))

    def _kept(self, results: Any) -> Any:
        self._results = results
        return results

    def copy(self, x: Any) -> Any:
        """What reads and writes each element once."""
        return self._jax.numpy.copy(x)

    def relu(self, x: Any) -> Any:
        """What its gradients are compared with."""
        return self._jax.nn.relu(x)

    def wait(self) -> None:
        """Until the device is done."""
        self._jax.block_until_ready(self._results)

    def peak(self, call: Callable[[], Any]) -> float:
        """The bytes that a call takes at its peak, which JAX does not say."""
        return float('nan')


def milliseconds(of: Torch | Jax, call: Callable[[], Any], until: float, repeat: int = 1) -> float:
    """The median of some turns; of fewer where time is over."""
    for _ in range(2):  # which may compile
        call()
    of.wait()
    turns = []
    while len(turns) < TURNS and (len(turns) < 3 or perf_counter() < until):
        start = perf_counter()
        for _ in range(repeat):
            call()
        of.wait()
        turns.append((perf_counter() - start) / repeat)
    return statistics.median(turns) * 1e3


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """What is measured of the library that is on the path, by the names of modes."""
    from quantizers import float_quantize, get_fixed_quantizer

    for name, modes in MODES.items():
        if modes is None:
            yield name, float_quantize
        else:
            quantize = get_fixed_quantizer(*modes)
            yield name, lambda x, k, i, f, quantize=quantize: quantize(x, k, i, f, False, None)


def measure(what: str) -> dict[str, Any]:
    """What this process measures, as plain data."""
    import numpy as np

    until = perf_counter() + SECONDS
    name, *compiled = what.split()
    of: Torch | Jax = Jax() if name == 'jax' else Torch(bool(compiled))
    rng = np.random.default_rng(0)
    arrays = [rng.normal(0, 3, (SIZE // CHANNELS, CHANNELS))]
    x = of.tensor(arrays[0])
    widths = {size: [of.tensor(np.full(CHANNELS if size > 16 else 16, n)) for n in (1, 2, 5)] for size in (SIZE, 16)}
    small = of.tensor(rng.normal(0, 3, 16))
    rows: dict[str, Row] = {}
    rows['copy'] = {'forward': milliseconds(of, of.calls(of.copy, x)[0], until)}
    relu = of.calls(of.relu, x)
    rows['ReLU'] = {
        'forward': milliseconds(of, relu[0], until),
        'both': milliseconds(of, relu[1], until),
        'small': milliseconds(of, of.calls(of.relu, small)[0], until, 20) * 1e3,
    }
    for mode, function in functions():
        forward, both = of.calls(function, x, *widths[SIZE])
        rows[mode] = {
            'forward': milliseconds(of, forward, until),
            'both': milliseconds(of, both, until),
            'small': milliseconds(of, of.calls(function, small, *widths[16])[0], until, 20) * 1e3,
            'peak': of.peak(forward) / (4 * SIZE) - 1,
        }
    return {'card': of.card, 'software': of.software, 'rows': rows}


def section(old: Path, title: str) -> dict[str, Any] | str:
    """What the process of this title measured, or why it did not."""
    what, is_old = PROCESSES[title]
    settings = {'KERAS_BACKEND': what.split()[0], 'XLA_PYTHON_CLIENT_PREALLOCATE': 'false'}
    settings |= (
        {'PYTHONPATH': os.pathsep.join(filter(None, [str(old), os.environ.get('PYTHONPATH')]))} if is_old else {}
    )
    command = [sys.executable, __file__, '--measure', what]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def report(sections: dict[str, dict[str, Any] | str]) -> Iterator[str]:
    """The lines of GPU.md."""
    measured = {title: part for title, part in sections.items() if not isinstance(part, str)}
    software = dict.fromkeys(part['software'] for part in measured.values())
    yield INTRODUCTION
    card = next(iter(measured.values()))['card']
    yield f'{card}, {", ".join(software)}, quantizers {version("quantizers")}, {date.today()}.\n'
    yield f'| | copy | ReLU fwd+bwd | {" | ".join(f"`{mode}` fwd | fwd+bwd" for mode in MODES)} |'
    yield f'| --- |{" ---: |" * (2 + 2 * len(MODES))}'
    for title, part in measured.items():
        rows = part['rows']
        copy, relu = rows['copy']['forward'], rows['ReLU']['both']
        numbers = [(rows[mode]['forward'], rows[mode]['both']) for mode in MODES]
        yield f'| {title} | {copy:.3g} | {relu:.3g} | {" | ".join(f"{a:.3g} | {b:.3g}" for a, b in numbers)} |'
        yield f'| | 1 | 1 | {" | ".join(f"{a / copy:.2f} | {b / relu:.2f}" for a, b in numbers)} |'
    yield from (f'\n{title} was not measured: {part}' for title, part in sections.items() if isinstance(part, str))
    yield '\n16 elements, widths for each, forward, in microseconds; and the memory beside the result, in inputs:\n'
    yield f'| | ReLU | {" | ".join(f"`{mode}`" for mode in MODES)} | memory at most |'
    yield f'| --- |{" ---: |" * (len(MODES) + 2)}'
    for title, part in measured.items():
        rows = part['rows']
        small = ' | '.join(f'{rows[mode]["small"]:.0f}' for mode in MODES)
        yield f'| {title} | {rows["ReLU"]["small"]:.0f} | {small} | {max(rows[mode]["peak"] for mode in MODES):.3f} |'
    yield '\n## Aims\n\n| PyTorch | fwd in copies | at most | fwd+bwd in those of a ReLU | at most |'
    yield '| --- | ---: | ---: | ---: | ---: |'
    rows = measured['PyTorch']['rows']
    for mode, (copies, relus) in AIMS.items():
        forward, both = rows[mode]['forward'] / rows['copy']['forward'], rows[mode]['both'] / rows['ReLU']['both']
        yield f'| `{mode}` | {forward:.2f} | {copies} | {both:.2f} | {relus} |'


if __name__ == '__main__':
    if sys.argv[1] == '--measure':
        print(json.dumps(measure(sys.argv[2])))
    else:
        lines = '\n'.join(report({title: section(Path(sys.argv[1]), title) for title in PROCESSES}))
        print(lines)
        if 'TRITON_INTERPRET' not in os.environ:
            (Path(__file__).parent / 'GPU.md').write_text(lines + '\n')
