"""The command `profile`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..config import QuantizerConfig
from ..network import Network
from .arguments import Json, MaxSize, Model, Samples
from .console import command, print_json, print_table, working
from .models import import_keras


@command
def profile(
    model: Model,
    samples: Samples,
    *,
    config: Annotated[
        Path | None,
        typer.Option('--config', metavar='CONFIG', help='formats of results, to show what they would do'),
    ] = None,
    max_size: MaxSize = None,
    as_json: Json = False,
) -> None:
    """Show what the results of a network's layers hold.

    Of each input and each result, in floating point: its range, the integer bits that it needs, and how many numbers
    are 0. With --config also which share its format saturates and flushes to zero, and the SQNR. Samples may be more
    than the memory holds. --json has how many numbers have their highest bit at each power of two.
    """
    from rich.console import Console

    import_keras(model)
    with working(f'reading {model}'):
        network = Network.load(model)
        specs = None if config is None else QuantizerConfig.load(config)
    found = network.profile(samples, specs, max_size=max_size, progress=Console(stderr=True).is_terminal)
    print_json(found.to_dict()) if as_json else print_table(found.table())
