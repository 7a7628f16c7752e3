"""The commands, in typer; imported by `cli.main` alone."""

from __future__ import annotations

import functools
import json
import traceback
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from . import _app_choose as _app_choose  # its command
from . import _app_explore as _app_explore  # its command
from . import _app_plot as _app_plot  # its command
from . import _comparing as _comparing  # its commands
from . import _describe, memory_files
from ._arrays import is_npy, stored_arrays
from ._console import MaxSize, app, command, one_line, print_table, type_or_config
from ._files import refuse_inputs, whole_files, write_whole
from ._header import header, identifiers
from ._numbers import read_numbers
from ._quantize import Advance, quantize_files
from ._report import COLUMNS
from ._signals import ended_by_signals
from .config import QuantizerConfig
from .cpp import convert, parse_type

_CLOSED_PIPE = 128 + 13  # SIGPIPE's number, which Windows' signals lack

Config = Annotated[Path, typer.Argument(metavar='CONFIG', help='a JSON file: version, description, specs')]


class Memory(str, Enum):
    """What `codes` writes and reads."""

    READMEMH = 'readmemh'
    READMEMB = 'readmemb'
    COE = 'coe'
    MIF = 'mif'
    C = 'c'


class Target(str, Enum):
    """Where `convert` goes."""

    AP = 'ap'
    AC = 'ac'
    HLS4ML = 'hls4ml'
    JSON = 'json'


@command
def describe(
    type_or_file: Annotated[str, typer.Argument(metavar='TYPE_OR_FILE', help='a type string, or a JSON file')],
) -> None:
    """Show what a type, or every name of a configuration, means."""
    read = type_or_config(type_or_file)
    if isinstance(read, QuantizerConfig):
        print_table(one_line(read.description or ''), _describe.COLUMNS, _describe.rows(read))
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
    join: Annotated[
        bool, typer.Option('--join', help='one type for all channels of a name: the least that holds their values')
    ] = False,
) -> None:
    """Write a C++ header with one typedef a name, or, of formats per channel, one a channel."""
    refuse_inputs(output, config, other='HEADER')
    specs = QuantizerConfig.load(config)
    write_whole({output: header(specs, join=join).encode()})


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
    max_size: MaxSize = None,
) -> None:
    """Quantize tensors of any size: writes DIR/<stem>.npz, or .npy, and DIR/<stem>.h and shows a table.

    The tensor of an .npy file has the file's stem as its name, or else the only name of CONFIG.
    """
    specs = QuantizerConfig.load(config)
    identifiers(specs)  # with no header, too: no name from a file becomes a path in the archive
    target = output / f'{weights.stem}{".npy" if is_npy(weights) else ".npz"}'
    header_file = output / f'{weights.stem}.h' if with_header else None
    for written in filter(None, (target, header_file)):
        refuse_inputs(written, config, weights, other='DIR')
    with stored_arrays(weights, max_size) as stored:
        arrays = dict(zip(specs, stored.values(), strict=True)) if is_npy(weights) and len(specs) == 1 else stored
        missing = [] if allow_missing else [name for name in specs if name not in arrays]
        _refuse(f'{config}: no spec for the tensor', [name for name in arrays if name not in specs])
        _refuse(f'{weights}: no tensor for the name', missing)
        stderr = Console(stderr=True)
        columns = (TextColumn('{task.description}'), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as progress:

            def phase(description: str, total: int) -> Advance:
                return functools.partial(progress.advance, progress.add_task(description, total=total))

            rows = quantize_files(specs, arrays, target, header_file, phase=phase)
    print_table('', COLUMNS, rows)


@command
def codes(
    type_: Annotated[str, typer.Argument(metavar='TYPE', help='a type string of any dialect')],
    *,
    input_: Annotated[Path, typer.Option('--input', metavar='FILE', help='an .npy file, or a text of raw bits')],
    output: Annotated[Path, typer.Option('--output', '-o', metavar='FILE', help='the other of the two')],
    form: Annotated[Memory, typer.Option('--format', help='of the text')],
    max_size: MaxSize = None,
) -> None:
    """Write the raw bits of an .npy file's numbers for a testbench or a memory, or read such a text into an .npy file.

    A text has one dimension.
    """
    if is_npy(input_) == is_npy(output):
        raise typer.BadParameter('one of --input and --output must be an .npy file, and not both')
    refuse_inputs(output, input_, other='FILE')
    spec = parse_type(type_)
    if is_npy(output):
        values = memory_files.read(spec, input_, form.value, exact=not spec.fits('float64'))
        try:
            numbers = values.astype(np.float64)
            held = bool((numbers == values).all())
        except OverflowError:
            held = False
        if not held:
            raise ValueError(f'{output}: float64 cannot hold a value of {spec.label!r}; memory_files.read can')
        with whole_files(output) as (stream,):
            np.save(stream, numbers)
        return
    (x,) = read_numbers(input_, max_size=max_size).values()
    try:
        memory_files.write(spec, x, output, form.value)
    except TypeError as error:
        raise ValueError(f'{input_}: {error}') from None


@command
def schema() -> None:
    """Print the JSON Schema of a configuration."""
    typer.echo(json.dumps(QuantizerConfig.json_schema(), indent=2))


def _refuse(what: str, names: list[str]) -> None:
    if names:
        raise ValueError(f'{what} {", ".join(map(repr, names))}')


# typer reads the type hints of all commands for it, most of the time of a short one
_program = functools.cache(functools.partial(typer.main.get_command, app))


def run(arguments: Sequence[str] | None) -> int:
    """Run the command and return its exit code: see `cli.main`."""
    code: Any = 0
    try:
        with ended_by_signals():
            _program()(args=None if arguments is None else list(arguments), prog_name='quantizers')
    except SystemExit as error:
        # typer makes 1 of a closed pipe, which would mean that something differs
        code = _CLOSED_PIPE if isinstance(error.__context__, BrokenPipeError) else error.code
    except Exception:  # noqa: BLE001  (a defect, too, must not end with the 1 that Python gives it)
        traceback.print_exc()
        code = 2
    return int(code or 0)
