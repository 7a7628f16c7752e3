"""What all commands share: the app, one line for each error and warning, and tables."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer
from typer.core import TyperGroup

from .. import __version__
from .._checks.errors import ExtraError, FileError, VerificationError
from .._checks.shown import one_line as one_line

if TYPE_CHECKING:
    from rich.console import Console

P = ParamSpec('P')
_FOLDED = 1000  # rows of tables that are folded

# in this order, which the help has
COMMANDS = ('choose', 'explore', 'plot', 'verify', 'diff', 'describe', 'convert', 'emit', 'quantize', 'codes', 'schema')


class Commands(TyperGroup):
    """The commands, each in a module of its name, which is imported when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        return [*COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by its name, None where there is none."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            import_module(f'.{cmd_name}', __package__)
            info = next(info for info in app.registered_commands if info.name == cmd_name)
            self.commands[cmd_name] = typer.main.get_command_from_info(
                info, pretty_exceptions_short=False, rich_markup_mode=None
            )
        return self.commands.get(cmd_name)


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


def command(function: Callable[P, None]) -> Callable[P, None]:
    """Register a command whose errors and warnings are one line on stderr each; an error gives exit code 2."""

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


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Show a table on stdout.

    On a terminal it is folded to the width. A file or a pipe has none, and a long table is not folded either: it is as
    wide as its text, which takes a hundredth of the time.
    """
    from rich.console import Console  # which the commands without a table do without
    from rich.table import Table

    cells = [[*map(one_line, row)] for row in rows]
    console = Console(markup=False, emoji=False, highlight=False)
    if not sys.stdout.isatty() or len(cells) > _FOLDED:
        console.file.writelines(f'{line}\n' for line in _unfolded(title, columns, cells, console))
        return
    table = Table(title=title or None, title_justify='left')
    for column in columns:
        table.add_column(column, overflow='fold')
    for row in cells:
        table.add_row(*row)
    console.print(table)


def _unfolded(title: str, columns: Sequence[str], cells: Sequence[Sequence[str]], console: Console) -> Iterator[str]:
    """The lines that rich prints where there is room."""
    from rich.box import HEAVY_HEAD
    from rich.cells import cell_len

    box = HEAVY_HEAD.substitute(console.options)
    lengths = [[*map(cell_len, row)] for row in (columns, *cells)]
    widths = [max(column) for column in zip(*lengths, strict=True)]

    def line(left: str, divider: str, right: str, row: Sequence[str], of: Sequence[int]) -> str:
        padded = (f' {cell}{" " * (width - n)} ' for cell, n, width in zip(row, of, widths, strict=True))
        return f'{left}{divider.join(padded)}{right}'

    room = [width + 2 for width in widths]
    if title:
        yield title
    yield box.get_top(room)
    yield line(box.head_left, box.head_vertical, box.head_right, columns, lengths[0])
    yield box.get_row(room, 'head')
    for row, of in zip(cells, lengths[1:], strict=True):
        yield line(box.mid_left, box.mid_vertical, box.mid_right, row, of)
    yield box.get_bottom(room)
