"""The command `explore`."""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from .arguments import MaxSize
from .console import command
from .values import integer


@command
def explore(
    numbers: Annotated[
        Path | None,
        typer.Argument(
            metavar='[NUMBERS]', help='numbers to show: .npy, .npz, .safetensors or text', show_default=False
        ),
    ] = None,
    port: Annotated[int, integer(low=0, high=65535, help='the port on 127.0.0.1; 0: a free one')] = 0,
    max_size: MaxSize = None,
    browser: Annotated[bool, typer.Option('--browser/--no-browser', help='open the page in the browser')] = True,
) -> None:
    """Show formats on a page in the browser.

    Their ranges, steps, curves and values, what each mode does to a number, and what a format does to your numbers. The
    page is served on 127.0.0.1, to this machine alone, until Ctrl-C.
    """
    from ..show.explore import Server  # an HTTP server, which no other command needs

    with Server(port, numbers, max_size) as server:
        typer.echo(f'{server.url} (Ctrl-C ends)')
        if browser:
            # some browsers return only when they are closed
            threading.Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo('')
