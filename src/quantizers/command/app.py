"""The command as a whole; imported by `cli.main` alone."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import typer

from .console import app
from .signals import ended_by_signals

if find_spec('rich') is None:  # which is imported with the first table
    raise ModuleNotFoundError("No module named 'rich'", name='rich')

_CLOSED_PIPE = 128 + 13  # SIGPIPE's number, which Windows' signals lack

# that of commands is not read before one is asked for
program = functools.cache(functools.partial(typer.main.get_command, app))


def run(arguments: Sequence[str] | None) -> int:
    """Run the command and return its exit code: see `cli.main`."""
    code: Any = 0
    try:
        with ended_by_signals():
            program()(args=None if arguments is None else list(arguments), prog_name='quantizers')
    except SystemExit as error:
        # typer makes 1 of a closed pipe, which would mean that something differs
        code = _CLOSED_PIPE if isinstance(error.__context__, BrokenPipeError) else error.code
    except Exception:  # noqa: BLE001  (a defect, too, must not end with the 1 that Python gives it)
        traceback.print_exc()
        code = 2
    return int(code or 0)
