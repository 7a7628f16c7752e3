"""Samples of a network's inputs, from files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from .._checks.shown import as_step, listed
from ..files.numbers import read_numbers
from ..files.text import is_text
from .exact import Array


def read_samples(
    path: Path, shapes: Mapping[str, tuple[int | None, ...]], max_size: int | None = None
) -> dict[str, Array]:
    """The samples of each input by its name.

    Args:
        path: an `.npz` or `.safetensors` file of arrays with the names of the inputs, of any name where there is one;
            an `.npy` file; or text, numbers between commas and ends of lines, for one input whose sizes are known.
        shapes: of one sample of each input, None for a size that is not said.
        max_size: see `stored_arrays`.

    Raises OSError, and ValueError, with the file's name, for other arrays, and for what is no number of samples.
    """
    arrays = read_numbers(path, max_size=max_size)
    if len(arrays) == len(shapes) == 1:
        arrays = dict(zip(shapes, arrays.values(), strict=True))
    if set(arrays) != set(shapes):
        raise ValueError(f"{path}: must have arrays of the inputs' names, {listed(shapes)}: {listed(arrays)}")
    arrays = {name: arrays[name] for name in shapes}
    if is_text(path):
        arrays = {name: _in_samples(path, x, shapes[name]) for name, x in arrays.items()}
    for name, x in arrays.items():
        if not _fits(x.shape, shapes[name]):
            raise ValueError(f'{path}: must be samples of the shape {shapes[name]} for {as_step(name)}: {x.shape}')
    sizes = {name: len(x) for name, x in arrays.items()}
    if len({*sizes.values()}) > 1:
        raise ValueError(f'{path}: must have as many samples of each input: {sizes}')
    return arrays


def _in_samples(path: Path, x: Array, shape: tuple[int | None, ...]) -> Array:
    known = [n for n in shape if n is not None]
    if len(known) < len(shape) or x.size % math.prod(known):
        raise ValueError(f'{path}: must have the numbers of whole samples, of the shape {shape}: {x.size}')
    return x.reshape(-1, *known)


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == 1 + len(wanted) and all(b in (a, None) for a, b in zip(shape[1:], wanted, strict=True))
