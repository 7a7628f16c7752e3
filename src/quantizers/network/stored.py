"""Tensors in files of arrays, and in those of models, by one name each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .._checks.shown import as_step
from ..exchange.hls4ml.checks import Names
from ..files.numbers import stored_numbers
from ..files.stored import StoredArray
from ..formats.per_channel import Formats
from .keras_files import is_model, load_model
from .onnx_files import is_onnx, load_onnx


@contextmanager
def stored_tensors(
    path: Path, specs: Mapping[str, Formats], max_size: int | None = None
) -> Iterator[dict[str, StoredArray]]:
    """The arrays of a file, see `stored_numbers`; or the weights of a model by the names of a `Network`.

    Raises as these do; and ValueError, by its name, for a spec of what a model has not.
    """
    if not is_model(path) and not is_onnx(path):
        with stored_numbers(path, max_size) as arrays:
            yield arrays
        return
    if is_onnx(path):
        yield _of_onnx(path, specs)
        return
    model = load_model(path)
    from .keras_weights import weights

    arrays = {name: StoredArray.of(path, name, array) for name, array in weights(model).items()}
    names, layers = Names(None, model), []
    for name in (name for name in specs if name not in arrays):
        layer, dot, tensor = name.rpartition('.')
        try:
            names.add(layer if dot else None, tensor)
        except ValueError as error:
            raise ValueError(f'specs.{as_step(name)}: {error}') from None
        layers += [layer] if dot else []
    names.check_layers(dict.fromkeys(layers))
    yield arrays


def _of_onnx(path: Path, specs: Mapping[str, Formats]) -> dict[str, StoredArray]:
    from .onnx_reader import layers_of

    layers, _, _ = layers_of(load_onnx(path))
    known = {name for layer in layers for name in layer.tensors}
    unknown = [name for name in specs if name not in known]
    if unknown:
        raise ValueError(f'specs.{as_step(unknown[0])}: the network has no such tensor')
    named = {f'{layer.name}.{tensor}': array for layer in layers for tensor, array in layer.weights.items()}
    return {name: StoredArray.of(path, name, array) for name, array in named.items()}
