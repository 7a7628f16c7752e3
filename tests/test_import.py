"""`import quantizers` is light: nothing that is slow or optional comes with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ('bitwuzla', 'dask', 'keras', 'llvmlite', 'matplotlib', 'numba', 'onnx', 'pydantic', 'rich', 'typer')
CHECK = f"""
import sys
import quantizers
print(*sorted(set({HEAVY!r}) & set(sys.modules)))
"""
TIME = """
from time import perf_counter as now
start = now(); import numpy; numpy_done = now(); import quantizers
print(f'{1e3 * (now() - numpy_done):.0f} ms more than numpy ({1e3 * (numpy_done - start):.0f} ms)')
"""


def run(code: str, path: Path | None = None) -> str:
    env = dict(os.environ)
    if path is not None:
        env['PYTHONPATH'] = os.pathsep.join([str(path), *filter(None, [env.get('PYTHONPATH')])])
    return subprocess.run(
        [sys.executable, '-c', code], check=True, capture_output=True, text=True, env=env
    ).stdout.strip()


def test_nothing_heavy_is_imported() -> None:
    assert run(CHECK) == ''


@pytest.mark.parametrize('name', HEAVY)
def test_a_heavy_import_would_be_seen(name: str, tmp_path: Path) -> None:
    (tmp_path / f'{name}.py').touch()
    # sitecustomize runs first: it makes `import quantizers` import the package as well
    (tmp_path / 'sitecustomize.py').write_text(
        f"""
import builtins
plain = builtins.__import__
def wrapper(module, *args, **kwargs):
    if module == 'quantizers':
        plain({name!r})
    return plain(module, *args, **kwargs)
builtins.__import__ = wrapper
"""
    )
    assert run(CHECK, tmp_path) == name


def test_import_time_is_printed() -> None:
    report = run(TIME)
    print(f'import quantizers: {report}')
    assert 'ms more than numpy' in report


@pytest.mark.parametrize('path', ['fixed_point._fixed_point_ops', 'minifloat.float_point_ops'])
def test_the_paths_that_other_packages_import_load_nothing_heavy(path: str) -> None:
    """Though the functions behind them are Keras'."""
    assert run(CHECK.replace('import quantizers', f'import quantizers.{path}')) == ''


def test_what_notebooks_show_loads_nothing_heavy() -> None:
    assert run(CHECK.replace('import quantizers', 'import quantizers; quantizers.TernaryQ()._repr_html_()')) == ''


@pytest.mark.parametrize('command', ['describe fixed<8,3>', 'explore --help'])
def test_only_the_command_explore_loads_its_server(command: str) -> None:
    server = "{'http.server', 'quantizers.show.explore'} & {*sys.modules}"
    code = f'import sys; from quantizers.cli import main; main({command.split()!r}); print({server} or "none")'
    assert run(code).splitlines()[-1] == 'none'


def test_da4ml_runs_on_this_package() -> None:
    assert run('from da4ml.trace.ops import quantization as q; print(q.get_fixed_quantizer_np.__module__)') == (
        'quantizers.functional._numpy'
    )
