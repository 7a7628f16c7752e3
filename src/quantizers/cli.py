"""The entry point of the command `quantizers`; the commands are in `command`, which needs the extra `cli`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ['main']


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command on `arguments` (of the shell, if None) and return the exit code.

    0: done, and for `diff`, `verify`, `prove` and `config diff` nothing differs; 1: something differs; 2: wrong usage,
    or an error; 128 + n: ended by signal n, of which 13 is a reader that closed the pipe.
    """
    try:
        from .command.app import run
    except ModuleNotFoundError as error:
        package = str(error.name).partition('.')[0]
        if package not in ('typer', 'rich'):
            raise
        sys.stderr.write(f"quantizers: the command needs {package}: pip install 'quantizers[cli]'\n")
        return 2
    return run(arguments)
