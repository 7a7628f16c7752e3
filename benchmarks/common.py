"""How things are timed and written down: turns, tables, aims, and modules of quantizers 1.2.2."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from timing import Call, seconds

from quantizers.backends.numpy import binding as numpy_binding

Array = NDArray[Any]
Calls = dict[str, tuple[str, Call]]  # by name: the binding that `use` takes, and the call
Times = dict[str, Array]  # by name: seconds in each turn
Column = tuple[str, str | float]  # a name, and the name to compare with or the unit in seconds
BUDGET = float(os.environ.get('BUDGET', '0.15'))  # seconds for each call that is compared
SLOWER = 1.1  # times 1.2.2's time, from where a cell is listed
Cells = list[tuple[float, str]]  # ratios, and the words that say which they are
aims = ['| | median | largest | at most | met |\n| --- | ---: | --- | ---: | --- |']  # a table


def load(path: Path) -> ModuleType:
    """A module of 1.2.2 by its file: its package would import Keras."""
    spec = spec_from_file_location(f'old_{path.stem}', path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = sys.modules[spec.name] = module_from_spec(spec)  # torch.compile imports what it has inlined
    spec.loader.exec_module(module)
    return module


def use(binding: str) -> None:
    """Let arrays be quantized by `plain` or `compiled` from now on, as QUANTIZERS_NUMPY does; '' leaves it to them."""
    os.environ[numpy_binding.SETTING] = binding
    numpy_binding._setting.cache_clear()


def in_turns(calls: Calls, names: Iterable[str] = (), turns: int = 5) -> Times:
    """The seconds of the calls of these names, or of all, one after the other in each turn.

    Each name gets about BUDGET seconds: as many calls in a turn as fit. Where not all turns fit there are 3.
    """
    chosen = {name: calls[name] for name in (names or calls) if name in calls}
    times: dict[str, list[float]] = {}
    for name, (binding, call) in chosen.items():
        use(binding)
        call()  # which may compile
        times[name] = [seconds(call)]
    estimates = {name: taken[0] for name, taken in times.items()}
    slow = max(estimates.values()) * 2 * turns > BUDGET
    for _ in range(2 if slow else turns - 1):
        for name, (binding, call) in chosen.items():
            use(binding)
            repeat = int(BUDGET / turns / estimates[name])
            if repeat > 1:
                call()  # so that it finds the caches as it leaves them itself, not as its neighbour does
            times[name].append(seconds(call, max(1, repeat - 1)))
    return {name: np.array(taken) for name, taken in times.items()}


def values(times: Times, name: str, unit: str | float) -> Array:
    """The numbers of a column, by turn."""
    return times[name] / (times[unit] if isinstance(unit, str) else unit)


def number(value: float) -> str:
    """Three digits."""
    return f'{value:,.0f}' if value >= 100 else f'{value:.3g}'


def table(measured: dict[str, Times], columns: dict[str, Column], spread: bool = True) -> Iterator[str]:
    """Markdown: medians, and with `spread` half of what lies between the quartiles, in percent."""
    yield f'\n| | {" | ".join(columns)} |\n| --- |{" ---: |" * len(columns)}'
    for label, times in measured.items():
        cells = [f'`{label}`']
        for name, unit in columns.values():
            if not {name, unit if isinstance(unit, str) else name} <= times.keys():
                cells.append('')
                continue
            low, middle, high = np.percentile(values(times, name, unit), (25, 50, 75))
            cells.append(number(middle) + (f' ± {50 * (high - low) / middle:.0f} %' if spread else ''))
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


def slower(where: str, measured: dict[str, Times], columns: Iterable[Column]) -> Cells:
    """The ratios above SLOWER, each with the words that say which it is."""
    cells = [
        (float(np.median(values(times, *column))), f'{where}, `{label}`, {column[0]}'.removesuffix(', ours'))
        for label, times in measured.items()
        for column in columns
        if set(column) <= times.keys()
    ]
    return [cell for cell in cells if cell[0] > SLOWER]


def slower_list(cells: Cells) -> Iterator[str]:
    """Markdown: the cells of `slower`, the worst first."""
    yield f'\n## Slower than 1.2.2 by more than {SLOWER - 1:.0%}\n'
    yield f'{len(cells)} cells, the worst first.\n'
    for ratio, words in sorted(cells, reverse=True):
        yield f'- {number(ratio)}: {words}'


def machine() -> str:
    """When, where and under what load a run was made."""
    load = f'load {os.getloadavg()[0]:.1f} before'
    return f'{date.today()}, {platform.machine()}, {cpu()}, {load}, Python {platform.python_version()}'


def cpu() -> str:
    """The processor's name, as well as the system tells it."""
    info = Path('/proc/cpuinfo')
    names = [line for line in info.read_text().splitlines() if line.startswith('model name')] if info.exists() else []
    return f'{len(names)} x {names[0].split(":")[1].strip()}' if names else platform.processor()


def write(report: Callable[..., Iterator[str]], name: str) -> None:
    """Measure, print each line as it comes, and write them all beside this file."""
    lines = []
    for line in report(*(Path(folder).resolve() / 'quantizers' for folder in sys.argv[1:])):
        print(line, flush=True)
        lines.append(line)
    Path(__file__).with_name(name).write_text('\n'.join(lines) + '\n')
