"""The command `prove`."""

from __future__ import annotations

from typing import Annotated, Any, get_args

import typer

from .._checks.shown import listed
from ..analysis.prove import DType
from ..analysis.prove import prove as find_proof
from ..config import QuantizerConfig
from ..formats import Spec
from ..formats.per_channel import by_channel
from .arguments import Json, type_or_config
from .console import command, one_line, print_json, working
from .values import one_of, real


@command
def prove(
    type_or_file: Annotated[str, typer.Argument(metavar='TYPE|CONFIG', help='a type string, or a JSON file')],
    *,
    dtype: Annotated[
        DType, one_of('--dtype', choices=get_args(DType), help='of the inputs and the results')
    ] = 'float32',
    timeout: Annotated[float, real(low=0.1, help='seconds for each type')] = 60,
    as_json: Json = False,
) -> None:
    """Prove that types give what their law says, for every float there is.

    The formulas are proved equal to the law by an SMT solver. If one is not, an input says so: what it becomes, and
    what the law says. What is not decided in time is tested on some 10,000 inputs instead. The exit code is 0 where all
    is proved, 1 where there is such an input, and 2 where something was not decided, or after an error.
    """
    read = type_or_config(type_or_file)
    named: dict[Spec, list[str]] = {}
    for name, spec in by_channel(read) if isinstance(read, QuantizerConfig) else [('', read)]:
        named.setdefault(spec, []).append(name)
    verdicts, rows = set(), list[dict[str, Any]]()
    for spec, names in named.items():
        with working(f'proving {spec.label}'):
            proof = find_proof(spec, dtype, timeout=timeout)
        verdicts.add(proof.verdict)
        rows.append({'names': names if names != [''] else [], **proof.to_dict()})
        if not as_json:
            typer.echo(one_line(f'{listed(names)}: {spec.label}: {proof}' if names != [''] else str(proof)))
    if as_json:
        print_json({'proofs': rows})
    if verdicts - {'proved'}:
        raise typer.Exit(1 if 'refuted' in verdicts else 2)
