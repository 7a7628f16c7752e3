"""The command `emit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..config import QuantizerConfig
from ..cpp.headers import header
from ..files.whole import refuse_inputs
from .arguments import Config
from .console import command, write_text


@command
def emit(
    config: Config,
    output: Annotated[Path, typer.Option('--output', '-o', metavar='HEADER', help='the header to write; - for stdout')],
    join: Annotated[
        bool, typer.Option('--join', help='one type for all channels of a name: the least that holds their values')
    ] = False,
) -> None:
    """Write a C++ header with one typedef a name.

    Of formats per channel there is one a channel.
    """
    refuse_inputs(output, config, other='HEADER')
    specs = QuantizerConfig.load(config)
    write_text(output, header(specs, join=join))
