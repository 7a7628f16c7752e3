"""The command `diff`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._checks.shown import shown
from ..analysis.diff import diff as find_differences
from ..analysis.prove import prove as find_proof
from ..cpp.types import parse_type
from ..files.numbers import read_numbers
from .arguments import Json, MaxSize
from .console import command, one_line, print_json, working

if TYPE_CHECKING:
    from numpy.typing import NDArray


@command
def diff(
    a: Annotated[str, typer.Argument(metavar='TYPE', help='a type string of any dialect')],
    b: Annotated[str | None, typer.Argument(metavar='[TYPE]', help='another one, to compare with')] = None,
    *,
    input_: Annotated[
        Path | None,
        typer.Option(
            '--input',
            metavar='FILE',
            help='the inputs: .npy, .npz, .safetensors, or text; if not given, the edge inputs of two types',
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option('--output', metavar='FILE', help='what another program made of them, to compare with')
    ] = None,
    prove: Annotated[
        bool, typer.Option('--prove', help='ask for two types whether they are the same for every float64')
    ] = False,
    max_size: MaxSize = None,
    as_json: Json = False,
) -> None:
    """Show where two types, or a type and an output, differ, and why.

    An output is what another program made of the inputs. Arrays of two files are paired by their names, and two
    files of one array each whatever the names. An output as text takes the shape of its input. Two types without
    --input are compared on edge inputs of both, those of `verify`. What the inputs could not have shown is said,
    too; with --prove it is proved that two types are the same, or the smallest input is found on which they differ. The
    exit code is 1 where something differs, and 2 after an error, or where a minute was too short for the proof. Arrays
    are read as a whole.
    """
    if (b is None) == (output is None):
        raise typer.BadParameter('one of a second TYPE and --output is needed, and not both')
    if output is not None and input_ is None:
        raise typer.BadParameter('--output needs --input, of which it was made')
    if prove and (b is None or input_ is not None):
        raise typer.BadParameter('--prove needs two types, and takes no --input')
    spec, other = parse_type(a), None if b is None else parse_type(b)
    with working('reading'):
        arrays = {} if input_ is None else read_numbers(input_, max_size=max_size)
        outputs = {} if output is None else read_numbers(output, arrays, max_size=max_size)
    inputs: Iterable[tuple[str, NDArray[Any] | None]] = arrays.items() or [('', None)]
    found, reports = False, []
    for number, (name, x) in enumerate(inputs):
        try:
            with working(f'comparing {name}'.rstrip()):
                report = find_differences(spec, outputs[name] if other is None else other, x)
        except (TypeError, ValueError) as error:
            raise ValueError(f'{shown(name)}: {error}') from None
        if as_json:
            reports.append({'name': name, **report.to_dict()})
        else:
            if len(arrays) > 1:
                typer.echo(f'{chr(10) if number else ""}{one_line(name)}')
            typer.echo(str(report))
        found = found or bool(report)
    with working('proving'):
        proof = find_proof(spec, 'float64', same_as=other) if prove else None
    if as_json:
        print_json({'arrays': reports, 'proof': None if proof is None else proof.to_dict()})
    elif proof is not None:
        typer.echo(str(proof))
    verdict = None if proof is None else proof.verdict
    if found or verdict == 'refuted':
        raise typer.Exit(1)
    if verdict == 'undecided':
        raise typer.Exit(2)
