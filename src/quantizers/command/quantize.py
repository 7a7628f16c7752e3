"""The command `quantize`."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from .._checks.shown import listed
from ..analysis.quantize_files import Advance, quantize_files
from ..config import QuantizerConfig
from ..cpp.headers import identifiers
from ..files.stored import is_npy
from ..files.text import is_text
from ..files.whole import refuse_inputs
from ..network.keras_files import is_model
from ..network.onnx_files import is_onnx
from ..network.stored import stored_tensors
from .arguments import Config, Json, MaxSize, Tensors
from .console import command, is_stdout, print_json, print_table, say_written
from .models import import_keras


@command
def quantize(
    config: Config,
    weights: Tensors,
    output: Annotated[Path, typer.Option('--output', '-o', metavar='DIR', help='where to write; made if missing')],
    allow_missing: Annotated[
        bool, typer.Option('--allow-missing', help='a name with no tensor is no error: it gets its typedef alone')
    ] = False,
    with_header: Annotated[bool, typer.Option('--header/--no-header', help='write the C++ header')] = True,
    max_size: MaxSize = None,
    as_json: Json = False,
) -> None:
    """Quantize tensors of any size, and show what was lost.

    Writes DIR/<stem>.npz, or .npy, and DIR/<stem>.h. The tensor of an .npy file or of text has the file's stem as
    its name, or else the only name of CONFIG. The tensors of a model are its weights, by hls4ml's or ONNX' names; the
    formats of other tensors of its layers get their typedefs alone.
    """
    if is_stdout(output):
        raise ValueError('-: DIR is a folder, and nothing is written to stdout; name it, such as -o quantized')
    specs = QuantizerConfig.load(config)
    identifiers(specs)  # with no header, too: no name from a file becomes a path in the archive
    of_model = is_model(weights) or is_onnx(weights)
    alone = not of_model and (is_npy(weights) or is_text(weights))
    target = output / f'{weights.stem}{".npy" if alone else ".npz"}'
    header_file = output / f'{weights.stem}.h' if with_header else None
    for written in filter(None, (target, header_file)):
        refuse_inputs(written, config, weights, other='DIR')
    import_keras(weights)
    with stored_tensors(weights, specs, max_size) as stored:
        arrays = dict(zip(specs, stored.values(), strict=True)) if alone and len(specs) == 1 else stored
        missing = [] if allow_missing or of_model else [name for name in specs if name not in arrays]
        _refuse(f'{config}: no spec for the tensor', [name for name in arrays if name not in specs])
        _refuse(f'{weights}: no tensor for the name', missing)
        stderr = Console(stderr=True)
        columns = (TextColumn('{task.description}'), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=stderr, transient=True, disable=not stderr.is_terminal) as progress:

            def phase(description: str, total: int) -> Advance:
                return functools.partial(progress.advance, progress.add_task(description, total=total))

            table = quantize_files(specs, arrays, target, header_file, phase=phase)
    files = [*filter(None, (target, header_file))]
    say_written(*files)
    print_json({'wrote': [*map(str, files)], 'tensors': table.records()}) if as_json else print_table(table)


def _refuse(what: str, names: list[str]) -> None:
    if names:
        raise ValueError(f'{what} {listed(names)}')
