"""The examples of the README that need Keras, on the active backend."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracles.pages import failures

README = Path(__file__).parents[2] / 'README.md'


# PyTorch's tensors do not know the newest arguments of NumPy's protocol, by which Keras reads them
@pytest.mark.filterwarnings('ignore:__array__ implementation:DeprecationWarning')
def test_every_example_gives_what_it_shows() -> None:
    count, wrong = failures(README, marked='keras')
    assert count > 5
    assert wrong == []
