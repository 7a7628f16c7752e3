"""Compiled code in the user's cache folder, where the next process finds it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

from ...files.own_folder import DAY, UNFINISHED, own_folder

_CHECKSUM = sha256().digest_size
_AGE = 90 * DAY  # after which it is compiled anew, so that what no version asks for any more does not stay


def kept(name: str, compiled: Callable[[], bytes]) -> bytes:
    """What is kept under a name, else what `compiled` returns, which is kept from now on.

    A file begins with the checksum of what follows: one that was cut short is compiled anew. Where the folder is not
    the user's own, or is read-only or full, nothing is kept: it is a matter of time alone.
    """
    folder = _folder()
    if folder is None:
        return compiled()
    path = folder / name
    with suppress(OSError):
        content = path.read_bytes()
        checksum, code = content[:_CHECKSUM], content[_CHECKSUM:]
        if sha256(code).digest() == checksum:
            return code
    code = compiled()
    with suppress(OSError), NamedTemporaryFile(dir=folder, suffix=UNFINISHED, delete=False) as file:
        try:
            file.write(sha256(code).digest() + code)
            file.flush()
            Path(file.name).replace(path)
        except OSError:
            Path(file.name).unlink()
    return code


@cache
def _folder() -> Path | None:
    if not hasattr(os, 'geteuid'):  # the owners of folders are those of POSIX
        return None
    try:
        folder = own_folder('loops')
        for path in folder.iterdir():
            with suppress(OSError):  # another process may have removed it
                if time.time() - path.stat().st_mtime > _AGE:
                    path.unlink()
    except OSError:
        return None
    return folder
