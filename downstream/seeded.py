"""A plugin for pytest: the random numbers of a test depend on its name alone, whatever ran before it."""

from __future__ import annotations

import zlib

import keras
import pytest


def seed(node: pytest.Item) -> None:
    keras.utils.set_random_seed(zlib.crc32(node.name.encode()))  # Python's, NumPy's and the framework's


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before fixtures of a module or a session, which are made in the first test that asks for them."""
    seed(item)


@pytest.fixture(autouse=True)
def _seeded(request: pytest.FixtureRequest) -> None:
    """After these: they may have drawn, or have a seed of their own."""
    seed(request.node)
