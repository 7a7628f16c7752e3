"""The command `report`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..config import QuantizerConfig
from ..network import Network
from .arguments import Config, Json, Model
from .console import command, print_json, print_table, working
from .models import import_keras


@command
def report(
    config: Config,
    model: Model,
    *,
    markdown: Annotated[bool, typer.Option('--markdown', help='write the table in Markdown')] = False,
    as_json: Json = False,
) -> None:
    """Show what each layer of a network costs in its formats.

    EBOPs are effective bit operations (arXiv 2405.00645), without adders and with them; multiplications are those by a
    weight that is not 0, of one sample.
    """
    if markdown and as_json:
        raise typer.BadParameter('one of --markdown and --json, and not both')
    import_keras(model)
    with working(f'reading {model}'):
        found = Network.load(model).report(QuantizerConfig.load(config))
    if as_json:
        print_json(found.to_dict())
    elif markdown:
        typer.echo(found.to_markdown(), nl=False)
    else:
        print_table(found.table())
