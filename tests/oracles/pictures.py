"""The scripts that make the pictures of the documentation."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

PICTURES = Path(__file__).parents[2] / 'docs' / 'pictures'


def script(name: str) -> ModuleType:
    """A script of the pictures' folder, as a module."""
    spec = importlib.util.spec_from_file_location(name, PICTURES / f'{name}.py')
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
