"""A project of hls4ml, written ready to build."""

from __future__ import annotations

import io
import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..._checks.errors import ExtraError
from ..._checks.shown import shown
from ...files.leftovers import TEMPORARY
from ...files.whole import folder
from ...formats.per_channel import Formats
from .configuration import to_hls4ml
from .layers import KEYS, VIVADO
from .names import layers_of

if TYPE_CHECKING:
    import keras

_YAML = 'hls4ml_config.yml'
STREAMS = 'io_parallel', 'io_stream'


def write_project(
    specs: Mapping[str, Formats], model: keras.Model, target: Path, *, backend: str = 'Vitis', io_type: str = STREAMS[0]
) -> None:
    """Write the project that hls4ml makes of a model and of formats for its tensors; it is made whole or not at all.

    In simulation, not in hardware, the project can say what each layer gives.

    Args:
        target: the folder, which must not be there yet, or be empty.

    Raises ExtraError without hls4ml; OSError; and ValueError for names and formats as `to_hls4ml` does, for a backend
    that is none of Vivado's, a folder with something in it, and for what hls4ml refuses, in its words.
    """
    if backend not in VIVADO:
        raise ValueError(f"'backend' must be one of {', '.join(VIVADO)}: {shown(backend)}")
    if io_type not in STREAMS:
        raise ValueError(f"'io_type' must be one of {', '.join(STREAMS)}: {shown(io_type)}")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ValueError(f'{target}: is there already; choose another folder, or remove it')
    target = Path(os.path.abspath(target))  # noqa: PTH100  (which resolves no link)
    made = target.with_name(TEMPORARY.format(secrets.token_hex(8)))
    with folder(target.parent):
        try:
            _write(specs, model, made, backend, io_type)
            settings = made / _YAML
            settings.write_text(settings.read_text('utf-8').replace(str(made), str(target)), 'utf-8')
            made.replace(target)
        finally:
            shutil.rmtree(made, ignore_errors=True)


def _write(specs: Mapping[str, Formats], model: keras.Model, made: Path, backend: str, io_type: str) -> None:
    tree = to_hls4ml(specs, model, backend, _base(model, backend))
    with redirect_stdout(io.StringIO()):  # it prints what it does
        converters = _hls4ml()
        project = _told(
            converters.convert_from_keras_model,
            model,
            hls_config=tree,
            output_dir=str(made),
            backend=backend,
            io_type=io_type,
            allow_da_fallback=False,  # da4ml has other arithmetic, and refuses layers that hls4ml has
        )
        project.config.trace_output = True
        _told(project.write)


def _base(model: keras.Model, backend: str) -> dict[str, Any]:
    """What hls4ml is to do where nothing is said: to choose the format itself."""
    layers = {
        name: {'Precision': {t: 'auto' for t in layer.tensors or () if t not in ('default', *KEYS)}, 'Trace': True}
        for name, layer in layers_of(model, backend).items()
    }
    of_model = {'Precision': {'default': 'fixed<16,6>'}, 'ReuseFactor': 1, 'Strategy': 'Latency'}
    return {'Model': of_model, 'LayerName': layers}


def _hls4ml() -> Any:
    try:
        from hls4ml import converters
    except ModuleNotFoundError as error:
        if str(error.name).partition('.')[0] != 'hls4ml':
            raise
        raise ExtraError('a project of hls4ml needs hls4ml: pip install hls4ml') from None
    return converters


def _told(function: Any, *args: Any, **kwargs: Any) -> Any:
    try:
        return function(*args, **kwargs)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  (of hls4ml, whose errors are bare exceptions)
        raise ValueError(f'hls4ml: {type(error).__name__}: {error}') from None
