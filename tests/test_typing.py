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


def reported(path: Path, cache: Path) -> set[tuple[int, str]]:
    """The line and the error code of each of mypy's complaints."""
    output, problem, _ = api.run(['--strict', '--config-file=', f'--cache-dir={cache}', '--no-pretty', str(path)])
    assert not problem
    assert 'Success' in output or 'Found' in output, output
    return {(int(line), code) for line, code in re.findall(r':(\d+): error: .*\[([\w-]+)\]$', output, re.MULTILINE)}


def test_correct_code_is_accepted(tmp_path: Path) -> None:
    assert reported(HERE / 'consumer.py', tmp_path) == set()


def test_every_name_of_a_mode_is_accepted_and_no_other(tmp_path: Path) -> None:
    """With and without the prefix of C++: the Literals that type checkers read, and the tables of what is taken."""
    module = tmp_path / 'modes.py'
    known = [f'{prefix}{name}' for prefix in ('', 'AP_') for name in (*ROUNDINGS, *OVERFLOWS)]
    lines = [f"FixedQ(8, 3, True, '{name}')\nFixedQ(8, 3, True, 'TRN', '{name}')\n" for name in known]
    module.write_text(f'from quantizers import FixedQ\n{"".join(lines)}')
    refused = {2 * n + (2 if name.removeprefix('AP_') in OVERFLOWS else 3) for n, name in enumerate(known)}
    assert reported(module, tmp_path) == {(line, 'arg-type') for line in refused}


def mistakes() -> set[tuple[int, str]]:
    """The lines of mistakes.py that are wrong, and what mypy calls it."""
    marked = re.compile(r'# error: ([\w-]+)$')
    lines = enumerate((HERE / 'mistakes.py').read_text().splitlines(), 1)
    return {(number, found[1]) for number, line in lines if (found := marked.search(line))}


def test_every_mistake_is_reported_and_nothing_else(tmp_path: Path) -> None:
    assert mistakes()
    assert reported(HERE / 'mistakes.py', tmp_path) == mistakes()


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
