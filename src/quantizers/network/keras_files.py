"""Files of Keras models, read without a line of code that they bring."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

SUFFIXES = '.keras', '.h5'


def is_model(path: Path) -> bool:
    """Whether a file, by its name, is a model of Keras."""
    return path.suffix.lower() in SUFFIXES


def load_model(path: Path) -> keras.Model:
    """The model in a file `.keras` or `.h5`, by Keras' `safe_mode`.

    Raises OSError, and ValueError, of one line with the file's name, for what Keras does not read: another file, a
    layer that brings code of its own, a layer that is not known.
    """
    with path.open('rb'):  # Keras' own words for what is not there are others
        pass
    import keras

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # noqa: BLE001  (h5py, zipfile, json and each layer have errors of their own)
        said = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise ValueError(f'{path}: not a model that Keras reads: {said.strip()}') from None
