"""What all commands share: the app, one line for each error and warning, and tables."""

from __future__ import annotations

import functools
import json
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from importlib import import_module
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, ParamSpec

import typer
from typer.core import TyperGroup

from .. import __version__
from .._checks.errors import ExtraError, FileError, VerificationError
from .._checks.shown import one_line as one_line
from .._tables import BOX, Table

P = ParamSpec('P')

# in this order, which the help has
TASKS = {
    'Find a format': ('choose', 'describe', 'explore', 'plot'),
    'Compare': ('verify', 'prove', 'diff', 'config'),
    'Write': ('convert', 'emit', 'quantize', 'codes', 'schema'),
    'Whole networks': ('profile', 'report', 'compare', 'hls4ml'),
}
COMMANDS = tuple(name for names in TASKS.values() for name in names)


class Commands(TyperGroup):
    """The commands, each in a module of its name, which is imported when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        return [*COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by its name, None where there is none."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            module = import_module(f'.{cmd_name}', __package__)
            of_several = getattr(module, 'several', None)
            self.commands[cmd_name] = _alone(cmd_name) if of_several is None else typer.main.get_command(of_several)
        return self.commands.get(cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands by task, a line each."""
        for task, names in TASKS.items():
            with formatter.section(task):
                lines = [(name, self.get_command(ctx, name).get_short_help_str(formatter.width)) for name in names]
                formatter.write_dl(lines)


def _alone(name: str) -> Any:
    """The command of a module that has one."""
    info = next(info for info in app.registered_commands if info.name == name)
    return typer.main.get_command_from_info(info, pretty_exceptions_short=False, rich_markup_mode=None)


app = typer.Typer(
    name='quantizers',
    cls=Commands,
    help='Number formats of neural networks on FPGAs: JSON in, the same bits in Python and C++ out.',
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f'quantizers {__version__}')
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option('--version', callback=_version, is_eager=True, help='Show the version and exit.')
    ] = False,
) -> None:
    pass


def _say(kind: str, error: object) -> None:
    if isinstance(error, OSError) and error.filename is not None:
        error = f'{error.filename}: {error.strerror}'
    # the interpreter's own MemoryError says nothing
    text = str(error) or 'not enough memory'
    for line in text.split('\n') if isinstance(error, FileError) else [text]:
        typer.echo(f'quantizers: {kind}: {one_line(line)}', err=True)


def reporting(function: Callable[P, None]) -> Callable[P, None]:
    """A command whose errors and warnings are one line on stderr each; an error gives exit code 2."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('ignore')  # a deprecation inside a library is no news for users
            for category in (UserWarning, RuntimeWarning):
                warnings.simplefilter('always', category)
            try:
                function(*args, **kwargs)
            except BrokenPipeError:
                raise
            except (OSError, ValueError, MemoryError, VerificationError, ExtraError) as error:
                _say('error', error)
                raise typer.Exit(2) from None
            finally:
                for message in dict.fromkeys(str(warning.message) for warning in caught):
                    _say('warning', message)

    return wrapped


def command(function: Callable[P, None]) -> Callable[P, None]:
    """Register a command of its name; see `reporting`."""
    wrapped = reporting(function)
    app.command(function.__name__.rstrip('_'))(wrapped)
    return wrapped


def write_text(output: Path, text: str) -> None:
    """Write a file of text, whole, and say so; `-` is stdout."""
    from ..files.whole import write_whole  # which the commands that write no file do without

    if is_stdout(output):
        typer.echo(text.encode(), nl=False)
    else:
        write_whole({output: text.encode()})
        say_written(output)


def is_stdout(output: Path) -> bool:
    """Whether an output is `-`."""
    return str(output) == '-'


def say_written(*paths: Path) -> None:
    """Say on stderr what was written: stdout is for what may be read on."""
    typer.echo(f'quantizers: wrote {one_line(" and ".join(map(str, paths)))}', err=True)


def refuse_two(output: Path, *, as_json: bool) -> None:
    """Refuse `--json` with an output that is stdout."""
    if as_json and is_stdout(output):
        raise typer.BadParameter('--json goes with an output that is a file')


@contextmanager
def working(what: str) -> Iterator[None]:
    """Say on a terminal what is being done, for as long as it takes."""
    from rich.console import Console
    from rich.markup import escape

    stderr = Console(stderr=True)
    with stderr.status(escape(one_line(what))) if stderr.is_terminal else nullcontext():
        yield


def print_table(table: Table) -> None:
    """Show a table on stdout, as wide as its text; on a terminal without the columns for which there is no room."""
    lines, left_out = table.boxed(_room(), ascii_only=not _has_lines(sys.stdout.encoding or 'ascii'))
    sys.stdout.writelines(f'{line}\n' for line in lines)
    if left_out:
        columns = 'column' if len(left_out) == 1 else 'columns'
        _say('note', f'{len(left_out)} more {columns} in a wider terminal, or by --json')


def print_json(data: object) -> None:
    """Write one JSON object to stdout; a number that JSON does not have is a string, "inf", "-inf" or "nan"."""
    typer.echo(json.dumps(_in_json(data), indent=2))


def _room() -> int | None:
    """The columns that there are: those of the terminal, or what COLUMNS says of a pipe; else as many as it takes."""
    if sys.stdout.isatty() or os.environ.get('COLUMNS', '').isdecimal():
        return shutil.get_terminal_size().columns
    return None


def _has_lines(encoding: str) -> bool:
    """Whether the lines of a box can be written."""
    try:
        ''.join(map(''.join, BOX)).encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _in_json(data: object) -> object:
    if isinstance(data, Mapping):
        return {key: _in_json(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_in_json(value) for value in data]
    return str(data) if isinstance(data, float) and not isfinite(data) else data
