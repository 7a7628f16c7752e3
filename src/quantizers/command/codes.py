"""The command `codes`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import numpy as np
import typer

from .. import memory_files
from .._checks.capabilities import Capability, require
from ..cpp.types import parse_type
from ..files.numbers import read_numbers
from ..files.stored import is_npy
from ..files.whole import refuse_inputs, whole_files
from ..formats import Spec
from ..memory_files import MemoryFormat
from .arguments import Json, MaxSize
from .console import command, is_stdout, print_json, refuse_two, say_written, working, write_text
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
    as_json: Json = False,
) -> None:
    """Write the raw bits of numbers for a testbench or a memory.

    The numbers are those of an .npy file; or read such a text into an .npy file. A text has one dimension.
    """
    if is_stdout(output) and not is_npy(input_):
        raise ValueError('-: an .npy file is binary, and not written to stdout; name it, such as -o x.npy')
    if is_npy(input_) == is_npy(output):
        raise typer.BadParameter('one of --input and --output must be an .npy file, and not both')
    refuse_two(output, as_json=as_json)
    refuse_inputs(output, input_, other='FILE')
    spec = parse_type(type_)
    require(spec, Capability.CODES)
    if is_npy(output):
        _read(spec, input_, output, form)
    else:
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
    if as_json:
        print_json({'wrote': [str(output)]})


def _read(spec: Spec, text: Path, output: Path, form: MemoryFormat) -> None:
    """Read a text into an .npy file."""
    with working(f'reading {text}'):
        values = memory_files.read(spec, text, form, exact=not spec.fits('float64'))
    try:
        numbers = values.astype(np.float64)
        held = bool((numbers == values).all())
    except OverflowError:
        held = False
    if not held:
        raise ValueError(f'{output}: float64 cannot hold a value of {spec.label!r}; memory_files.read can')
    with whole_files(output) as (stream,):
        np.save(stream, numbers)
