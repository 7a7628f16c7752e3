"""The headers come with the package: in this installation, in a wheel, in a wheel that was built from an sdist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import quantizers
from oracles.vendor import compiler, headers

ROOT = Path(__file__).parents[2]
SOURCES = {path.name: path.read_bytes() for path in (ROOT / 'cpp_ref' / 'include').iterdir()}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def build(target: str, project: Path, folder: Path) -> Path:
    command = [sys.executable, '-m', 'hatchling', 'build', '-t', target, '-d', str(folder)]
    done = subprocess.run(command, cwd=project, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = folder.iterdir()
    return path


def test_the_headers_of_this_installation_are_those_of_the_repository() -> None:
    folder = quantizers.get_include()
    assert isinstance(folder, str)
    assert contents(Path(folder)) == SOURCES
    assert SOURCES.keys() == {'ap_float.h', 'ap_binary.h'}
    package = Path(quantizers.__file__).parent
    editable = package == ROOT / 'src' / 'quantizers'
    assert Path(folder) == (ROOT / 'cpp_ref' / 'include' if editable else package / 'include')


def test_a_wheel_and_a_wheel_from_an_sdist_hold_the_headers(tmp_path: Path) -> None:
    with tarfile.open(build('sdist', ROOT, tmp_path / 'sdist')) as archive:
        archive.extractall(tmp_path / 'unpacked', filter='data')
    (unpacked,) = (tmp_path / 'unpacked').iterdir()
    for j, project in enumerate((ROOT, unpacked)):
        site = tmp_path / f'site{j}'
        with zipfile.ZipFile(build('wheel', project, tmp_path / f'wheel{j}')) as archive:
            archive.extractall(site)
        assert contents(site / 'quantizers' / 'include') == SOURCES
        code = 'import quantizers; print(quantizers.get_include())'
        env = os.environ | {'PYTHONPATH': str(site)}
        done = subprocess.run([sys.executable, '-c', code], check=True, capture_output=True, text=True, env=env)
        assert done.stdout.strip() == str(site / 'quantizers' / 'include')


def test_without_the_headers_the_error_says_what_to_do(tmp_path: Path) -> None:
    package = tmp_path / 'lib' / 'quantizers'
    (package / 'cpp').mkdir(parents=True)
    shutil.copy(Path(quantizers.__file__).parent / 'cpp' / 'include.py', package / 'cpp' / 'alone.py')
    (package / 'include').mkdir()
    (package / 'include' / 'ap_float.h').touch()
    done = subprocess.run(
        [sys.executable, '-c', 'import alone; alone.get_include()'],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {'PYTHONPATH': str(package / 'cpp')},
    )
    message = 'RuntimeError: ap_float.h and ap_binary.h are missing from .*lib/quantizers/include.*: install quantizers'
    assert re.search(message, done.stderr)


@pytest.mark.parametrize('name', sorted(SOURCES))
def test_a_header_stands_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / 'alone.cpp').write_text(f'#include <{name}>\n#include <{name}>\nint main() {{}}\n')
    for standard in ('c++11', 'c++17'):
        flags = [f'-std={standard}', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', '-isystem', str(headers())]
        command = [compiler(), *flags, f'-I{quantizers.get_include()}', 'alone.cpp']
        done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
