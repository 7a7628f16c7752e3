"""hls4ml's compiled C simulation of a Keras model, all of whose formats are said: what each layer gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import hls4ml
import keras
import numpy as np
from hls4ml.converters.keras_v3_to_hls import KerasV3HandlerDispatcher
from numpy.typing import NDArray

from quantizers import QuantizerConfig
from quantizers.network.keras_channels import in_channels


def trace(model: keras.Model, config: QuantizerConfig, x: Any, folder: Path, **options: Any) -> dict[str, NDArray[Any]]:
    """The results of hls4ml's layers by its names, float64; written by its Vitis backend, and compiled by g++."""
    # where da4ml is installed hls4ml tries it for layers of older handlers, and does not bear that it refuses
    with patch.object(KerasV3HandlerDispatcher, 'da_call', side_effect=ImportError):
        project = _project(model, config, folder, options)
    project.config.trace_output = True  # else it would compile once more
    project.write()
    script = folder / 'build_lib.sh'
    script.write_text(script.read_text().replace('-O3', '-O0'))  # optimising costs more than it saves
    project._compile()
    arrays = [np.ascontiguousarray(each, np.float64) for each in (x if isinstance(x, list) else [x])]
    _, results = project.trace(arrays if len(arrays) > 1 else arrays[0])
    return {name: np.asarray(result, np.float64) for name, result in results.items()}


def _project(model: keras.Model, config: QuantizerConfig, folder: Path, options: dict[str, Any]) -> Any:
    model = in_channels(model, config)
    tree = hls4ml.utils.config_from_keras_model(model, granularity='name', backend='Vitis')
    tree = config.to_hls4ml(model, backend='Vitis', base=tree)
    for layer in tree['LayerName'].values():
        layer['Trace'] = True
    return hls4ml.converters.convert_from_keras_model(
        model, hls_config=tree, output_dir=str(folder), backend='Vitis', io_type='io_parallel', **options
    )
