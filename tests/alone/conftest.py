"""PyTorch, or JAX, in an environment without Keras; see `make alone`."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from oracles.frameworks import FRAMEWORKS, Framework

if TYPE_CHECKING:
    from collections.abc import Iterator

# for `shard_map`, before JAX is imported
os.environ['XLA_FLAGS'] = '--xla_force_host_platform_device_count=4'

FOUND = {name: find_spec(name) for name in ('jax', 'torch', 'tensorflow', 'keras')}
INSTALLED = [name for name, spec in FOUND.items() if spec and spec.origin]  # `tests/keras` has none
if INSTALLED not in (['jax'], ['torch']):
    raise pytest.UsageError(f'one of jax and torch must be installed, and no Keras: {", ".join(INSTALLED)}')
(LIBRARY,) = INSTALLED
collect_ignore = [f'test_{name}.py' for name in ('jax', 'torch') if name != LIBRARY]


@pytest.fixture(scope='session')
def framework() -> Framework:
    """The library that is there."""
    return FRAMEWORKS[LIBRARY]()


@pytest.fixture(autouse=True)
def precision(request: pytest.FixtureRequest, framework: Framework) -> Iterator[None]:
    """Tests with a parameter `dtype` of float64 run where the library has that dtype: in JAX's x64 mode."""
    callspec = getattr(request.node, 'callspec', None)
    with framework.precision(callspec.params.get('dtype') if callspec else None):
        yield
    assert 'keras' not in sys.modules
