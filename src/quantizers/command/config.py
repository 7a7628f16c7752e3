"""The commands `config diff` and `config merge`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .._checks.shown import listed
from ..config import QuantizerConfig
from ..config.changes import changes
from ..files.whole import refuse_inputs
from .arguments import Json
from .console import print_json, refuse_two, reporting, write_text

several = typer.Typer(
    name='config', help='Compare configurations, or make one of several.', rich_markup_mode=None, add_completion=False
)


@several.command()
@reporting
def diff(
    a: Annotated[Path, typer.Argument(metavar='A', help='a JSON file')],
    b: Annotated[Path, typer.Argument(metavar='B', help='another one')],
    *,
    as_json: Json = False,
) -> None:
    """Show the names whose formats differ. The exit code is 1 where there is one, and 2 after an error."""
    found = changes(QuantizerConfig.load(a), QuantizerConfig.load(b))
    print_json(found.to_dict()) if as_json else typer.echo(str(found))
    if found:
        raise typer.Exit(1)


@several.command()
@reporting
def merge(
    configs: Annotated[list[Path], typer.Argument(metavar='CONFIG...', help='JSON files')],
    output: Annotated[
        Path, typer.Option('--output', '-o', metavar='CONFIG', help='the JSON file to write; - for stdout')
    ],
    later_wins: Annotated[
        bool, typer.Option('--later-wins', help='where two files have other formats of a name, take the later one')
    ] = False,
    as_json: Json = False,
) -> None:
    """Write one configuration with the names of all, and the descriptions of all, a line each.

    Two formats of one name are an error, which names it.
    """
    refuse_two(output, as_json=as_json)
    refuse_inputs(output, *configs, other='CONFIG')
    read = [QuantizerConfig.load(path) for path in configs]
    specs = {name: formats for one in read for name, formats in one.items()}
    twice = [name for name in specs if len({one[name] for one in read if name in one}) > 1]
    if twice and not later_wins:
        raise ValueError(f'two formats of one name, of which --later-wins takes the later: {listed(twice)}')
    said = dict.fromkeys(one.description for one in read if one.description is not None)
    write_text(output, QuantizerConfig(specs, description='\n'.join(said) or None).to_json())
    if as_json:
        print_json({'wrote': [str(output)]})
