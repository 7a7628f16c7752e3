"""The command `convert`."""

from __future__ import annotations

import json
from typing import Annotated, Literal, get_args

import typer

from ..cpp.types import Dialect, convert, parse_type
from .console import command
from .values import one_of

Target = Literal[Dialect, 'json']


@command
def convert_(
    type_: Annotated[str, typer.Argument(metavar='TYPE', help='a type string of any dialect')],
    to: Annotated[Target, one_of('--to', choices=get_args(Target), help='the dialect wanted')],
) -> None:
    """Write a type in another dialect."""
    spec = parse_type(type_)
    typer.echo(json.dumps(spec.get_config()) if to == 'json' else convert(spec, to))
