"""Every test is in one ring, and a ring is run by a command."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from conftest import LAST_RING, RINGS

HERE = Path(__file__).parent
TEST = 'def test_nothing():\n    pass\n'


@pytest.fixture(autouse=True)
def paths(monkeypatch):
    """What a conftest imports is found by another process, too."""
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join([str(HERE), os.environ.get('PYTHONPATH', '')]))


def collected(pytester: pytest.Pytester, ring: str, **files: str) -> pytest.RunResult:
    """What pytest says of files beside a copy of the configuration and of the conftest."""
    pytester.makepyprojecttoml((HERE.parent / 'pyproject.toml').read_text())
    pytester.makeconftest((HERE / 'conftest.py').read_text())
    pytester.makepyfile(**files)
    # in a process of its own, since modules of the same names are imported here
    return pytester.runpytest_subprocess('--collect-only', '-q', '-m', ring, *(f'{name}.py' for name in files))


@pytest.mark.parametrize('ring', [*RINGS, LAST_RING])
def test_a_test_is_in_the_ring_of_its_marker_or_else_of_its_file(ring, pytester):
    own = f'import pytest\n\n@pytest.mark.test_all\n{TEST}\n@pytest.mark.exhaustive\ndef test_much():\n    pass\n'
    result = collected(pytester, ring, test_codes=own + TEST.replace('nothing', 'more'), test_choose=TEST)
    names = {
        'check': {'test_codes.py::test_more'},
        'test': {'test_choose.py::test_nothing'},
        'test_all': {'test_codes.py::test_nothing'},
        'exhaustive': {'test_codes.py::test_much'},
    }
    assert {line for line in result.outlines if '::' in line} == names[ring]


def test_a_file_in_no_ring_is_refused(pytester):
    result = collected(pytester, 'check', test_of_no_ring=TEST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert 'test_of_no_ring.py must be in a ring, of `RINGS` in tests/conftest.py' in result.stderr.str()


def test_every_file_has_one_ring_and_every_entry_a_file():
    names = ' '.join(RINGS.values()).split()
    ours = [name for name in names if '/' not in name]
    assert sorted(ours) == sorted(path.stem.removeprefix('test_') for path in HERE.glob('test_*.py'))
    assert all(
        (HERE / name.replace('keras/', 'keras/test_')).with_suffix('.py').exists() for name in names if name not in ours
    )


def test_every_ring_has_a_command():
    makefile = (HERE.parent / 'Makefile').read_text()
    for ring in (*RINGS, LAST_RING):
        assert re.search(rf'^{ring.replace("_", "-")}:', makefile, re.MULTILINE), ring
        assert re.search(rf"-m '?[^']*\b{ring}\b", makefile), ring
