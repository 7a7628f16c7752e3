"""How things are timed and written down: turns, tables, aims, and modules of quantizers 1.2.2."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantizers._backends import _binding

Array = NDArray[Any]
Call = Callable[[], Any]
Calls = dict[str, tuple[str, Call]]  # by name: the binding that `use` takes, and the call
Times = dict[str, Array]  # by name: seconds in each turn
Column = tuple[str, str | float]  # a name, and the name to compare with or the unit in seconds
aims = ['| | median | largest | at most | met |\n| --- | ---: | --- | ---: | --- |']  # a table


def load(path: Path) -> ModuleType:
    """A module of 1.2.2 by its file: its package would import Keras."""
    spec = spec_from_file_location(f'old_{path.stem}', path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def use(binding: str) -> None:
    """Let NumPy arrays be quantized by `plain` or `numba` from now on, as QUANTIZERS_NUMPY does for a process."""
    os.environ[_binding.SETTING] = binding
    _binding._setting.cache_clear()


def in_turns(calls: Calls, names: Iterable[str], turns: int = 5, repeat: int = 1) -> Times:
    """The seconds of the calls of these names, one after the other in each turn."""
    times: dict[str, list[float]] = {name: [] for name in names if name in calls}
    for _ in range(turns):
        for name, taken in times.items():
            binding, call = calls[name]
            use(binding)
            call()  # so that it finds the caches as it leaves them itself, not as its neighbour does
            start = perf_counter()
            for _ in range(repeat):
                call()
            taken.append((perf_counter() - start) / repeat)
    return {name: np.array(taken) for name, taken in times.items()}


def values(times: Times, name: str, unit: str | float) -> Array:
    """The numbers of a column, by turn."""
    return times[name] / (times[unit] if isinstance(unit, str) else unit)


def number(value: float) -> str:
    """Three digits."""
    return f'{value:,.0f}' if value >= 100 else f'{value:.3g}'


def table(measured: dict[str, Times], columns: dict[str, Column]) -> Iterator[str]:
    """Markdown: medians, and half of what lies between the quartiles, in percent."""
    yield f'\n| | {" | ".join(columns)} |\n| --- |{" ---: |" * len(columns)}'
    for label, times in measured.items():
        cells = [f'`{label}`']
        for name, unit in columns.values():
            low, middle, high = np.percentile(values(times, name, unit), (25, 50, 75)) if name in times else (0, 0, 0)
            cells.append(f'{number(middle)} ± {50 * (high - low) / middle:.0f} %' if name in times else '')
        yield f'| {" | ".join(cells)} |'


def aim(
    what: str,
    measured: dict[str, Times],
    column: Column,
    unit: str,
    largest: float,
    median: float = np.inf,
    why: str = '',
) -> None:
    """Compare a column's largest number, and the median of all, with what they are to be at most; see `aims`.

    `why` tells the reason of a miss.
    """
    medians = {label: float(np.median(values(times, *column))) for label, times in measured.items()}
    worst, middle = max(medians, key=lambda label: medians[label]), float(np.median(list(medians.values())))
    asked = f'{largest}' if median == np.inf else f'{largest}, median {median}'
    met = 'yes' if medians[worst] <= largest and middle <= median else f'**no** {why}'.strip()
    aims.append(f'| {what}, {unit} | {number(middle)} | {number(medians[worst])} (`{worst}`) | {asked} | {met} |')


def cpu() -> str:
    """The processor's name, as well as the system tells it."""
    info = Path('/proc/cpuinfo')
    names = [line for line in info.read_text().splitlines() if line.startswith('model name')] if info.exists() else []
    return f'{len(names)} x {names[0].split(":")[1].strip()}' if names else platform.processor()


def write(report: Callable[..., Iterator[str]], name: str) -> None:
    """Measure, print each line as it comes, and write them all beside this file."""
    lines = []
    for line in report(*(Path(folder) / 'quantizers' for folder in sys.argv[1:])):
        print(line, flush=True)
        lines.append(line)
    Path(__file__).with_name(name).write_text('\n'.join(lines) + '\n')
