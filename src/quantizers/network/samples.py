"""Samples of a network's inputs, from files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from .._checks.shown import as_step, listed
from ..files.numbers import read_numbers
from ..files.stored import StoredArray
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
    checked = _checked(path, {name: x.shape for name, x in arrays.items()}, shapes)
    return {name: arrays[of].reshape(shape) for name, (of, shape) in checked.items()}


def samples_in(
    path: Path, stored: Mapping[str, StoredArray], shapes: Mapping[str, tuple[int | None, ...]]
) -> dict[str, StoredArray]:
    """The same of arrays that are not read yet."""
    checked = _checked(path, {name: array.layout.shape for name, array in stored.items()}, shapes)
    return {name: stored[of] for name, (of, _) in checked.items()}


def _checked(
    path: Path, arrays: Mapping[str, tuple[int, ...]], shapes: Mapping[str, tuple[int | None, ...]]
) -> dict[str, tuple[str, tuple[int, ...]]]:
    """The name and the shape of the array of each input."""
    given = dict(zip(arrays, arrays, strict=True))
    if len(arrays) == len(shapes) == 1:
        given = dict(zip(shapes, arrays, strict=True))
    if set(given) != set(shapes):
        raise ValueError(f"{path}: must have arrays of the inputs' names, {listed(shapes)}: {listed(given)}")
    found = {name: (given[name], arrays[given[name]]) for name in shapes}
    if is_text(path):
        found = {name: (of, _in_samples(path, math.prod(shape), shapes[name])) for name, (of, shape) in found.items()}
    for name, (_, shape) in found.items():
        if not _fits(shape, shapes[name]):
            raise ValueError(f'{path}: must be samples of the shape {shapes[name]} for {as_step(name)}: {shape}')
    sizes = {name: shape[0] for name, (_, shape) in found.items()}
    if len({*sizes.values()}) > 1:
        raise ValueError(f'{path}: must have as many samples of each input: {sizes}')
    return found


def _in_samples(path: Path, size: int, shape: tuple[int | None, ...]) -> tuple[int, ...]:
    known = [n for n in shape if n is not None]
    if len(known) < len(shape) or size % math.prod(known):
        raise ValueError(f'{path}: must have the numbers of whole samples, of the shape {shape}: {size}')
    return (size // math.prod(known), *known)


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == 1 + len(wanted) and all(b in (a, None) for a, b in zip(shape[1:], wanted, strict=True))
