"""The command `verify`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import track

from ..analysis.verify import TypeReport
from ..analysis.verify import verify as compare
from ..config import QuantizerConfig
from ..formats import Spec
from ..formats.per_channel import by_channel
from .arguments import Json, type_or_config
from .console import command, print_json, print_table
from .values import integer, one_of, real


@command
def verify(
    types: Annotated[list[str], typer.Argument(metavar='CONFIG|TYPE...', help='JSON files, or types of any dialect')],
    include: Annotated[
        Path | None,
        typer.Option(metavar='DIR', help="the vendor's headers; else XILINX_HLS, or those of da4ml or hls4ml"),
    ] = None,
    compiler: Annotated[str, typer.Option(help='g++, or what takes its options')] = 'g++',
    count: Annotated[int, integer('-n', low=1, help='how many numbers are sent through each type')] = 200_000,
    dialect: Annotated[
        Literal['ap', 'ac'], one_of('--dialect', choices=('ap', 'ac'), help='whose headers: ap_fixed.h or ac_fixed.h')
    ] = 'ap',
    timeout: Annotated[float, real(low=0.1, help='seconds for compiling a type, and for running it')] = 120,
    as_json: Json = False,
) -> None:
    """Compare every bit of types with the vendor's C++.

    They are compiled against the vendor's headers. The exit code is 1 where a bit differs, and 2 after an error.
    """
    specs = _by_name(types)
    stderr = Console(stderr=True)

    def tracked(reports: Iterable[TypeReport], total: int) -> Iterable[TypeReport]:
        return track(reports, 'verifying', total, console=stderr, transient=True, disable=not stderr.is_terminal)

    report = compare(
        specs,
        include=include,
        compiler=compiler,
        count=count,
        dialect=dialect,
        timeout=timeout,
        track=tracked,
    )
    print_json(report.to_dict()) if as_json else print_table(report.table())
    if report.differences:
        raise typer.Exit(1)


def _by_name(arguments: Sequence[str]) -> dict[str, Spec]:
    """The types and configurations of a command line; a name that meant another type before has its file before it."""
    specs: dict[str, Spec] = {}
    for argument in arguments:
        read = type_or_config(argument)
        named = by_channel(read) if isinstance(read, QuantizerConfig) else [(argument, read)]
        for name, spec in named:
            key = name
            while specs.get(key, spec) != spec:
                key = f'{argument}: {key}'
            specs[key] = spec
    return specs
