"""Tests stand in the rooms of what they test, and what two of them need stands beside them."""

from __future__ import annotations

import ast
from pathlib import Path

HERE = Path(__file__).parent
TESTS = sorted(HERE.rglob('test_*.py'))


def imported(path: Path) -> set[str]:
    """The parts of all names that a file imports, wherever in it."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names += [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            names.append(node.module or '')
    return {part for name in names for part in name.split('.')}


def test_nothing_imports_a_test() -> None:
    tests = {path.stem for path in TESTS}
    found = {path: imported(path) & tests for path in HERE.rglob('*.py')}
    assert {path: names for path, names in found.items() if names} == {}


def test_every_folder_of_tests_is_a_room() -> None:
    rooms = {path.parent.name.removeprefix('_') for path in HERE.parent.glob('src/quantizers/*/__init__.py')}
    assert {path.parent for path in TESTS} <= {
        HERE,
        *(HERE / apart for apart in ('alone', 'gpu', 'keras')),
        *(HERE / room for room in rooms),
    }
