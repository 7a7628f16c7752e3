"""The command `hls4ml`."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .._tables import Column, Table
from ..analysis.losses import type_of
from ..config import QuantizerConfig
from ..exchange.hls4ml.layers import VIVADO
from ..exchange.hls4ml.project import STREAMS, write_project
from ..network import Network
from ..network.keras_channels import in_channels
from ..network.keras_files import SUFFIXES, is_model, load_model
from .arguments import Config, Json, Model
from .console import command, is_stdout, print_json, print_table, say_written, working
from .models import import_keras
from .values import one_of

if TYPE_CHECKING:
    import keras

_COLUMNS = (
    Column('tensor', 'tensor'),
    Column('type', 'type'),
    Column('said', 'from', lambda said: 'CONFIG' if said else 'exact sums'),
)


@command
def hls4ml(
    config: Config,
    model: Model,
    output: Annotated[
        Path, typer.Option('--output', '-o', metavar='PROJECT', help='the folder to write, which is not there yet')
    ],
    backend: Annotated[str, one_of('--backend', choices=VIVADO, help='of hls4ml')] = 'Vitis',
    io_type: Annotated[str, one_of('--io-type', choices=STREAMS, help='how layers hand on their results')] = STREAMS[0],
    as_json: Json = False,
) -> None:
    """Write a project of hls4ml with given formats, ready to build.

    A tensor without a format gets one that rounds nothing: hls4ml would take a default of its own. So each layer of the
    C++ gives what `compare` computes, which `compare --against PROJECT` shows. It needs hls4ml.
    """
    if not is_model(model):
        raise ValueError(
            f'{model}: must be a model of Keras, {" or ".join(SUFFIXES)}, of which hls4ml knows the formats'
        )
    if is_stdout(output):
        raise ValueError('-: PROJECT is a folder, and nothing is written to stdout; name it, such as -o project')
    import_keras(model)
    with working(f'writing {output}'):
        specs = QuantizerConfig.load(config)
        loaded = load_model(model)
        full = _completed(specs, loaded)
        write_project(full, in_channels(loaded, full), output, backend=backend, io_type=io_type)
    say_written(output)
    rows = [(name, type_of(formats), name in specs) for name, formats in full.items()]
    table = Table(_COLUMNS, rows)
    print_json({'wrote': [str(output)], 'tensors': table.records()}) if as_json else print_table(table)


def _completed(specs: QuantizerConfig, model: keras.Model) -> QuantizerConfig:
    """The configuration with a format for every tensor, where the network is computed exactly here."""
    try:
        network = Network.load(model)
    except ValueError as error:
        warnings.warn(f'what CONFIG does not say has the formats that hls4ml chooses, as {error}', stacklevel=2)
        return specs
    return network.quantize(specs).config()
