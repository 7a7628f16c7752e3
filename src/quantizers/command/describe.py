"""The command `describe`."""

from __future__ import annotations

from typing import Annotated

import typer

from ..config import QuantizerConfig
from ..show import facts
from .arguments import type_or_config
from .console import command, one_line, print_table


@command
def describe(
    type_or_file: Annotated[str, typer.Argument(metavar='TYPE_OR_FILE', help='a type string, or a JSON file')],
) -> None:
    """Show what a type, or every name of a configuration, means."""
    read = type_or_config(type_or_file)
    if isinstance(read, QuantizerConfig):
        print_table(one_line(read.description or ''), facts.COLUMNS, facts.rows(read))
    else:
        print_table('', ('property', 'value'), facts.facts(read))
