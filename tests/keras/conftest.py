"""Keras' backends: one process each, chosen by KERAS_BACKEND; see `make keras`."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

with suppress(ImportError):
    import_module('triton')  # before Keras imports TensorFlow: see tests/conftest.py

import keras
import pytest

from oracles.frameworks import FRAMEWORKS, Framework

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKEND = os.environ.get('KERAS_BACKEND')
if BACKEND not in FRAMEWORKS:  # Keras would take another one
    raise pytest.UsageError(f'KERAS_BACKEND must be one of {", ".join(FRAMEWORKS)}: {BACKEND}')

# what only one of them has
ONLY = {
    'test_example.py': 'jax',
    'test_example_hls4ml.py': 'jax',
    'test_example_network.py': 'jax',
    'test_hls4ml_graph.py': 'jax',
    'test_jax.py': 'jax',
    'test_network_command.py': 'jax',
    'test_network_csim.py': 'jax',
    'test_sharding.py': 'jax',
    'test_tensorflow.py': 'tensorflow',
    'test_torch.py': 'torch',
    'test_torch_float8.py': 'torch',
    'test_torch_func.py': 'torch',
    'test_torch_loops.py': 'torch',
}
collect_ignore = [file for file, name in ONLY.items() if name != BACKEND]


def pytest_report_header() -> str:
    return f'keras {keras.__version__} on {keras.backend.backend()}'


@pytest.fixture(scope='session')
def framework() -> Framework:
    """The active backend's array library."""
    return FRAMEWORKS[BACKEND]()


@pytest.fixture(autouse=True)
def precision(request: pytest.FixtureRequest, framework: Framework) -> Iterator[None]:
    """Tests with a parameter `dtype` of float64 run where the framework has that dtype: in JAX's x64 mode."""
    callspec = getattr(request.node, 'callspec', None)
    with framework.precision(callspec.params.get('dtype') if callspec else None):
        yield
