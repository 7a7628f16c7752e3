"""Models of Keras in the command: their libraries are imported without a word of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from ..network.keras_files import is_model
from .console import working


def import_keras(path: Path) -> None:
    """Import what a model's file needs, if `path` is one.

    Keras imports TensorFlow where it is installed, on whatever it runs, and TensorFlow then writes to the process's
    stderr, past Python, whatever the level of its logs is.
    """
    if is_model(path) and 'tensorflow' not in sys.modules and find_spec('tensorflow') is not None:
        with working('importing Keras'), _no_stderr():
            import_module('keras')  # and with it what it runs on
            import_module('tensorflow')


@contextmanager
def _no_stderr() -> Iterator[None]:
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
