"""What a network is given: samples of its inputs, in memory or batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._checks.shown import as_step, listed
from ..backends.numpy.inputs import as_real_array
from .exact import Array
from .graph import Layers


def inputs_of(layers: Layers) -> tuple[str, ...]:
    """The names of the layers that are given."""
    return tuple(name for name, layer in layers.items() if not layer.inputs)


def checked(layers: Layers, inputs: Any) -> dict[str, Array]:
    """Samples of each input by its name, as many of each.

    Raises ValueError for other names and shapes, and for NaN and Inf; TypeError for what is no array of real numbers.
    """
    names = inputs_of(layers)
    if not isinstance(inputs, Mapping):
        if len(names) != 1:
            raise ValueError(f"'inputs' must be a mapping of the names {listed(names)}: {type(inputs).__name__}")
        inputs = {names[0]: inputs}
    if set(inputs) != set(names):
        raise ValueError(f"'inputs' must be of the names {listed(names)}: {listed(inputs)}")
    arrays = {name: as_real_array(inputs[name]) for name in names}
    for name, x in arrays.items():
        shape = layers[name].shape
        if x.shape[1:] != shape or not x.ndim:
            raise ValueError(f"'inputs' must be samples of the shape {shape} for {as_step(name)}: {x.shape}")
        if x.dtype.kind == 'f' and not np.isfinite(x).all():
            raise ValueError(f"'inputs' must be finite, for {as_step(name)}: there is NaN or Inf")
    sizes = {len(x) for x in arrays.values()}
    if len(sizes) > 1:
        raise ValueError(f"'inputs' must have as many samples each: {sorted(sizes)}")
    return arrays
