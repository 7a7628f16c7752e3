"""Every test is in one ring, and a ring is run by a command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import APART, LAST_RING, RING_OF, RINGS

HERE = Path(__file__).parent
TEST = 'def test_nothing():\n    pass\n'


def collected(pytester: pytest.Pytester, rings: str, files: dict[str, str]) -> pytest.RunResult:
    """What pytest says of files in `tests`, with copies of the configuration and of the conftest."""
    pytester.makepyprojecttoml((HERE.parent / 'pyproject.toml').read_text())
    files = {'conftest': (HERE / 'conftest.py').read_text(), **files}
    pytester.makepyfile(**{f'tests/{name}': text for name, text in files.items()})
    # in a process of its own, since modules of the same names are imported here
    return pytester.runpytest_subprocess('--collect-only', '-q', '-m', rings)


@pytest.mark.parametrize('ring', [*RINGS, LAST_RING])
def test_a_test_is_in_the_ring_of_its_marker_or_else_of_its_file(ring, pytester):
    own = f'import pytest\n\n@pytest.mark.test_all\n{TEST}\n@pytest.mark.exhaustive\ndef test_much():\n    pass\n'
    files = {'codes/test_codes': own + TEST.replace('nothing', 'more'), 'analysis/test_choose': TEST}
    result = collected(pytester, ring, files)
    names = {
        'check': {'tests/codes/test_codes.py::test_more'},
        'test': {'tests/analysis/test_choose.py::test_nothing'},
        'test_all': {'tests/codes/test_codes.py::test_nothing'},
        'exhaustive': {'tests/codes/test_codes.py::test_much'},
    }
    assert {line for line in result.outlines if '::' in line} == names[ring]


@pytest.mark.parametrize(('rings', 'other'), [('check', 'analysis/test_choose'), ('check or test', 'keras/test_calls')])
def test_what_is_left_to_another_run_is_not_read(rings, other, pytester):
    result = collected(pytester, rings, {'codes/test_codes': TEST, other: 'import a_library_that_is_not_here\n'})
    assert result.ret == pytest.ExitCode.OK
    assert [line for line in result.outlines if '::' in line] == ['tests/codes/test_codes.py::test_nothing']


def test_a_file_in_no_ring_is_refused(pytester):
    result = collected(pytester, 'check', {'codes/test_of_no_ring': TEST})
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert 'test_of_no_ring.py must be in a ring, of `RINGS` in tests/conftest.py' in result.stderr.str()


def test_every_file_has_one_ring_and_every_entry_a_file():
    files = set(HERE.rglob('test_*.py'))
    assert len(RING_OF) == len(' '.join(RINGS.values()).split())
    assert set(RING_OF) <= files
    assert {file.parent for file in files - set(RING_OF)} == set(APART)


def test_every_ring_has_a_command():
    makefile = (HERE.parent / 'Makefile').read_text()
    for ring in (*RINGS, LAST_RING):
        assert re.search(rf'^{ring.replace("_", "-")}:', makefile, re.MULTILINE), ring
        assert re.search(rf"-m '?[^']*\b{ring}\b", makefile), ring


def test_no_two_files_of_one_run_have_one_name():
    """Without packages pytest knows a module by its file's name alone, and takes only the first."""
    names = [path.name for path in HERE.rglob('test_*.py') if path.parent not in APART]
    assert len(set(names)) == len(names)
