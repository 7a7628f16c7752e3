"""The command `codes`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import numpy as np
import typer

from .. import memory_files
from ..cpp.types import parse_type
from ..files.numbers import read_numbers
from ..files.stored import is_npy
from ..files.whole import refuse_inputs, whole_files
from ..memory_files import MemoryFormat
from .arguments import MaxSize
from .console import command, is_stdout, say_written, working, write_text
from .values import one_of


@command
def codes(
    type_: Annotated[str, typer.Argument(metavar='TYPE', help='a type string of any dialect')],
    *,
    input_: Annotated[Path, typer.Option('--input', metavar='FILE', help='an .npy file, or a text of raw bits')],
    output: Annotated[
        Path, typer.Option('--output', '-o', metavar='FILE', help='the other of the two; - for a text on stdout')
    ],
    form: Annotated[MemoryFormat, one_of('--format', choices=get_args(MemoryFormat), help='of the text')],
    max_size: MaxSize = None,
) -> None:
    """Write the raw bits of numbers for a testbench or a memory.

    The numbers are those of an .npy file; or read such a text into an .npy file. A text has one dimension.
    """
    if is_stdout(output) and not is_npy(input_):
        raise ValueError('-: an .npy file is binary, and not written to stdout; name it, such as -o x.npy')
    if is_npy(input_) == is_npy(output):
        raise typer.BadParameter('one of --input and --output must be an .npy file, and not both')
    refuse_inputs(output, input_, other='FILE')
    spec = parse_type(type_)
    if is_npy(output):
        with working(f'reading {input_}'):
            values = memory_files.read(spec, input_, form, exact=not spec.fits('float64'))
        try:
            numbers = values.astype(np.float64)
            held = bool((numbers == values).all())
        except OverflowError:
            held = False
        if not held:
            raise ValueError(f'{output}: float64 cannot hold a value of {spec.label!r}; memory_files.read can')
        with whole_files(output) as (stream,):
            np.save(stream, numbers)
        say_written(output)
        return
    (x,) = read_numbers(input_, max_size=max_size).values()
    try:
        if is_stdout(output):
            write_text(output, memory_files.to_text(spec, x, form))
            return
        with working(f'writing {output}'):
            memory_files.write(spec, x, output, form)
    except TypeError as error:
        raise ValueError(f'{input_}: {error}') from None
    say_written(output)
