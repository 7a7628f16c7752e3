"""The command `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..config import QuantizerConfig
from ..files.whole import refuse_inputs
from ..network import Network
from .arguments import SAMPLES, Config, Json, MaxSize, Model
from .console import command, is_stdout, print_json, print_table, refuse_two, working, write_text
from .models import import_keras


@command
def report(
    config: Config,
    model: Model,
    *,
    output: Annotated[
        Path | None, typer.Option('--output', '-o', metavar='PAGE', help='a page of HTML to write, .html')
    ] = None,
    samples: Annotated[
        Path | None, typer.Option('--samples', metavar='SAMPLES', help=f'for pictures on PAGE: {SAMPLES}')
    ] = None,
    max_size: MaxSize = None,
    markdown: Annotated[bool, typer.Option('--markdown', help='write the table in Markdown')] = False,
    as_json: Json = False,
) -> None:
    """Show what each layer of a network costs in its formats.

    EBOPs are effective bit operations (arXiv 2405.00645), without adders and with them; multiplications are those by a
    weight that is not 0, of one sample. -o writes a page, one file that needs no network; with --samples it has a
    picture of what each result holds, and of its format.
    """
    if markdown and as_json:
        raise typer.BadParameter('one of --markdown and --json, and not both')
    if output is None and (samples or max_size) is not None:
        raise typer.BadParameter('--samples are for a page: name it, such as -o report.html')
    if output is not None:
        _check_page(output, config, model, samples, as_json=as_json)
    import_keras(model)
    with working(f'reading {model}'):
        network, specs = Network.load(model), QuantizerConfig.load(config)
        found = network.report(specs)
    if output is not None:
        with working(f'writing {output}'):
            profile = None if samples is None else network.profile(samples, specs, max_size=max_size)
            page = found.to_html(profile)
        write_text(output, page)
        if is_stdout(output):
            return
    if as_json:
        print_json(found.to_dict())
    elif markdown:
        typer.echo(found.to_markdown(), nl=False)
    else:
        print_table(found.table())


def _check_page(output: Path, *inputs: Path | None, as_json: bool) -> None:
    refuse_two(output, as_json=as_json)
    if not is_stdout(output) and output.suffix.lower() not in ('.html', '.htm'):
        raise ValueError(f'{output}: the name of a page must end in .html')
    refuse_inputs(output, *filter(None, inputs), other='PAGE')
