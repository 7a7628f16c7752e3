"""The compiled binding: NumPy's bits in one pass, and when it is taken. `make test` runs the exactness tests on it."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantizers import BinaryQ, FixedQ, MinifloatQ, TernaryQ, float_quantize_np, get_fixed_quantizer_np
from quantizers._maths.laws import FixedLaw
from quantizers.backends.numpy import binding
from quantizers.backends.numpy import kernels as numpy_kernels
from quantizers.backends.numpy.backend import backend
from quantizers.backends.program import compiled
from quantizers.backends.program.compiled import CompiledKernel
from quantizers.backends.program.program import Program

SETTING = 'QUANTIZERS_NUMPY'
ROUNDINGS = ('TRN', 'TRN_ZERO', 'RND', 'RND_MIN_INF', 'RND_INF', 'RND_ZERO', 'RND_CONV')
ROUNDINGS += ('RND_CONV_ODD', 'CEIL', 'AWAY', 'TO_ODD')
OVERFLOWS = ('WRAP', 'SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP_SM')
SPEC = FixedQ(8, 3, True, 'RND', 'WRAP')
SPECS = [
    *(FixedQ(8, 3, True, 'RND_CONV', overflow) for overflow in OVERFLOWS),
    *(FixedQ(9, 4, True, 'TRN', overflow, bits) for overflow in ('WRAP', 'WRAP_SM') for bits in (1, 2)),
    *(FixedQ(6, 9, False, 'TRN_ZERO', overflow) for overflow in ('WRAP', 'SAT', 'SAT_ZERO')),
    *(MinifloatQ(3, 4), MinifloatQ(0, 1), MinifloatQ(10, 8), BinaryQ(), TernaryQ()),
]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting, none remembered."""
    monkeypatch.delenv(SETTING, raising=False)
    _forget()
    yield
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    binding._setting.cache_clear()
    binding._compiled.cache_clear()


