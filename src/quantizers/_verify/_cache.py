"""The folder of compiled programs. They are run, so nobody else may be able to put one there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from platformdirs import user_cache_path

from ._toolchain import VerificationError


def cache_folder() -> Path:
    """The user's own folder for compiled programs, made if missing.

    Raises VerificationError where it belongs to somebody else, or others may write or read there.
    """
    path = user_cache_path('quantizers', appauthor=False) / 'verify'
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise VerificationError(f'no folder for compiled programs: {path}: {error.strerror}') from None
    closed = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    if not closed or found.st_uid != os.geteuid():
        raise VerificationError(
            f'programs in this folder are run, so it must be your own, with mode 0700; remove it or mend it: {path}'
        )
    return path
