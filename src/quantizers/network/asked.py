"""The formats that are asked for in a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from .._checks.shown import as_step, listed, nearest, shown
from ..formats import FixedQ
from ..formats.per_channel import Formats
from .exact import Array
from .graph import Layers


def check_known(layers: Layers, specs: Mapping[str, Formats]) -> None:
    """That the network has what formats are said for. Raises ValueError."""
    known = [name for layer in layers.values() for name in layer.tensors]
    unknown = [name for name in specs if name not in known]
    if unknown:
        near = nearest(unknown[0], known)
        hint = f'; did you mean {shown(near)}?' if near else ''
        raise ValueError(f"'specs' has formats of what the network has not: {listed(unknown)}{hint}")


def check_names(layers: Layers, inputs: Sequence[str], specs: Mapping[str, Formats]) -> None:
    """That the network has what formats are said for, and that each input has one. Raises ValueError."""
    check_known(layers, specs)
    missing = [f'{name}.result' for name in inputs if f'{name}.result' not in specs]
    if missing:
        raise ValueError(f'{as_step(missing[0])}: an input must have a format: this key is missing')


def fixed(name: str, specs: Mapping[str, Formats]) -> FixedQ | None:
    """The one format that a result, an accumulator or a table has; None where it is not said. Raises ValueError."""
    spec = specs.get(name)
    if spec is None or isinstance(spec, FixedQ):
        return spec
    raise ValueError(f'{as_step(name)}: must be one FixedQ, as results, accumulators and tables are: {shown(spec)}')


def with_tables(layers: Layers, specs: Mapping[str, Formats]) -> Layers:
    """The layers with the formats that are said of tables. Raises ValueError."""
    found = dict(layers)
    for name, layer in layers.items():
        said = {tensor: fixed(f'{name}.{tensor}', specs) for tensor in layer.operation.tables}
        tables = {tensor: spec for tensor, spec in said.items() if spec is not None}
        found[name] = replace(layer, operation=layer.operation.with_tables(tables))
    return MappingProxyType(found)


def quantized(name: str, array: Array, specs: Mapping[str, Formats]) -> Array:
    """A weight in its format, read-only. Raises ValueError for NaN and Inf."""
    if not np.isfinite(array).all():
        raise ValueError(f'{as_step(name)}: weights must be finite: there is NaN or Inf')
    spec = specs.get(name)
    quantized: Array = array if spec is None else np.asarray(spec(array))
    quantized.setflags(write=False)
    return quantized
