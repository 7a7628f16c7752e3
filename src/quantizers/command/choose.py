"""The command `choose`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..analysis.choose import choose as choose_formats
from ..files.whole import refuse_inputs
from ..modes import canonical_overflow, canonical_rounding
from ..network.keras_files import SUFFIXES, is_model
from ..network.onnx_files import SUFFIX, is_onnx
from .arguments import SAMPLES, Json, MaxSize, Tensors
from .console import command, is_stdout, print_json, print_table, write_text
from .models import import_keras
from .values import integer, real


@command
def choose(
    weights: Tensors,
    samples: Annotated[
        Path | None,
        typer.Argument(metavar='[SAMPLES]', help=f'of a model, {SAMPLES}'),
    ] = None,
    *,
    width: Annotated[int | None, integer(help='the width in bits, in place of bounds')] = None,
    sqnr: Annotated[float | None, real(help='the least SQNR in dB')] = None,
    max_error: Annotated[float | None, real(help='the largest error of a number')] = None,
    saturated: Annotated[
        float | None, real(help='the largest share of numbers out of range, 0 to 1; 0: no overflow')
    ] = None,
    axis: Annotated[int | None, integer(help='a format for each index of this axis')] = None,
    rounding: Annotated[str, typer.Option(help='the rounding mode')] = 'RND',
    overflow: Annotated[str, typer.Option(help='the overflow mode')] = 'SAT',
    max_width: Annotated[int, integer(help='the widest format that is tried')] = 32,
    near: Annotated[bool, typer.Option('--near', help='show the formats near each choice, too')] = False,
    max_size: MaxSize = None,
    as_json: Json = False,
    output: Annotated[
        Path | None,
        typer.Option(
            '--output', '-o', metavar='CONFIG', help='the JSON file to write; - for stdout, without the table'
        ),
    ] = None,
) -> None:
    """Choose the narrowest formats of tensors that meet bounds.

    Or, with --width, the best formats of a width. The tensors of a model are its weights, by hls4ml's or ONNX' names,
    and with SAMPLES the results of its layers, too.
    """
    if samples is not None and not is_model(weights) and not is_onnx(weights):
        suffixes = ' or '.join((*SUFFIXES, SUFFIX))
        raise typer.BadParameter(f'SAMPLES go with a model, {suffixes}, in place of WEIGHTS')
    if output is not None:
        refuse_inputs(output, *filter(None, (weights, samples)), other='CONFIG')
    import_keras(weights)
    choices = choose_formats(
        weights,
        samples,
        width=width,
        sqnr=sqnr,
        max_error=max_error,
        saturated=saturated,
        axis=axis,
        rounding=canonical_rounding(rounding),
        overflow=canonical_overflow(overflow),
        max_width=max_width,
        max_size=max_size,
        progress=Console(stderr=True).is_terminal,
    )
    if output is not None:
        write_text(output, choices.config().to_json())
        if is_stdout(output):
            return
    print_json(choices.to_dict()) if as_json else print_table(choices.table(near=near))
