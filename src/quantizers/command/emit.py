"""The command `emit`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from .._checks.shown import listed
from ..config import QuantizerConfig
from ..cpp.headers import header
from ..files.whole import folder, refuse_inputs, write_whole
from ..hdl.package import LanguageName, package
from ..memory_files import MemoryFormat, to_texts
from ..network.stored import stored_tensors
from .arguments import WEIGHTS, Config, Json, MaxSize
from .console import command, is_stdout, print_json, say_written, working, write_text
from .models import import_keras
from .values import one_of

Target = Literal['cpp', LanguageName]


@command
def emit(
    config: Config,
    weights: Annotated[Path | None, typer.Argument(metavar='[WEIGHTS]', help=WEIGHTS)] = None,
    *,
    output: Annotated[Path, typer.Option('--output', '-o', metavar='HEADER', help='the header to write; - for stdout')],
    to: Annotated[
        Target,
        one_of(
            '--to', choices=get_args(Target), help='a C++ header, or a package named as the file: formats on stdout'
        ),
    ] = 'cpp',
    join: Annotated[
        bool, typer.Option('--join', help='one type for all channels of a name: the least that holds their values')
    ] = False,
    memory: Annotated[
        Path | None, typer.Option('--memory', metavar='DIR', help='write a memory file of each tensor there, too')
    ] = None,
    form: Annotated[MemoryFormat, one_of('--format', choices=get_args(MemoryFormat), help='of the memory files')] = (
        'readmemh'
    ),
    max_size: MaxSize = None,
    as_json: Json = False,
) -> None:
    """Write a C++ header, or a VHDL or SystemVerilog package.

    It has one type a name.

    Of formats per channel there is one a channel. With WEIGHTS there is an array a tensor, too. A name without a tensor
    gets its typedef alone. The tensor of an .npy file or of text has the file's stem as its name; those of a model are
    its weights, by hls4ml's or ONNX' names. DIR is made if it is missing.
    """
    if memory is not None and weights is None:
        raise typer.BadParameter('--memory needs WEIGHTS')
    if as_json and is_stdout(output):
        raise typer.BadParameter('--json goes with a HEADER that is a file')
    refuse_inputs(output, *filter(None, (config, weights)), other='HEADER')
    specs = QuantizerConfig.load(config)
    arrays = {}
    if weights is not None:
        import_keras(weights)
        with working(f'reading {weights}'), stored_tensors(weights, specs, max_size) as stored:
            unknown = [name for name in stored if name not in specs]
            if unknown:
                raise ValueError(f'{config}: no spec for the tensor {listed(unknown)}')
            arrays = {name: array.whole() for name, array in stored.items()}
    with working('writing numbers as text'):
        if to == 'cpp':
            text = header(specs, arrays, join=join)
        else:
            name = 'formats' if is_stdout(output) else output.stem
            text = package(specs, arrays, language=to, name=name, join=join)
        files = {} if memory is None else {memory / name: of for name, of in to_texts(specs, arrays, form).items()}
    for path in files:
        refuse_inputs(path, *filter(None, (config, weights)), other='DIR')
    if is_stdout(output):
        write_text(output, text)
    else:
        files = {output: text, **files}
    with nullcontext() if memory is None else folder(memory):
        write_whole({path: of.encode() for path, of in files.items()})
    paths = [*([] if is_stdout(output) else [output]), *([] if memory is None else [memory])]
    if paths:
        say_written(*paths)
    if as_json:
        print_json({'wrote': [*map(str, files)], 'names': [*specs]})
