"""The commands that compare: with C++, and with another format or with numbers computed elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import track

from . import _describe
from ._console import MaxSize, command, one_line, print_table, type_or_config
from ._diff import diff as find_differences
from ._numbers import read_numbers
from ._per_channel import by_channel
from ._verify import TypeReport
from ._verify import verify as compare
from .config import QuantizerConfig
from .cpp import parse_type
from .formats import Spec

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Compared(str, Enum):
    """Whose headers `verify` compares with."""

    AP = 'ap'
    AC = 'ac'


@command
def verify(
    types: Annotated[list[str], typer.Argument(metavar='CONFIG|TYPE...', help='JSON files, or types of any dialect')],
    include: Annotated[
        Path | None,
        typer.Option(metavar='DIR', help="the vendor's headers; else XILINX_HLS, or those of da4ml or hls4ml"),
    ] = None,
    compiler: Annotated[str, typer.Option(help='g++, or what takes its options')] = 'g++',
    count: Annotated[int, typer.Option('-n', min=1, help='how many numbers are sent through each type')] = 200_000,
    dialect: Annotated[Compared, typer.Option(help='whose headers: ap_fixed.h or ac_fixed.h')] = Compared.AP,
    timeout: Annotated[float, typer.Option(min=0.1, help='seconds for compiling a type, and for running it')] = 120,
) -> None:
    """Compile types against the vendor's headers, and compare every bit with Python's.

    The exit code is 1 where a bit differs, and 2 after an error.
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
        dialect=dialect.value,
        timeout=timeout,
        track=tracked,
    )
    title = '\n'.join(map(one_line, (str(report.headers), report.compiler)))
    print_table(title, _describe.VERIFIED, map(_describe.verified, report.types))
    typer.echo(f'{report.conversions:,} conversions, {report.differences:,} differences')
    if report.differences:
        raise typer.Exit(1)


@command
def diff(
    a: Annotated[str, typer.Argument(metavar='TYPE', help='a type string of any dialect')],
    b: Annotated[str | None, typer.Argument(metavar='[TYPE]', help='another one, to compare with')] = None,
    *,
    input_: Annotated[
        Path | None,
        typer.Option(
            '--input',
            metavar='FILE',
            help='the inputs: .npy, .npz, or text, a number a line; if not given, the edge inputs of two types',
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option('--output', metavar='FILE', help='what another program made of them, to compare with')
    ] = None,
    max_size: MaxSize = None,
) -> None:
    """Show where two types, or a type and the output of another program, make different values, and why.

    Arrays of two .npz files are paired by their names, and two files of one array each whatever the names. An output
    as text takes the shape of its input. Two types without --input are compared on edge inputs of both, those of
    `verify`. What the inputs could not have shown is said, too. The exit code is 1 where something differs, and 2 after
    an error. Arrays are read as a whole.
    """
    if (b is None) == (output is None):
        raise typer.BadParameter('one of a second TYPE and --output is needed, and not both')
    if output is not None and input_ is None:
        raise typer.BadParameter('--output needs --input, of which it was made')
    spec, other = parse_type(a), None if b is None else parse_type(b)
    arrays = {} if input_ is None else read_numbers(input_, max_size=max_size)
    outputs = {} if output is None else read_numbers(output, arrays, max_size=max_size)
    inputs: Iterable[tuple[str, NDArray[Any] | None]] = arrays.items() or [('', None)]
    found = False
    for number, (name, x) in enumerate(inputs):
        try:
            report = find_differences(spec, outputs[name] if other is None else other, x)
        except (TypeError, ValueError) as error:
            raise ValueError(f'{name!r}: {error}') from None
        if len(arrays) > 1:
            typer.echo(f'{chr(10) if number else ""}{one_line(name)}')
        typer.echo(str(report))
        found = found or bool(report)
    if found:
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
