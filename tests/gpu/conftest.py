"""Kernels on a GPU, or, where the device is a CPU, the same kernels by Triton's interpreter; see `make test-gpu`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from oracles.devices import DEVICE
from oracles.frameworks import Torch

if TYPE_CHECKING:
    from collections.abc import Iterator

if DEVICE == 'cpu':
    if 'triton' in sys.modules:
        raise pytest.UsageError('TRITON_INTERPRET=1 must be set before Triton is imported: run tests/gpu alone')
    os.environ['TRITON_INTERPRET'] = '1'  # before this library is imported
    collect_ignore = ['test_cuda.py']


def pytest_configure(config: pytest.Config) -> None:
    # the interpreter is NumPy, which says of arithmetic what GPUs do not
    config.addinivalue_line('filterwarnings', 'ignore:.*encountered in:RuntimeWarning')


def pytest_report_header() -> str:
    return f'kernels on {DEVICE}'


@pytest.fixture(scope='session')
def framework() -> Torch:
    """PyTorch, whose tensors are on the device."""
    return Torch()


@pytest.fixture(autouse=True)
def launched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, ...]]]:
    """The sizes of what kernels ran on; a test in which none ran is another one than it says."""
    from quantizers.backends.torch.kernels import KernelCall

    sizes: list[tuple[int, ...]] = []
    run = KernelCall._run

    def recorded(self: KernelCall, *arguments: Any, **options: Any) -> None:
        sizes.append(self._plan.axes)
        run(self, *arguments, **options)

    monkeypatch.setattr(KernelCall, '_run', recorded)
    yield sizes
    assert sizes