def choose(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv(SETTING, setting)
    binding._setting.cache_clear()


def numbers(size: int, dtype: Any = np.float32) -> Any:
    rng = np.random.default_rng(size)
    x = rng.normal(0, 6, size) * 2.0 ** rng.integers(-3, 4, size)
    x[:: max(size // 7, 1)] = np.round(x[:: max(size // 7, 1)] * 32) / 32
    x[1:5] = (np.nan, np.inf, -np.inf, -0.0)[: max(min(size - 1, 4), 0)]
    return x.astype(dtype)


def python(code: str, folder: Path, **environment: str) -> str:
    env = {name: value for name, value in os.environ.items() if name != SETTING} | environment
    command = [sys.executable, '-c', code]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# When it is taken -----------------------------------------------------------------------------------------------------


def test_large_arrays_take_it():
    small, large = (backend.kernel(SPEC, 'float32', size) for size in (1 << 10, binding.COMPILED_FROM))
    assert not isinstance(small, CompiledKernel)
    assert isinstance(large, CompiledKernel)
    assert binding.binding_for(binding.COMPILED_FROM - 1) is numpy_kernels
    x = numbers(binding.COMPILED_FROM + 5)
    np.testing.assert_array_equal(SPEC(x), np.concatenate([SPEC(part) for part in np.array_split(x, 4)]))


@pytest.mark.parametrize(('setting', 'chosen'), [('plain', numpy_kernels), ('compiled', compiled), ('numba', compiled)])
def test_the_setting_chooses_for_all_sizes(setting, chosen, monkeypatch):
    choose(monkeypatch, setting)
    assert all(binding.binding_for(size) is chosen for size in (0, 1, 1 << 30))


def test_a_wrong_setting_is_an_error(monkeypatch):
    choose(monkeypatch, 'fast')
    with pytest.raises(ValueError, match=r"'QUANTIZERS_NUMPY' must be plain or compiled, or not be set: 'fast'"):
        FixedQ(9, 3)(1.0)


def test_small_arrays_import_no_compiler(tmp_path):
    code = 'import sys, numpy, quantizers as q; q.BinaryQ()(numpy.ones(1000)); print("llvmlite" in sys.modules)'
    assert python(code, tmp_path) == 'False'
    assert python(code, tmp_path, QUANTIZERS_NUMPY='compiled') == 'True'


def test_without_llvmlite(monkeypatch):
    monkeypatch.setattr(binding, 'find_spec', lambda name: None)
    assert binding.binding_for(1 << 30) is numpy_kernels


def test_an_llvmlite_that_cannot_be_used(tmp_path):
    """Its own error with the setting; a warning, and NumPy, without."""
    (tmp_path / 'llvmlite').mkdir()
    (tmp_path / 'llvmlite' / '__init__.py').write_text('__version__ = "0.44.0"')
    (tmp_path / 'llvmlite' / 'binding.py').write_text('')
    code = """
import warnings, numpy, quantizers
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    try:
        print(quantizers.FixedQ(8, 3)(numpy.full(1 << 20, 1.3))[0])
    except ImportError as error:
        print(error)
    print([(w.category.__name__, str(w.message)) for w in caught])
"""
    out = python(code, tmp_path, PYTHONPATH=os.pathsep.join([str(tmp_path), os.environ.get('PYTHONPATH', '')]))
    assert out.startswith('1.28125')
    assert "('RuntimeWarning', 'llvmlite is installed but cannot be used" in out
    assert 'llvmlite must be 0.45 or newer: 0.44.0' in out
    out = python(
        code,
        tmp_path,
        PYTHONPATH=os.pathsep.join([str(tmp_path), os.environ.get('PYTHONPATH', '')]),
        QUANTIZERS_NUMPY='compiled',
    )
    assert "needs llvmlite: pip install 'quantizers[compiled]': llvmlite must be 0.45 or newer" in out


def test_formats_that_differ_in_widths_share_a_loop():
    kernels = [
        backend.kernel(FixedQ(width, integer, True, 'RND', 'SAT'), 'float32', 1 << 30)
        for width, integer in ((8, 3), (12, -2))
    ]
    assert kernels[0]._loop is kernels[1]._loop


def test_a_kernel_and_its_constants_are_freed_with_the_last_name():
    """Not some time later, as what is in a cycle: with widths of channels they are as large as the channels."""
    gc.disable()
    try:
        law = numpy_kernels.bind(FixedLaw('RND', 'SAT'), (1, 2, np.arange(6)), 'float32')
        kernel = compiled.kernel(law)
        kernel(np.ones((2, 6), np.float32))
        kept = [weakref.ref(kernel), weakref.ref(law.constants.max)]
        del kernel, law
        assert [ref() for ref in kept] == [None, None]
    finally:
        gc.enable()


def test_a_formula_cannot_branch_on_a_number():
    x = Program('float32', extreme=False).input('x', element=True)
    with pytest.raises(TypeError, match=r'use xp\.where'):
        bool(x > 0)


# NumPy's bits ---------------------------------------------------------------------------------------------------------


def twice(spec: Any, x: Any) -> Any:
    """By a spec that remembers no kernel, and again as it remembers one."""
    fresh = copy(spec)
    fresh(np.ones(1, x.dtype))
    again, first = fresh(x), copy(spec)(x)
    np.testing.assert_array_equal(first, again)
    return again


def compiled_and_plain(monkeypatch: pytest.MonkeyPatch, call: Any) -> None:
    results = []
    for setting in ('plain', 'compiled'):
        choose(monkeypatch, setting)
        results.append(call())
    plain, compiled = results
    assert plain.dtype == compiled.dtype
    np.testing.assert_array_equal(plain, compiled)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SPECS), st.integers(0, 300), st.integers(1, 5))
def test_any_spec_and_number_of_threads(spec, size, threads):
    with pytest.MonkeyPatch.context() as monkeypatch:
        for dtype in (np.float32, np.float64):
            x = numbers(300, dtype)[:size].reshape(-1, 1) if size else numbers(300, dtype)[:0]
            compiled_and_plain(monkeypatch, lambda x=x: copy(spec)(x, threads=threads))


@pytest.mark.parametrize('setting', ['plain', 'compiled'])
@pytest.mark.parametrize('threads', [2, 3, None])
@pytest.mark.parametrize('order', ['C', 'F', 'strided'])
def test_threads_share_a_large_array(setting, threads, order, monkeypatch):
    choose(monkeypatch, setting)
    spec = FixedQ(8, 3, True, 'RND_CONV', 'SAT')
    x = numbers(70_000).reshape(70, 1000)
    x = {'C': x, 'F': np.asfortranarray(x), 'strided': x[::-1, ::2]}[order]
    out = np.empty_like(x)
    assert spec(x, out=out, threads=threads) is out
    np.testing.assert_array_equal(out, spec(x))


@pytest.mark.parametrize('threads', [0, -1, 1.5, 'x', True, 1 << 20])
def test_a_wrong_number_of_threads_is_refused(threads):
    for x in (np.ones(100_000), np.ones(3), 1.0):
        with pytest.raises(ValueError, match=r"'threads' must be an integer from 1 to 1024"):
            SPEC(x, threads=threads)


@pytest.mark.parametrize('rounding', ROUNDINGS)
@pytest.mark.parametrize('overflow', OVERFLOWS)
def test_widths_of_channels_and_elements(rounding, overflow, monkeypatch):
    rng = np.random.default_rng(1)
    quantizer = get_fixed_quantizer_np(rounding, overflow)
    for shape, widths in (((50, 6), (6,)), ((5, 6, 7), (6, 1)), ((40, 30), (40, 30)), ((3, 7), (3, 1))):
        k, i, f = rng.integers(0, 2, widths), rng.integers(-3, 5, widths), rng.integers(-2, 6, widths)
        x = numbers(np.prod(shape)).reshape(shape)
        compiled_and_plain(monkeypatch, lambda x=x, k=k, i=i, f=f: quantizer(x, k, i, f))
        compiled_and_plain(monkeypatch, lambda x=x, i=i, f=f: quantizer(x, 1, i[..., :1], f))


def test_minifloats_of_channels(monkeypatch):
    x = numbers(300).reshape(50, 6)
    compiled_and_plain(monkeypatch, lambda: float_quantize_np(x, np.arange(6) - 1, 3, np.arange(6)))


@pytest.mark.parametrize('dtype', ['float32', 'float64', 'float16', '>f4', 'int16', 'int64', 'bool'])
def test_any_memory(dtype, monkeypatch):
    x = np.nan_to_num(numbers(200), posinf=9, neginf=-9).astype(dtype)
    x[0] = 1
    read_only = x.copy()
    read_only.flags.writeable = False
    unaligned = np.frombuffer(b'\0' + x.tobytes(), x.dtype, offset=1)
    assert x.dtype.itemsize == 1 or not unaligned.flags.aligned
    for each in (x, read_only, unaligned, x[::3], x[::-1], x.reshape(10, 20).T, x[:0], x[:1].reshape(())):
        before = each.copy()
        compiled_and_plain(monkeypatch, lambda each=each: twice(SPEC, each))
        np.testing.assert_array_equal(each, before)


def test_in_place(monkeypatch):
    choose(monkeypatch, 'compiled')
    x = numbers(1000)
    expected = SPEC(x)
    assert SPEC(x, out=x) is x
    np.testing.assert_array_equal(x, expected)
