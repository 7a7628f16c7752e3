"""The command `describe`."""

from __future__ import annotations

from typing import Annotated

import typer

from .._checks.capabilities import Capability, can
from ..config import QuantizerConfig
from ..config.rows import data
from ..show import facts
from .arguments import Json, type_or_config
from .console import command, print_json, print_table


@command
def describe(
    type_or_file: Annotated[str, typer.Argument(metavar='TYPE_OR_FILE', help='a type string, or a JSON file')],
    *,
    as_json: Json = False,
) -> None:
    """Show what a type, or every name of a configuration, means."""
    read = type_or_config(type_or_file)
    if not isinstance(read, QuantizerConfig) and not can(read, Capability.CODES):
        read = QuantizerConfig({read.label: read})  # of blocks there is no more to say than a row
    if isinstance(read, QuantizerConfig):
        print_json(data(read, read.description)) if as_json else print_table(read.table())
    else:
        print_json(facts.data(read)) if as_json else print_table(facts.table(read))
