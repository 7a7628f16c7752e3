"""Temporary files of ours: their name, the lock of whoever writes one, and what a killed run left."""

from __future__ import annotations

import os
import stat
import warnings
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows has none: there nothing is known of what was left
    fcntl = None  # type: ignore[assignment]

TEMPORARY = '.quantizers-{}.tmp'


def hold(stream: BinaryIO) -> None:
    """Mark a temporary file as being written, until it is closed or the process ends, however it ends."""
    if fcntl is not None:
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def warn_of_leftovers(folder: Path) -> None:
    """Warn of each temporary file in the folder that nobody is writing; an empty one may have just been made."""
    with suppress(OSError):
        for path in sorted(folder.glob(TEMPORARY.format('*'))):
            size = _left(path)
            if size:
                warnings.warn(
                    f'{path}: {size:,} bytes that a killed run left behind; nothing needs them: remove the file',
                    stacklevel=2,
                )


def _left(path: Path) -> int:
    """The size of a file that nobody holds, else 0."""
    if fcntl is None:
        return 0
    with suppress(OSError):
        # a name like ours may be given to anything, a pipe too, which would not open
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            if status.st_size and stat.S_ISREG(status.st_mode):
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return status.st_size
        finally:
            os.close(descriptor)
    return 0
