"""The results of the layers of a network as something else computed them: a reference to compare with."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .._checks.shown import shown
from ..config import QuantizerConfig
from ..exchange.hls4ml.simulation import is_project, simulated
from ..files.numbers import read_numbers
from .exact import Array
from .keras_files import is_model, load_model
from .onnx_files import checked, is_onnx, load_onnx

if TYPE_CHECKING:
    from typing import TypeAlias

    import keras
    from onnx import ModelProto

    from . import Network
    from .quantized import QuantizedNetwork

    Reference: TypeAlias = (
        Mapping[str, Any] | Network | QuantizedNetwork | keras.Model | ModelProto | str | PathLike[str]
    )


def results_of(
    reference: Reference, network: QuantizedNetwork, inputs: Mapping[str, Array], max_size: int | None = None
) -> Mapping[str, Any]:
    """The results by the names of layers, for inputs as they were given; see `QuantizedNetwork.compare`."""
    if isinstance(reference, str | PathLike):
        reference = _of_path(Path(reference), network, inputs, max_size)
    from . import Network

    if isinstance(reference, type(network) | Network):
        return reference.trace(inputs)
    model = getattr(sys.modules.get('keras'), 'Model', None)  # there is none without it
    if model is not None and isinstance(reference, model):
        from .keras_results import float_trace

        return _known({**float_trace(reference, inputs), **inputs}, network)  # which Keras rounds to its own floats
    if type(reference).__module__.startswith('onnx.'):
        from .onnx_results import float_trace as onnx_trace

        return onnx_trace(checked(cast('ModelProto', reference), 'reference'), inputs, network.layers)
    if not isinstance(reference, Mapping):
        raise TypeError(
            f"'reference' must be results by the names of layers, a network, a model of Keras or ONNX, or"
            f' the path of one: {shown(reference)}'
        )
    return reference


def _of_path(path: Path, network: QuantizedNetwork, inputs: Mapping[str, Array], max_size: int | None) -> Reference:
    if is_model(path):
        return load_model(path)
    if is_onnx(path):
        return load_onnx(path)
    if path.suffix.lower() == '.json':
        return type(network)(network.layers, network.outputs, QuantizerConfig.load(path))
    if not path.is_dir():
        return read_numbers(path, max_size=max_size)
    if not is_project(path):
        raise ValueError(f'{path}: must be a project of hls4ml, an .npz file, a configuration or a model')
    given = network.trace(inputs)
    return _known(simulated(path, [given[name] for name in network.inputs]), network)


def _known(results: Mapping[str, Array], network: QuantizedNetwork) -> dict[str, Array]:
    """Those of the network's layers: others have more, such as one for an order of axes."""
    return {name: result for name, result in results.items() if name in network.layers}
