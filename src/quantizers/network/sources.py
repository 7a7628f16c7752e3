"""Where a network comes from: a model of Keras, PyTorch or ONNX, or a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .._checks.shown import shown
from ..formats.per_channel import Formats
from .graph import Layer
from .keras_files import is_model, load_model
from .onnx_files import checked, is_onnx, load_onnx

if TYPE_CHECKING:
    from typing import TypeAlias

    import keras
    from onnx import ModelProto

    from .torch_reader import Program

    Source: TypeAlias = keras.Model | Program | ModelProto | str | PathLike[str]

_Read = tuple[Iterable[Layer], tuple[str, ...], Mapping[str, Formats]]


def read(source: Source) -> _Read:
    """The layers, the names of the outputs, and the formats that the network came with; see `Network.load`."""
    if isinstance(source, str | PathLike):
        path = Path(source)
        if is_onnx(path):
            return _of_onnx(load_onnx(path))
        if not is_model(path):
            raise ValueError(f"'source' must be a file .keras, .h5 or .onnx: {shown(fspath(source))}")
        return _of_keras(load_model(path))
    module = type(source).__module__
    if module.startswith('torch.export.'):
        from .torch_reader import layers_of

        return *layers_of(cast('Program', source)), {}
    if module.startswith('onnx.'):
        return _of_onnx(checked(cast('ModelProto', source), 'source'))
    return _of_keras(source)


def _of_onnx(model: ModelProto) -> _Read:
    from .onnx_reader import layers_of

    return layers_of(model)


def _of_keras(source: Any) -> _Read:
    model = getattr(sys.modules.get('keras'), 'Model', ())  # on PyTorch it is a module of it, too
    if 'torch' in sys.modules and isinstance(source, sys.modules['torch'].nn.Module) and not isinstance(source, model):
        raise TypeError(f"'source' must be exported, torch.export.export(module.eval(), (x,)): {type(source).__name__}")
    import keras

    from .keras_reader import layers_of, output_names

    if not isinstance(source, keras.Model):
        raise TypeError(
            f"'source' must be a model of Keras, PyTorch or ONNX, or the path of one: {type(source).__qualname__}"
        )
    if not getattr(source, 'inputs', None):
        raise ValueError(f"'source' must be a built Sequential or functional model of Keras: {shown(source)}")
    return layers_of(source), output_names(source), {}
