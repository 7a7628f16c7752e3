"""Every example of the README, from top to bottom in one folder: files, Python sessions, and the shell."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import quantizers
from quantizers import _backends

ROOT = Path(__file__).parents[1]
README = (ROOT / 'README.md').read_text(encoding='utf-8')
BLOCKS = re.findall(r'^```(\w+) ?(\S*)\n(.*?)^```$', README, re.MULTILINE | re.DOTALL)


def run_python(code: str, variables: dict[str, object]) -> str:
    """What differs from the session shown; empty if nothing does."""
    complaints: list[str] = []
    test = doctest.DocTestParser().get_doctest(code, variables, 'README.md', 'README.md', 0)
    assert test.examples
    doctest.DocTestRunner(verbose=False).run(test, out=complaints.append, clear_globs=False)
    variables |= test.globs
    return ''.join(complaints)


def run_console(session: str) -> str:
    """The session as a shell gives it: each command, then what it prints."""
    path = f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}'
    env = os.environ | {'PATH': path, 'PYTHONUTF8': '1'}
    env.pop('FORCE_COLOR', None)
    shown = []
    for command in re.findall(r'^\$ (.*)$', session, re.MULTILINE):
        result = subprocess.run(
            command,
            shell=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding='utf-8',
            check=False,
            env=env,
        )
        shown += [f'$ {command}\n', re.sub(r' +$', '', result.stdout, flags=re.MULTILINE)]
    assert shown
    return ''.join(shown)


def test_every_example_gives_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_backends, '_targets', dict(_backends._targets))
    variables: dict[str, object] = {}
    for language, name, text in BLOCKS:
        if name == 'keras':
            continue  # in tests/keras/test_readme.py, on each backend
        if language == 'python':
            assert run_python(text, variables) == ''
        elif language == 'console':
            assert run_console(text) == text
        elif language == 'json':
            Path(name).write_text(text)
        else:
            assert language == 'sh', f'a block of {language} is not run'
    assert {language for language, _, _ in BLOCKS} == {'sh', 'python', 'json', 'console'}


def test_a_wrong_example_is_found() -> None:
    assert 'Got:' in run_python('>>> 1 + 1\n3\n', {})
    assert run_console('$ echo one\ntwo\n') == '$ echo one\none\n'


def test_the_make_commands_exist() -> None:
    targets = set(re.findall(r'^(\w+):.*## ', (ROOT / 'Makefile').read_text(), re.MULTILINE))
    commands = {
        command for language, _, text in BLOCKS if language == 'sh' for command in re.findall('make (\\w+)', text)
    }
    assert commands == {'demo', 'test'}
    assert commands <= targets


def test_every_mode_is_in_the_tables() -> None:
    from quantizers import Overflow, Rounding

    for mode in (*Rounding, *Overflow):
        assert f'`{mode.value}`' in README


MODULES = [module.name for module in pkgutil.walk_packages(quantizers.__path__, 'quantizers.')]


@pytest.mark.parametrize('name', [name for name in MODULES if not name.endswith('__main__')])
def test_every_example_of_a_docstring(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_docstrings_have_examples() -> None:
    formats = importlib.import_module('quantizers.formats')
    assert doctest.testmod(formats).attempted > 0
