"""Every example of the README, but those of Keras, which tests/keras/test_readme.py runs on each backend."""

from __future__ import annotations

from pathlib import Path

from oracles.pages import examples, run_page

README = Path(__file__).parents[1] / 'README.md'


def test_every_example_gives_what_it_shows(tmp_path: Path) -> None:
    assert len(examples(README, without='keras')) > 15
    run_page(README, tmp_path, without='keras')
