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
from quantizers import FixedQ, MinifloatQ
from quantizers.cpp import header

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
    assert SOURCES.keys() == {'ap_minifloat.h', 'ap_binary.h', 'ap_float.h'}
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
    (package / 'include' / 'ap_minifloat.h').touch()
    done = subprocess.run(
        [sys.executable, '-c', 'import alone; alone.get_include()'],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {'PYTHONPATH': str(package / 'cpp')},
    )
    message = (
        r'RuntimeError: ap_minifloat\.h, ap_binary\.h, ap_float\.h are missing from .*lib/quantizers/include.*: install'
    )
    assert re.search(message, done.stderr)


@pytest.mark.parametrize('name', sorted(SOURCES))
def test_a_header_stands_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / 'alone.cpp').write_text(f'#include <{name}>\n#include <{name}>\nint main() {{}}\n')
    for standard in ('c++11', 'c++17'):
        flags = [f'-std={standard}', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', '-isystem', str(headers())]
        command = [compiler(), *flags, f'-I{quantizers.get_include()}', 'alone.cpp']
        done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]


VENDOR = """#ifndef VENDOR_AP_FLOAT_H
#define VENDOR_AP_FLOAT_H
template <int W, int E>
class ap_float {
  public:
    static const int exponent_bits = E, bits = W;
};
#endif
"""
BESIDE = """#include "formats.h"
#include <ap_float.h>
static_assert(ap_float<16, 5>::exponent_bits == 5, "the vendor's");
static_assert(w_t::width == 8, "this package's");
int main() { return w[1].to_double() == -1.25 ? 0 : 1; }
"""
ALIAS = """#include <ap_float.h>
#include <ap_minifloat.h>
template <class a, class b> struct same { static const bool value = false; };
template <class a> struct same<a, a> { static const bool value = true; };
template <int m, int e, int e0> constexpr int zero_of(const ap_float<m, e, e0>*) { return e0; }
static_assert(same<ap_float<3, 4, 1>, ap_minifloat<3, 4, 1> >::value, "of hls4ml's name");
static_assert(same<ap_float<3, 4>, ap_minifloat<3, 4, 0> >::value, "with its default");
static_assert(zero_of((ap_minifloat<2, 3, 5>*)0) == 5, "found by a template");
int main() { return (ap_float<3, 4, 1>(0.3).to_double() + ap_minifloat<3, 4, 1>(0.1)).to_double() > 0 ? 0 : 1; }
"""


def run_program(source: str, folder: Path, *flags: str) -> None:
    (folder / 'main.cpp').write_text(source)
    command = [compiler(), '-std=c++11', *flags, '-isystem', str(headers()), f'-I{quantizers.get_include()}']
    done = subprocess.run([*command, 'main.cpp'], cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    subprocess.run(['./a.out'], cwd=folder, check=True)


def test_a_header_that_is_emitted_stands_beside_the_ap_float_of_vitis(tmp_path: Path) -> None:
    """Whose folder is searched first, and whose template has the name that hls4ml has for minifloats."""
    (tmp_path / 'vendor').mkdir()
    (tmp_path / 'vendor' / 'ap_float.h').write_text(VENDOR)
    specs = {'w': MinifloatQ(3, 4, 1), 'x': FixedQ(8, 3)}  # no binary, whose header has minifloats too
    (tmp_path / 'formats.h').write_text(header(specs, {'w': [0.5, -1.25]}))
    run_program(BESIDE, tmp_path, '-Ivendor')
    assert not [name for name, text in SOURCES.items() if name != 'ap_float.h' and b'ap_float.h' in text]


def test_hls4ml_finds_minifloats_by_its_name(tmp_path: Path) -> None:
    run_program(ALIAS.replace('.to_double() + ap_mini', ' + ap_mini'), tmp_path)
