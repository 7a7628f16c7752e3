"""The folder of compiled programs. They are run, so nobody else may be able to put one there."""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

from ._toolchain import VerificationError

DAY = 86_400  # seconds; no compilation may take longer


def cache_folder() -> Path:
    """The user's own folder for compiled programs, made if missing; what a killed compiler left there is removed.

    Raises VerificationError where it belongs to somebody else, or others may write or read there, or may put another
    folder in its place.
    """
    path = user_cache_path('quantizers', appauthor=False) / 'verify'
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = path.parent.resolve() / path.name
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        replaceable = [folder for folder in path.parents if _open_to_all(folder)]
    except OSError as error:
        raise VerificationError(f'no folder for compiled programs: {path}: {error.strerror}') from None
    closed = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    if not closed or found.st_uid != os.geteuid():
        raise VerificationError(
            f'programs in this folder are run, so it must be your own, with mode 0700; remove it or mend it: {path}'
        )
    if replaceable:
        raise VerificationError(
            f'programs in {path} are run, so nobody else may replace it; chmod o-w: {replaceable[0]}'
        )
    for unfinished in path.glob('*.tmp'):
        with suppress(OSError):  # another process may have removed it
            if time.time() - unfinished.stat().st_mtime > DAY:
                unfinished.unlink()
    return path


def _open_to_all(folder: Path) -> bool:
    """Whether everybody may rename what is inside; the sticky bit of /tmp leaves that to the owners."""
    mode = folder.stat().st_mode
    return bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX
