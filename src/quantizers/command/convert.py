"""The command `convert`."""

from __future__ import annotations

import json
from typing import Annotated, Literal, get_args

import typer

from ..cpp.notations import NotationName
from ..cpp.types import Dialect, convert, parse_type
from .arguments import Json
from .console import command, print_json
from .values import one_of

Source = Literal[Dialect, NotationName]
Target = Literal[Source, 'json']


@command
def convert_(
    type_: Annotated[str, typer.Argument(metavar='TYPE', help='a type string of any dialect')],
    to: Annotated[Target, one_of('--to', choices=get_args(Target), help='the dialect wanted')],
    dialect: Annotated[
        Source | None, one_of('--dialect', choices=get_args(Source), help='that of TYPE, where it has two meanings')
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Write a type in another dialect."""
    spec = parse_type(type_, dialect)
    found = spec.get_config() if to == 'json' else convert(spec, to)
    if as_json:
        print_json({'to': to, 'type': found})
    else:
        typer.echo(json.dumps(found) if to == 'json' else found)
