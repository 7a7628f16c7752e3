"""The commands, in typer; imported by `cli.main` alone."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, track

from . import _app_choose as _app_choose  # its command
from . import _describe
from ._arrays import is_npy, stored_arrays
from ._console import app, command, one_line, print_table
from ._files import write_whole
from ._header import header, identifiers
from ._quantize import Advance, quantize_files
from ._report import COLUMNS
from ._verify import TypeReport
from ._verify import verify as compare
from .config import QuantizerConfig
from .cpp import convert, parse_type
from .formats import Spec

Config = Annotated[Path, typer.Argument(metavar='CONFIG', help='a JSON file: version, description, specs')]


class Target(str, Enum):
    """Where `convert` goes."""

    AP = 'ap'
    AC = 'ac'
    HLS4ML = 'hls4ml'
    JSON = 'json'


class Compared(str, Enum):
    """Whose headers `verify` compares with."""

    AP = 'ap'
    AC = 'ac'


@command
def describe(
    type_or_file: Annotated[str, typer.Argument(metavar='TYPE_OR_FILE', help='a type string, or a JSON file')],
) -> None:
    """Show what a type, or every name of a configuration, means."""
    read = _type_or_config(type_or_file)
    if isinstance(read, QuantizerConfig):
        rows = [_describe.row(name, spec) for name, spec in read.items()]
        print_table(one_line(read.description or ''), _describe.COLUMNS, rows)
    else:
        print_table('', ('property', 'value'), _describe.facts(read))


@command
def convert_(
    type_: Annotated[str, typer.Argument(metavar='TYPE', help='a type string of any dialect')],
    to: Annotated[Target, typer.Option('--to', help='the dialect wanted')],
) -> None:
    """Write a type in another dialect."""
    spec = parse_type(type_)
    typer.echo(json.dumps(spec.get_config()) if to is Target.JSON else convert(spec, to.value))


@command
def emit(
    config: Config,
    output: Annotated[Path, typer.Option('--output', '-o', metavar='HEADER', help='the header to write')],
) -> None:
    """Write a C++ header with one typedef a name."""
    specs = QuantizerConfig.load(config)
    write_whole({output: header(specs, guard=_guard(output)).encode()})


@command
def quantize(
    config: Config,
    weights: Annotated[
        Path, typer.Argument(metavar='WEIGHTS', help='the tensors, an .npz file, or one tensor, an .npy file')
    ],
    output: Annotated[Path, typer.Option('--output', '-o', metavar='DIR', help='where to write; made if missing')],
    allow_missing: Annotated[
        bool, typer.Option('--allow-missing', help='a name with no tensor is no error: it gets its typedef alone')
    ] = False,
    with_header: Annotated[bool, typer.Option('--header/--no-header', help='write the C++ header')] = True,
) -> None:
    """Quantize tensors of any size: writes DIR/<stem>.npz, or .npy, and DIR/<stem>.h and shows a table.

    The tensor of an .npy file has the file's stem as its name, or else the only name of CONFIG.
    """
    specs = QuantizerConfig.load(config)
    identifiers(specs)  # with no header, too: no name from a file becomes a path in the archive
    target = output / f'{weights.stem}{".npy" if is_npy(weights) else ".npz"}'
    header_file = output / f'{weights.stem}.h' if with_header else None
    if target.resolve() == weights.resolve():
        raise ValueError(f'{target}: is the input, which would be overwritten; choose another DIR')
    with stored_arrays(weights) as stored:
        arrays = dict(zip(specs, stored.values(), strict=True)) if is_npy(weights) and len(specs) == 1 else stored
        missing = [] if allow_missing else [name for name in specs if name not in arrays]
        _refuse(f'{config}: no spec for the tensor', [name for name in arrays if name not in specs])
        _refuse(f'{weights}: no tensor for the name', missing)
        stderr = Console(stderr=True)
        columns = (TextColumn('{task.description}'), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as progress:

            def phase(description: str, total: int) -> Advance:
                return functools.partial(progress.advance, progress.add_task(description, total=total))

            rows = quantize_files(specs, arrays, target, header_file, guard=_guard(target), phase=phase)
    print_table('', COLUMNS, rows)


@command
def schema() -> None:
    """Print the JSON Schema of a configuration."""
    typer.echo(json.dumps(QuantizerConfig.json_schema(), indent=2))


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
    """Compile types against the vendor's headers, and compare every bit with Python's."""
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


def _by_name(arguments: Sequence[str]) -> dict[str, Spec]:
    """The types and configurations of a command line; a name that meant another type before has its file before it."""
    specs: dict[str, Spec] = {}
    for argument in arguments:
        read = _type_or_config(argument)
        named = read if isinstance(read, QuantizerConfig) else {argument: read}
        for name, spec in named.items():
            key = name
            while specs.get(key, spec) != spec:
                key = f'{argument}: {key}'
            specs[key] = spec
    return specs


def _type_or_config(text: str) -> Spec | QuantizerConfig:
    path = Path(text)
    if '<' not in text and (path.suffix == '.json' or path.is_file()):
        return QuantizerConfig.load(path)
    try:
        return parse_type(text)
    except ValueError as error:
        raise ValueError(f'neither a type nor a file: {error}') from None


def _refuse(what: str, names: list[str]) -> None:
    if names:
        raise ValueError(f'{what} {", ".join(map(repr, names))}')


def _guard(path: Path) -> str:
    words = re.findall('[A-Z0-9]+', path.stem.upper())
    return '_'.join(['QUANTIZERS', *words, 'H'])


def run(arguments: Sequence[str] | None) -> int:
    """Run the command and return its exit code."""
    code: Any = 0
    try:
        app(args=None if arguments is None else list(arguments), prog_name='quantizers')
    except SystemExit as error:
        code = error.code
    return int(code or 0)
