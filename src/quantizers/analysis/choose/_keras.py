"""The weights of a Keras model and the results of its layers, by the names that hls4ml 1.3.0 has for them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from ..._checks.shown import listed, shown
from ...network.keras_calls import layer_name
from ...network.keras_results import BATCH, symbolic_results
from ...network.keras_weights import weights
from ..streams import is_array

Tensors = dict[str, NDArray[Any]]


def tensors(model: keras.Model, inputs: Any) -> Iterator[Tensors]:
    """The weights, and the results of each batch of inputs. ValueError for a model or layer with no such names."""
    if not getattr(model, 'inputs', None):
        raise ValueError(f"'x' must be a built Sequential or functional model of Keras: {shown(model)}")
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            raise ValueError(
                f"'x' must be a model of layers alone; {shown(layer.name)} is a model: choose for it by itself"
            )
    yield weights(model)
    if inputs is not None:
        wanted = symbolic_results(model)
        results = keras.Model(model.inputs, wanted)
        batch = None
        for batch in _batches(inputs):
            computed = results(_in_order(batch, model.inputs), training=False)
            # in the model's order, which not every backend keeps
            yield {name: keras.ops.convert_to_numpy(computed[name]) for name in wanted}
        if batch is None:
            raise ValueError(f"'inputs' must have a sample: {shown(inputs)}")


def sizes_of_results(model: keras.Model) -> dict[str, int | None]:
    """How many elements each result has for one sample; None where the shape does not say it."""
    shapes = {name: result.shape[1:] for name, result in symbolic_results(model).items()}
    return {name: None if None in shape else math.prod(shape) for name, shape in shapes.items()}


def _batches(inputs: Any) -> Iterable[Any]:
    """Batches of at most `BATCH` of an array or a mapping; else what is iterated over."""
    if isinstance(inputs, Mapping):
        parts = {name: np.asarray(part) for name, part in inputs.items()}
        sizes = {len(part) for part in parts.values()}
        if len(sizes) != 1:
            raise ValueError(f"'inputs' must be arrays of one length: {shown(sorted(sizes))}")
        return ({n: part[at : at + BATCH] for n, part in parts.items()} for at in range(0, sizes.pop(), BATCH))
    if is_array(inputs):
        array = np.asarray(inputs)
        return (array[at : at + BATCH] for at in range(0, len(array), BATCH))
    return inputs  # type: ignore[no-any-return]


def _in_order(batch: Any, tensors: list[keras.KerasTensor]) -> list[Any]:
    """The model's inputs, which are given by the names of their layers, or of the tensors as Keras takes them."""
    names = [layer_name(tensor) for tensor in tensors]
    if isinstance(batch, Mapping):
        for known in (names, [tensor.name for tensor in tensors]):
            if set(batch) == set(known):
                return [batch[name] for name in known]
    elif len(names) == 1:
        return [batch]
    given = listed(batch) if isinstance(batch, Mapping) else type(batch).__name__
    raise ValueError(f"'inputs' must be a mapping of the names {listed(names)}: {given}")
