"""The command `convert`."""

from __future__ import annotations

import json
from enum import Enum
from typing import Annotated

import typer

from ..cpp.types import convert, parse_type
from .console import command


class Target(str, Enum):
    """Where `convert` goes."""

    AP = 'ap'
    AC = 'ac'
    HLS4ML = 'hls4ml'
    JSON = 'json'


@command
def convert_(
    type_: Annotated[str, typer.Argument(metavar='TYPE', help='a type string of any dialect')],
    to: Annotated[Target, typer.Option('--to', help='the dialect wanted')],
) -> None:
    """Write a type in another dialect."""
    spec = parse_type(type_)
    typer.echo(json.dumps(spec.get_config()) if to is Target.JSON else convert(spec, to.value))
