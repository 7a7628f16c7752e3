"""A network that is trained on with quantizers in place: what modules of PyTorch and layers of Keras share."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

from .._checks.shown import as_step, listed
from ..formats.per_channel import Formats, PerChannel
from .graph import Layers, frozen
from .operations import Operation

_Function = TypeVar('_Function')
if TYPE_CHECKING:
    import keras
    import torch

    Weights: TypeAlias = Mapping[str, Any] | keras.Model | torch.nn.Module


def draws(formats: Formats) -> bool:
    """Whether a mode of the formats is stochastic."""
    specs = formats.specs if isinstance(formats, PerChannel) else (formats,)
    return any(spec.stochastic for spec in specs)


def function_of(name: str, operation: Operation, functions: Mapping[type[Operation], _Function]) -> _Function:
    """What computes the operation of a layer, by the nearest of its classes that has one. Raises ValueError."""
    for kind in type(operation).__mro__:
        if kind in functions:
            return functions[kind]
    raise ValueError(f'{as_step(name)}: must be an operation of floats here: {type(operation).__name__}')


def with_weights(layers: Layers, source: Weights) -> Layers:
    """The layers with other weights; see `Network.with_weights`."""
    given = {name: _array(array) for name, array in _named(source).items()}
    wanted = {f'{n}.{tensor}': array for n, layer in layers.items() for tensor, array in layer.weights.items()}
    wrong = [name for name in {**wanted, **given} if name not in given or name not in wanted]
    if wrong:
        raise ValueError(f"'source' must have the weights of the network, and no others: {listed(wrong)}")
    for name, array in wanted.items():
        if given[name].shape != array.shape:
            raise ValueError(f"'source' must have {as_step(name)} of the shape {array.shape}: {given[name].shape}")
    found = {
        name: replace(layer, weights=frozen({tensor: given[f'{name}.{tensor}'] for tensor in layer.weights}))
        for name, layer in layers.items()
    }
    return MappingProxyType(found)


def _named(source: Weights) -> Mapping[str, Any]:
    """Weights by their names, of a mapping, a model of Keras or a module of PyTorch."""
    if isinstance(source, Mapping):
        return source
    model = getattr(sys.modules.get('keras'), 'Model', None)  # on PyTorch it is a module of it, too
    if model is not None and isinstance(source, model):
        from .keras_model import weights_in

        return weights_in(source)
    if 'torch' in sys.modules and isinstance(source, sys.modules['torch'].nn.Module):
        parameters: Mapping[str, Any] = source.state_dict()
        return parameters
    raise TypeError(f"'source' must be a mapping, or what to_keras or to_torch made: {type(source).__qualname__}")


def _array(x: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A copy in float64, of a tensor too."""
    held = x.detach().cpu().double().numpy() if hasattr(x, 'detach') else x
    return np.array(held, np.float64)
