"""What other packages import and call, `docs/downstream.md`: the paths, and NumPy's half, without Keras."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import quantizers
from oracles.reference import ROUNDINGS
from quantizers import FixedQ, functional

PATHS = {
    'quantizers.fixed_point': 'get_fixed_quantizer get_fixed_quantizer_np',
    'quantizers.fixed_point.fixed_point_ops': 'get_fixed_quantizer',
    'quantizers.fixed_point.fixed_point_ops_np': 'get_fixed_quantizer_np',
    'quantizers.fixed_point._fixed_point_ops': '_get_fixed_quantizer round_conv',
    'quantizers.minifloat': 'float_decompose float_decompose_np float_quantize float_quantize_np',
    'quantizers.minifloat.float_point_ops': 'float_decompose float_quantize',
    'quantizers.minifloat.float_point_ops_np': 'float_decompose_np float_quantize_np',
    'quantizers': 'binary_quantize binary_quantize_np float_decompose float_decompose_np float_quantize '
    'float_quantize_np get_fixed_quantizer get_fixed_quantizer_np ternary_quantize ternary_quantize_np',
}
X = np.array([0.1, -0.046875, 3.14159, 100, -100], np.float32)


@pytest.mark.parametrize(('path', 'names'), PATHS.items(), ids=list(PATHS))
def test_a_path_gives_the_functions_themselves(path: str, names: str) -> None:
    module = importlib.import_module(path)
    for name in names.split():
        assert getattr(module, name) is getattr(functional, name.removeprefix('_'))


def test_every_module_of_these_packages_is_listed() -> None:
    root = Path(quantizers.__file__).parent
    files = {file for folder in ('fixed_point', 'minifloat') for file in (root / folder).glob('*.py')}
    modules = ['.'.join(('quantizers', *file.relative_to(root).with_suffix('').parts)) for file in files]
    assert {module.removesuffix('.__init__') for module in modules} == PATHS.keys() - {'quantizers'}


def test_every_path_and_numpy_work_without_keras() -> None:
    code = f"""
import importlib, sys
sys.modules['keras'] = None
for path in {list(PATHS)}:
    importlib.import_module(path)
import numpy as np
from quantizers.fixed_point import _fixed_point_ops, get_fixed_quantizer_np
from quantizers.minifloat import float_quantize_np
assert get_fixed_quantizer_np('RND', 'SAT')(np.array([1.02]), 1, 2, 5) == 1.03125
assert float_quantize_np(1.3, 2, 4) == 1.25
quantizer = _fixed_point_ops._get_fixed_quantizer('S_RND', 'WRAP')
assert quantizer.round_mode == 'RND' and quantizer.stochastic
for call in (lambda: _fixed_point_ops.round_conv([1.5]), lambda: quantizer([1.5], 1, 2, 3)):
    try:
        call()
    except ImportError as error:
        print('told' if 'pip install' in str(error) else error)
"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ['told', 'told'], done.stderr


@pytest.mark.parametrize('overflow', ['WRAP', 'SAT', 'SAT_SYM'])
@pytest.mark.parametrize('rounding', ROUNDINGS)
def test_da4ml_calls_by_keyword(rounding: str, overflow: str) -> None:
    """With widths of its own: arrays of any integer dtype that broadcast, formats of no bits among them."""
    quantize = functional.get_fixed_quantizer_np(round_mode=rounding, overflow_mode=overflow)
    for dtype in (np.int8, np.int32, np.int64, np.float32):
        k, i, f = np.array([0, 1, 1], dtype), np.array([3, 2, -4], dtype), np.array([[-3], [4]], dtype)
        x = np.linspace(-9, 9, 30).reshape(5, 2, 3)
        got = np.where(k + i + f <= 0, 0, quantize(x, k=k, i=i, f=f))
        for at in np.ndindex(x.shape):
            sign, integer, fraction = int(k[at[2]]), int(i[at[2]]), int(f[at[1], 0])
            empty = sign + integer + fraction <= (overflow == 'SAT_SYM') * sign  # one sign bit alone holds only 0
            spec = None if empty else FixedQ.from_kif(sign, integer, fraction, rounding, overflow)
            assert got[at] == (spec(x[at]) if spec else 0)


@pytest.mark.parametrize('dtype', ['int8', 'uint8', 'uint16', 'uint32', 'uint64'])
def test_minus_f_does_not_overflow(dtype: str) -> None:
    """Neither in unsigned numbers nor for -128: `i` is raised to `-f`, which a scalar of `dtype` does not hold."""
    number: Any = np.dtype(dtype).type
    quantize = functional.get_fixed_quantizer_np('RND', 'SAT')
    np.testing.assert_array_equal(quantize(X, number(1), number(2), number(5)), quantize(X, 1, 2, 5))
    least = np.iinfo(dtype).min
    x = X.astype(np.float64)  # float32 does not hold the step 2^128
    np.testing.assert_array_equal(quantize(x, number(1), number(2), number(least)), quantize(x, 1, 2, int(least)))


def test_the_page_lists_what_is_tested() -> None:
    page = (Path(__file__).parents[1] / 'docs' / 'downstream.md').read_text(encoding='utf-8')
    assert set(re.findall(r'\bquantizers(?:\.\w+)*(?=`)', page)) >= PATHS.keys()


def test_a_test_that_fails_with_this_library_alone_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `make downstream` exits by."""
    file = Path(__file__).parents[1] / 'downstream' / 'run.py'
    spec = importlib.util.spec_from_file_location('downstream_run', file)
    run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run)
    old = {'passes': True, 'breaks': True, 'vanishes': True, 'mended': False, 'never': False, 'pinned': True}
    new = {'passes': True, 'breaks': False, 'mended': True, 'never': False, 'pinned': False, 'new': True}
    monkeypatch.setattr(run, 'EXPLAINED', {'pinned': 'a defect'})
    broken, notes = run.compare(old, new)
    assert broken == ['breaks', 'vanishes']
    assert sorted(notes) == [
        'mended passes with this library alone',
        'never fails with both',
        'new passes with this library alone',
        'pinned fails with this library: a defect',
    ]
    assert run.compare({'never': False}, {'never': True})[0] == ['nothing passes with 1.2.2, so nothing was compared']
    assert not run.compare({'passes': True}, {'passes': True})[0]
