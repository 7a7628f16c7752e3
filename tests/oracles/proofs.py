"""Prove all of `theorems.py` in parallel processes, and write the table of docs/explanation/proofs.md.

Usage: python -m oracles.proofs [MINUTES [PROCESSES]]. What is proved is kept in build/proofs, and not proved again
before a line of the formulas or of the proof changes.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import sys
import time
from pathlib import Path
from typing import Any

import bitwuzla

from quantizers.analysis.prove._solver import Solver

from .reference import ROUNDINGS
from .theorems import DTYPES, INTEGERS, Row, rows

ROOT = Path(__file__).parents[2]
KEPT = ROOT / 'build' / 'proofs'
PAGE = ROOT / 'docs' / 'explanation' / 'proofs.md'
BEGIN, END = '<!-- the table of make prove -->', '<!-- its end -->'
SECONDS = 600  # for each row


class Known(dict[str, float]):
    """The questions that were answered, in a file to which every process adds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.exists():
            lines = (line.split() for line in path.read_text().splitlines())
            super().__init__({words[0]: float(words[1]) for words in lines if len(words) == 2})

    def __setitem__(self, key: str, seconds: float) -> None:
        super().__setitem__(key, seconds)
        with self._path.open('a') as file:
            file.write(f'{key} {seconds:.4f}\n')


def fingerprint() -> str:
    """That of the formulas, of the proof and of the solver."""
    package = ROOT / 'src' / 'quantizers'
    files = sorted([*(package / '_maths').glob('*.py'), *(package / 'analysis' / 'prove').glob('*.py')])
    text = b''.join(file.read_bytes() for file in files) + bitwuzla.version().encode()
    return hashlib.sha256(text).hexdigest()[:16]


def prove(chain: list[Row], minutes_end: float) -> list[tuple[str, dict[str, Any]]]:
    """The results of rows, one after the other."""
    known, results = Known(KEPT / 'questions.txt'), []
    for row in chain:
        left = min(SECONDS, minutes_end - time.time())
        if left <= 0:
            break
        solver = Solver(left, known)
        answer, bound = row.decide(solver)
        result = {'verdict': answer.verdict, 'seconds': round(solver.spent, 2), 'bound': bound, 'bits': answer.bits}
        results.append((row.key, result))
    return results


def _task(task: tuple[list[Row], float]) -> list[tuple[str, dict[str, Any]]]:
    return prove(*task)


def main(minutes: float = 40, processes: int = 2) -> int:
    """Prove what is open, write the table, and say what was refuted."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path, every, start = KEPT / f'rows_{fingerprint()}.jsonl', rows(), time.time()
    done: dict[str, dict[str, Any]] = {}
    if path.exists():
        done = dict(json.loads(line) for line in path.read_text().splitlines())
    todo = [row for row in every if done.get(row.key, {}).get('verdict') != 'proved']
    chains: dict[tuple[str, str], list[Row]] = {}
    for row in todo:
        chains.setdefault((row.dtype, row.of), []).append(row)
    print(f'{len(every)} theorems, {len(every) - len(todo)} proved before', flush=True)
    context = multiprocessing.get_context('spawn')
    with context.Pool(processes, maxtasksperchild=1) as pool, path.open('a') as file:
        tasks = [(chain, start + 60 * minutes) for chain in chains.values()]
        for n, results in enumerate(pool.imap_unordered(_task, tasks), 1):
            for key, result in results:
                done[key] = result
                file.write(json.dumps([key, result]) + '\n')
            file.flush()
            if results:
                said = ' '.join(
                    f'{result["seconds"]:.1f}{"" if result["verdict"] == "proved" else "!"}' for _, result in results
                )
                print(f'{n}/{len(tasks)} {time.time() - start:.0f} s {results[0][0]}: {said}', flush=True)
    write(every, done, time.time() - start)
    refuted = [key for key, result in done.items() if result['verdict'] == 'refuted']
    print('\n'.join(['refuted:', *refuted]) if refuted else 'nothing is refuted')
    return bool(refuted)


def write(every: list[Row], done: dict[str, dict[str, Any]], seconds: float) -> None:
    """The table into the page, in the order of dtypes and formats."""
    lines = ['', summary(every, done), '']
    for dtype in (*DTYPES, INTEGERS):
        own = [row for row in every if row.dtype == dtype]
        lines += [
            f'### {dtype}',
            '',
            f'| format and mode | {" | ".join(ROUNDINGS)} |',
            f'| --- |{" ---: |" * len(ROUNDINGS)}',
        ]
        for of in sorted({row.of for row in own}, key=[row.of for row in own].index):
            cells = {row.column.removeprefix('S_'): cell(done.get(row.key)) for row in own if row.of == of}
            cells.setdefault('RND_CONV', cells.get('', ''))  # by which what has no choice rounds
            lines.append(f'| `{of}` | {" | ".join(cells.get(mode, "") for mode in ROUNDINGS)} |')
        lines.append('')
    text = PAGE.read_text('utf-8')
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f'{before}{BEGIN}\n{chr(10).join(lines)}\n{END}{after}', 'utf-8')


def cell(result: dict[str, Any] | None) -> str:
    """Seconds where it is proved."""
    if result is None:
        return 'open'
    if result['verdict'] == 'proved':
        return f'{result["seconds"]:.1f}'
    return f'**{result["verdict"]}** {result["bound"]}'.strip()


def summary(every: list[Row], done: dict[str, dict[str, Any]]) -> str:
    """How many are proved, and in which time."""
    proved = [done[row.key]['seconds'] for row in every if done.get(row.key, {}).get('verdict') == 'proved']
    return f'{len(proved):,} of {len(every):,} theorems are proved, in {sum(proved) / 60:.0f} minutes of one core.'


if __name__ == '__main__':
    sys.exit(main(*map(float, sys.argv[1:2]), *map(int, sys.argv[2:3])))
