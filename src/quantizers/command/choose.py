"""The command `choose`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ..analysis.choose import KINDS, Kind
from ..analysis.choose import choose as choose_formats
from ..files.whole import refuse_inputs
from ..formats.specials import SPECIALS, SpecialsName
from ..modes import canonical_overflow, canonical_rounding
from ..network.keras_files import SUFFIXES, is_model
from ..network.onnx_files import SUFFIX, is_onnx
from .arguments import SAMPLES, Json, MaxSize, Tensors
from .console import command, is_stdout, print_json, print_table, write_text
from .models import import_keras
from .values import integer, one_of, real


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
    kind: Annotated[
        Kind, one_of('--kind', choices=KINDS, help='of formats: floats and blocks by their best split of the bits')
    ] = 'fixed',
    specials: Annotated[
        SpecialsName | None,
        one_of('--specials', choices=tuple(SPECIALS), help='the codes of floats that are Inf and NaN'),
    ] = None,
    block_size: Annotated[int | None, integer(help='the numbers of a block; 32 if not given')] = None,
    block_axis: Annotated[int | None, integer(help='the axis along which blocks lie; the last if not given')] = None,
    rounding: Annotated[
        str | None, typer.Option(help='the rounding mode; if not given, RND of fixed point and RND_CONV of floats')
    ] = None,
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

    Or, with --width, the best formats of a width. By --kind they are floats, or OCP's blocks, of the best split into
    exponent and mantissa. The tensors of a model are its weights, by hls4ml's or ONNX' names, and with SAMPLES the
    results of its layers, too.
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
        kind=kind,
        specials=specials,
        block_size=block_size,
        block_axis=block_axis,
        rounding=None if rounding is None else canonical_rounding(rounding),
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
