"""What mypy strict and pyright, which editors have, say of a user's code against the installed package."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from mypy import api

from quantizers.modes import OVERFLOWS, ROUNDINGS

HERE = Path(__file__).parent / 'typing'


def reported(*paths: Path, cache: Path) -> dict[str, set[tuple[int, str]]]:
    """The line and the error code of each of mypy's complaints, by file; at once, as PyTorch takes a minute."""
    options = ['--strict', '--config-file=', f'--cache-dir={cache}', '--no-pretty']
    output, problem, _ = api.run([*options, *map(str, paths)])
    assert not problem
    assert 'Success' in output or 'Found' in output, output
    found = {path.name: set[tuple[int, str]]() for path in paths}
    for name, line, code in re.findall(r'(\w+\.py):(\d+): error: .*\[([\w-]+)\]$', output, re.MULTILINE):
        found[name].add((int(line), code))
    return found


def of_modes(module: Path) -> set[tuple[int, str]]:
    """A module with every name of a mode in both places, and the lines of it that are wrong."""
    known = [f'{prefix}{name}' for prefix in ('', 'AP_') for name in (*ROUNDINGS, *OVERFLOWS)]
    lines = [f"FixedQ(8, 3, True, '{name}')\nFixedQ(8, 3, True, 'TRN', '{name}')\n" for name in known]
    module.write_text(f'from quantizers import FixedQ\n{"".join(lines)}')
    wrong = {2 * n + (2 if name.removeprefix('AP_') in OVERFLOWS else 3) for n, name in enumerate(known)}
    return {(line, 'arg-type') for line in wrong}


def mistakes() -> set[tuple[int, str]]:
    """The lines of mistakes.py that are wrong, and what mypy calls it."""
    marked = re.compile(r'# error: ([\w-]+)$')
    lines = enumerate((HERE / 'mistakes.py').read_text().splitlines(), 1)
    return {(number, found[1]) for number, line in lines if (found := marked.search(line))}


def test_mypy_accepts_what_is_right_and_reports_each_mistake(tmp_path: Path) -> None:
    """Of modes with and without the prefix of C++: the Literals of type checkers, and the tables of what is taken."""
    modes = tmp_path / 'modes.py'
    expected = {'consumer.py': set[tuple[int, str]](), 'mistakes.py': mistakes(), 'modes.py': of_modes(modes)}
    assert all(len(lines) > 10 for lines in (expected['mistakes.py'], expected['modes.py']))
    found = reported(HERE / 'consumer.py', HERE / 'mistakes.py', modes, cache=tmp_path / 'cache')
    assert found == expected


def test_pyright_accepts_and_reports_the_same_lines(tmp_path: Path) -> None:
    (tmp_path / 'pyrightconfig.json').write_text(json.dumps({'include': [str(HERE)], 'typeCheckingMode': 'standard'}))
    # a distribution of pyright that brings its own Node
    command = [sys.executable, '-m', 'basedpyright', '--project', str(tmp_path), '--pythonpath', sys.executable]
    done = subprocess.run([*command, '--outputjson'], capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert found['summary']['filesAnalyzed'] == len(list(HERE.glob('*.py')))
    errors = [said for said in found['generalDiagnostics'] if said['severity'] == 'error']
    lines = {(Path(said['file']).name, said['range']['start']['line'] + 1) for said in errors}
    assert lines == {('mistakes.py', line) for line, _ in mistakes()}, errors
