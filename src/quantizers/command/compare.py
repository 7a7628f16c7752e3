"""The command `compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..config import QuantizerConfig
from ..network import Network
from ..network.samples import read_samples
from .arguments import Config, Json, MaxSize, Model, Samples
from .console import command, print_json, print_table, working
from .models import import_keras


@command
def compare(
    config: Config,
    model: Model,
    samples: Samples,
    *,
    against: Annotated[
        Path | None,
        typer.Option(
            '--against',
            metavar='PATH',
            help='a project of hls4ml, whose C++ is compiled by g++; results of layers by their names, .npz; another '
            'configuration, .json; or another model; if not given, MODEL in floating point',
        ),
    ] = None,
    max_size: MaxSize = None,
    as_json: Json = False,
) -> None:
    """Show where a network in its formats parts from another computation.

    Every layer of MODEL is computed on SAMPLES in the formats of CONFIG, with no other rounding. The first layer that
    differs is where to look. The exit code is 1 where something differs, and 2 after an error.
    """
    import_keras(model)
    with working(f'reading {model}'):
        network = Network.load(model)
        quantized = network.quantize(QuantizerConfig.load(config))
        shapes = {name: network.layers[name].shape for name in network.inputs}
        inputs = read_samples(samples, shapes, max_size)
    with working(f'comparing with {model if against is None else against}'):
        found = quantized.compare(inputs, model if against is None else against, max_size=max_size)
    print_json(found.to_dict()) if as_json else print_table(found.table())
    if found:
        raise typer.Exit(1)
