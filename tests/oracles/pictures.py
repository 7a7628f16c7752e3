"""The scripts of the documentation."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

PICTURES = Path(__file__).parents[2] / 'docs' / 'pictures'


def script(name: str, folder: Path = PICTURES) -> ModuleType:
    """A script, as a module."""
    spec = importlib.util.spec_from_file_location(name, folder / f'{name}.py')
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
