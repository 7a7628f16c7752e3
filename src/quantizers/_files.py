"""Files that are either the old ones or the new ones, and never half of one."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path


def write_whole(files: Mapping[Path, bytes]) -> None:
    """Write all files beside their targets; when every one is whole, rename each onto its target.

    A link is followed; a file that is replaced keeps its permissions. Raises OSError with the target's name, and then
    no target has changed, unless a rename itself failed: then each target is whole, the old one or the new one.
    """
    beside = {path: Path(os.path.realpath(path)).with_name(f'.{secrets.token_hex(8)}.tmp') for path in files}
    path = Path()
    try:
        for path, temporary in beside.items():
            with temporary.open('xb') as stream:
                stream.write(files[path])
                stream.flush()
                os.fsync(stream.fileno())
            if path.is_file():
                shutil.copymode(path, temporary)
        for path, temporary in beside.items():
            temporary.replace(os.path.realpath(path))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        for temporary in beside.values():
            temporary.unlink(missing_ok=True)
