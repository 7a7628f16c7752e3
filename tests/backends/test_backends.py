"""The registry: one file and one line, or an entry point, add an array library."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from quantizers import FixedQ, backends, register_backend
from quantizers.backends import backend_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

# a small array library: numbers in a list
LIBRARY = """
class Tiny:
    def __init__(self, numbers):
        self.numbers = list(numbers)

class Derived(Tiny):
    pass
"""

# its backend, in one file: the exact codes of NumPy arrays do the work
BACKEND = """
import numpy as np
from {library} import Tiny

class TinyBackend:
    calls = []

    def quantize(self, spec, x, *, out, training, seed_gen, threads):
        self.calls.append((spec, out, training, seed_gen, threads))
        return type(x)(spec(np.array(x.numbers)).tolist())

backend = TinyBackend()
"""

X = [1.3, -2.7, 100.0]
SPEC = FixedQ(8, 3, True, 'RND', 'SAT')
RIGHT = [1.3125, -2.6875, 3.96875]


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has a registry of its own."""
    monkeypatch.setattr(backends, '_targets', dict(backends._targets))
    monkeypatch.setattr(backends, '_by_type', {})


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """An array library that nobody knows, and beside it its backend, not yet imported."""
    name = 'tiny_arrays'
    (tmp_path / f'{name}.py').write_text(LIBRARY)
    (tmp_path / f'{name}_backend.py').write_text(BACKEND.format(library=name))
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module(name)
    for module in (name, f'{name}_backend'):
        sys.modules.pop(module, None)


def test_one_line_adds_a_backend(library: ModuleType) -> None:
    x = library.Tiny(X)
    with pytest.raises(TypeError, match=r'no backend knows the array type tiny_arrays.Tiny'):
        SPEC(x)
    register_backend('tiny_arrays', 'tiny_arrays_backend:backend')
    assert 'tiny_arrays_backend' not in sys.modules  # imported on first use
    got = SPEC(x)
    assert type(got) is library.Tiny
    assert got.numbers == RIGHT
    assert x.numbers == X


def test_a_backend_may_be_an_object_and_gets_every_argument(library: ModuleType) -> None:
    backend = importlib.import_module('tiny_arrays_backend').backend
    register_backend('tiny_arrays', backend)
    out, seed_gen = object(), object()
    SPEC(library.Tiny(X), out=out, training=True, seed_gen=seed_gen, threads=3)
    SPEC(library.Tiny(X))
    assert backend.calls == [(SPEC, out, True, seed_gen, 3), (SPEC, None, False, None, 1)]


def test_a_subclass_of_a_known_type(library: ModuleType) -> None:
    register_backend('tiny_arrays', 'tiny_arrays_backend:backend')

    class Own(library.Derived):  # type: ignore[misc]
        pass

    for kind in (library.Derived, Own):
        got = SPEC(kind(X))
        assert type(got) is kind
        assert got.numbers == RIGHT

    class Table(np.ndarray):
        pass

    np.testing.assert_array_equal(SPEC(np.array(X).view(Table)), RIGHT)


def test_the_nearest_base_decides(library: ModuleType) -> None:
    class Both(np.ndarray):
        pass

    Both.__module__ = 'tiny_arrays.sub'
    x = np.array(X).view(Both)
    assert backend_for(x) is backend_for(np.array(X))
    register_backend('tiny_arrays', 'tiny_arrays_backend:backend')
    assert backend_for(x) is importlib.import_module('tiny_arrays_backend').backend


