"""The command `plot`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._checks.capabilities import Capability, require
from ..config import QuantizerConfig
from ..files.numbers import read_numbers
from ..files.whole import refuse_inputs, whole_files
from ..formats import Spec
from ..formats.per_channel import by_channel
from .arguments import Json, MaxSize, type_or_config
from .console import command, is_stdout, print_json, say_written, working

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# and what else these formats say of when they were made
_FORMATS: dict[str, dict[str, None]] = {'png': {}, 'svg': {'Date': None}, 'pdf': {'CreationDate': None}}


@command
def plot(
    type_or_file: Annotated[str, typer.Argument(metavar='TYPE|CONFIG', help='a type string, or a JSON file')],
    input_: Annotated[
        Path | None, typer.Option('--input', metavar='FILE', help='numbers: .npy, .npz, .safetensors or text')
    ] = None,
    *,
    output: Annotated[Path, typer.Option('--output', '-o', metavar='PICTURE', help='a .png, .svg or .pdf to write')],
    values: Annotated[bool, typer.Option('--values', help='draw the values of the format, not its curve')] = False,
    max_size: MaxSize = None,
    as_json: Json = False,
) -> None:
    """Draw a curve of a type, or what formats do to numbers.

    With --input, a type gets a histogram over its bit weights for each array, and a configuration a row for each name.
    """
    if is_stdout(output):
        raise ValueError('-: a picture is not written to stdout; name a file, such as -o curve.svg')
    form = output.suffix.lower().removeprefix('.')
    if form not in _FORMATS:
        raise ValueError(f'{output}: the name of a picture must end in {", ".join(f".{name}" for name in _FORMATS)}')
    refuse_inputs(output, Path(type_or_file), *([] if input_ is None else [input_]), other='PICTURE')
    if values and input_ is not None:
        raise typer.BadParameter('--values is for a format alone, without --input')
    from ..show.plot import _figure

    read = type_or_config(type_or_file)
    try:
        with working('drawing'):
            figure = _drawn(read, None if input_ is None else read_numbers(input_, max_size=max_size), values=values)
    except TypeError as error:
        raise ValueError(f'{input_}: {error}') from None
    # equal pictures are equal files
    with whole_files(output) as (stream,), _figure.rc_context({'svg.hashsalt': 'quantizers'}):
        figure.savefig(stream, format=form, metadata=_FORMATS[form])
    say_written(output)
    if as_json:
        print_json({'wrote': [str(output)]})


def _drawn(read: Spec | QuantizerConfig, numbers: Mapping[str, Any] | None, *, values: bool) -> Figure:
    from ..show.plot import plot_report, plot_values
    from ..show.plot._data import draw_all

    if isinstance(read, QuantizerConfig):
        if values:
            return plot_values(*(spec for _, spec in by_channel(read)))
        if numbers is None:
            raise ValueError('a configuration is drawn with numbers, or its --values: name a file by --input')
        return plot_report(read, numbers)
    require(read, Capability.PICTURES)
    if numbers is not None:
        return draw_all(numbers, read)
    return plot_values(read) if values else read.plot()
