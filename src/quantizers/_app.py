"""The commands, in typer; imported by `cli.main` alone."""

from __future__ import annotations

import functools
import json
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from . import _describe
from ._files import write_whole
from ._header import header, identifiers
from ._report import COLUMNS, load_tensors, npz_bytes, quantize_tensor
from .config import QuantizerConfig
from .cpp import convert, parse_type

app = typer.Typer(
    name='quantizers',
    help='Number formats of neural networks on FPGAs: JSON in, the same bits in Python and C++ out.',
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
Config = Annotated[Path, typer.Argument(metavar='CONFIG', help='a JSON file: version, description, specs')]


class Target(str, Enum):
    """Where `convert` goes."""

    AP = 'ap'
    AC = 'ac'
    HLS4ML = 'hls4ml'
    JSON = 'json'


def one_line(text: str) -> str:
    """`text` with every character that would move the cursor escaped."""
    return ''.join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _say(kind: str, error: object) -> None:
    if isinstance(error, OSError) and error.filename is not None:
        error = f'{error.filename}: {error.strerror}'
    typer.echo(f'quantizers: {kind}: {one_line(str(error))}', err=True)


def _command(function: Callable[..., None]) -> Callable[..., None]:
    """Register a command whose errors are one line on stderr and exit code 1."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            function(*args, **kwargs)
        except BrokenPipeError:
            raise
        except (OSError, ValueError, MemoryError) as error:
            _say('error', error)
            raise typer.Exit(1) from None

    app.command(function.__name__.rstrip('_'))(wrapped)
    return wrapped


def _print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    # a file or a pipe has no width: a table is never cut there
    console = Console(width=None if sys.stdout.isatty() else 100_000, markup=False, emoji=False, highlight=False)
    table = Table(title=title or None, title_justify='left')
    for column in columns:
        table.add_column(column, overflow='fold')
    for row in rows:
        table.add_row(*map(one_line, row))
    console.print(table)


@_command
def describe(
    type_or_file: Annotated[str, typer.Argument(metavar='TYPE_OR_FILE', help='a type string, or a JSON file')],
) -> None:
    """Show what a type, or every name of a configuration, means."""
    path = Path(type_or_file)
    if '<' not in type_or_file and (path.suffix == '.json' or path.is_file()):
        config = QuantizerConfig.load(path)
        rows = [_describe.row(name, spec) for name, spec in config.items()]
        _print_table(one_line(config.description or ''), _describe.COLUMNS, rows)
    else:
        try:
            spec = parse_type(type_or_file)
        except ValueError as error:
            raise ValueError(f'neither a type nor a file: {error}') from None
        _print_table('', ('property', 'value'), _describe.facts(spec))


@_command
def convert_(
    type_: Annotated[str, typer.Argument(metavar='TYPE', help='a type string of any dialect')],
    to: Annotated[Target, typer.Option('--to', help='the dialect wanted')],
) -> None:
    """Write a type in another dialect."""
    spec = parse_type(type_)
    typer.echo(json.dumps(spec.get_config()) if to is Target.JSON else convert(spec, to.value))


@_command
def emit(
    config: Config,
    output: Annotated[Path, typer.Option('--output', '-o', metavar='HEADER', help='the header to write')],
) -> None:
    """Write a C++ header with one typedef a name."""
    specs = QuantizerConfig.load(config)
    write_whole({output: header(specs, guard=_guard(output)).encode()})


@_command
def quantize(
    config: Config,
    weights: Annotated[Path, typer.Argument(metavar='WEIGHTS.npz', help='the tensors')],
    output: Annotated[Path, typer.Option('--output', '-o', metavar='DIR', help='where to write; made if missing')],
    allow_missing: Annotated[
        bool, typer.Option('--allow-missing', help='a name with no tensor is no error: it gets its typedef alone')
    ] = False,
    with_header: Annotated[bool, typer.Option('--header/--no-header', help='write the C++ header')] = True,
) -> None:
    """Quantize tensors: writes DIR/<stem>.npz and DIR/<stem>.h and shows a table."""
    specs = QuantizerConfig.load(config)
    identifiers(specs)  # with no header, too: no name from a file becomes a path in the archive
    tensors = load_tensors(weights)
    _refuse(
        f'{weights}: no tensor for the name', [] if allow_missing else [name for name in specs if name not in tensors]
    )
    _refuse(f'{config}: no spec for the tensor', [name for name in tensors if name not in specs])
    target, header_file = output / f'{weights.stem}.npz', output / f'{weights.stem}.h'
    if target.resolve() == weights.resolve():
        raise ValueError(f'{target}: is the input, which would be overwritten; choose another DIR')
    stderr = Console(stderr=True)
    steps = track(tensors.items(), 'quantizing', console=stderr, transient=True, disable=not stderr.is_terminal)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        results = {name: quantize_tensor(name, specs[name], tensor) for name, tensor in steps}
    for warning in caught:
        _say('warning', warning.message)
    quantized = {name: values for name, (values, _) in results.items()}
    files = {target: npz_bytes(quantized)}
    if with_header:
        files[header_file] = header(specs, quantized, guard=_guard(header_file)).encode()
    output.mkdir(parents=True, exist_ok=True)
    write_whole(files)
    _print_table('', COLUMNS, [row for _, row in results.values()])


@_command
def schema() -> None:
    """Print the JSON Schema of a configuration."""
    typer.echo(json.dumps(QuantizerConfig.json_schema(), indent=2))


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