def test_a_backend_is_found_once_for_each_type(library: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    find = backends._find
    monkeypatch.setattr(backends, '_find', lambda kind: found.append(kind) or find(kind))
    register_backend('tiny_arrays', 'tiny_arrays_backend:backend')
    for _ in range(3):
        SPEC(library.Tiny(X))
        SPEC(np.array(X))
    assert found.count(library.Tiny) == 1
    assert found.count(np.ndarray) == 1


def test_a_later_registration_replaces_an_earlier_one(library: ModuleType) -> None:
    class Other:
        def quantize(self, spec: Any, x: Any, **options: Any) -> str:
            return 'other'

    register_backend('tiny_arrays', 'tiny_arrays_backend:backend')
    SPEC(library.Tiny(X))
    register_backend('tiny_arrays', Other())
    assert SPEC(library.Tiny(X)) == 'other'


@pytest.mark.parametrize('x', [object(), lambda: 0, sys, FixedQ(8, 3)], ids=lambda x: type(x).__name__)
def test_an_unknown_type_is_never_converted(x: Any) -> None:
    with pytest.raises(TypeError, match=rf'{type(x).__qualname__}|dtype object'):
        SPEC(x)


def test_an_unknown_type_says_what_is_known_and_what_to_do() -> None:
    class Unknown:
        def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
            return np.ones(3)

    with pytest.raises(TypeError, match=r'Unknown; known array libraries: .*numpy.*register_backend'):
        SPEC(Unknown())


@pytest.mark.parametrize('module', ['', 'a.b', '1x', 'a b', None, 3, np])
def test_a_module_that_cannot_be_one(module: Any) -> None:
    with pytest.raises(ValueError, match=r"^'module' must be"):
        register_backend(module, 'a:b')


@pytest.mark.parametrize('backend', ['', 'module', None, 3, object(), np])
def test_a_backend_that_cannot_be_one(backend: Any) -> None:
    with pytest.raises(ValueError, match=r"^'backend' must have a method quantize"):
        register_backend('tiny_arrays', backend)


def distribution(folder: Path, name: str, target: str) -> None:
    """The metadata of an installed distribution with one entry point."""
    info = folder / 'tiny_arrays_quantizers-1.0.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text('Metadata-Version: 2.1\nName: tiny-arrays-quantizers\nVersion: 1.0\n')
    (info / 'entry_points.txt').write_text(f'[quantizers.backends]\n{name} = {target}\n')


def test_an_entry_point_adds_a_backend(library: ModuleType, tmp_path: Path) -> None:
    distribution(tmp_path, 'tiny_arrays', 'tiny_arrays_backend:backend')
    importlib.invalidate_caches()
    assert SPEC(library.Derived(X)).numbers == RIGHT
    assert SPEC(library.Tiny(X)).numbers == RIGHT


def test_an_entry_point_of_another_library_is_not_loaded(library: ModuleType, tmp_path: Path) -> None:
    distribution(tmp_path, 'other_arrays', 'tiny_arrays_backend:missing')
    importlib.invalidate_caches()
    with pytest.raises(TypeError, match=r'tiny_arrays\.Tiny'):
        SPEC(library.Tiny(X))
    assert 'tiny_arrays_backend' not in sys.modules


def test_entry_points_are_read_only_for_a_type_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.metadata

    def never(**_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(importlib.metadata, 'entry_points', never)
    for x in (np.ones(2), 1.0, 1, True, [1.0], (1,), np.float32(1), np.ma.array([1.0])):
        SPEC(x)
    with pytest.raises(AssertionError):
        SPEC(object())


def test_the_registry_imports_no_array_library() -> None:
    code = """
import sys
from quantizers.backends import register_backend, _targets
before = set(sys.modules)
for name in ('jax', 'cupy', 'torch'):
    register_backend(name, f'{name}_backend:backend')
assert set(sys.modules) == before
"""
    subprocess.run([sys.executable, '-c', code], check=True)


@pytest.mark.parametrize('stand_in', ['None', 'types.ModuleType(name)'])
def test_what_stands_in_for_a_module_is_no_module(stand_in: str) -> None:
    """Tests and lazy importers put None, or a module with nothing in it, where the module would be."""
    code = f"""
import sys, types
for name in ('torch', 'keras', 'jax', 'tensorflow', 'dask', 'llvmlite', 'ml_dtypes'):
    sys.modules[name] = {stand_in}
import warnings
import numpy as np
from quantizers import FixedQ, choose
spec = FixedQ(8, 3, True, 'RND', 'SAT')
assert spec({X}).tolist() == {RIGHT}
with warnings.catch_warnings():
    warnings.simplefilter('ignore', RuntimeWarning)  # that llvmlite cannot be used
    assert spec(np.resize({X}, 1 << 20))[:3].tolist() == {RIGHT}
assert spec.encode(1.3) == 42
assert choose(np.ones(4), width=8)
"""
    subprocess.run([sys.executable, '-c', code], check=True)
