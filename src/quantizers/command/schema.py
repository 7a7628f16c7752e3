"""The command `schema`."""

from __future__ import annotations

import json

import typer

from ..config import QuantizerConfig
from .console import command


@command
def schema() -> None:
    """Print the JSON Schema of a configuration."""
    typer.echo(json.dumps(QuantizerConfig.json_schema(), indent=2))
