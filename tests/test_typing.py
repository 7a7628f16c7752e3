"""What mypy strict says of a user's code against the installed package."""

from __future__ import annotations

import re
from pathlib import Path

from mypy import api

HERE = Path(__file__).parent / 'typing'


def reported(path: Path, cache: Path) -> set[tuple[int, str]]:
    """The line and the error code of each of mypy's complaints."""
    output, problem, _ = api.run(['--strict', '--config-file=', f'--cache-dir={cache}', '--no-pretty', str(path)])
    assert not problem
    assert 'Success' in output or 'Found' in output, output
    return {(int(line), code) for line, code in re.findall(r':(\d+): error: .*\[([\w-]+)\]$', output, re.MULTILINE)}


def test_correct_code_is_accepted(tmp_path: Path) -> None:
    assert reported(HERE / 'consumer.py', tmp_path) == set()


def test_every_mistake_is_reported_and_nothing_else(tmp_path: Path) -> None:
    path = HERE / 'mistakes.py'
    marked = re.compile(r'# error: ([\w-]+)$')
    lines = enumerate(path.read_text().splitlines(), 1)
    expected = {(number, found[1]) for number, line in lines if (found := marked.search(line))}
    assert expected
    assert reported(path, tmp_path) == expected
