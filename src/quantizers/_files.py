"""Files that are either the old ones or the new ones, and never half of one."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_files(*paths: Path) -> Iterator[list[BinaryIO]]:
    """Files to write and to read again, beside their targets; at the end, each is renamed onto its target.

    A link is followed; a file that is replaced keeps its permissions. Raises OSError with the target's name, and then,
    as after any other exception inside, no target has changed, unless a rename itself failed: then each target is
    whole, the old one or the new one.
    """
    beside = {path: Path(os.path.realpath(path)).with_name(f'.{secrets.token_hex(8)}.tmp') for path in paths}
    try:
        with ExitStack() as stack:
            streams: list[BinaryIO] = []
            for path, temporary in beside.items():
                with naming(path, temporary):
                    streams.append(temporary.open('x+b'))
                stack.callback(_close, streams[-1])
            yield streams
            for path, stream in zip(beside, streams, strict=True):
                with naming(path):
                    stream.flush()
                    os.fsync(stream.fileno())
        for path, temporary in beside.items():
            if path.is_file():
                with naming(path, temporary):
                    shutil.copymode(path, temporary)
        for path, temporary in beside.items():
            with naming(path, temporary):
                temporary.replace(os.path.realpath(path))
    finally:
        for temporary in beside.values():
            temporary.unlink(missing_ok=True)


def write_whole(files: Mapping[Path, bytes]) -> None:
    """Write all files, as `whole_files` does."""
    with whole_files(*files) as streams:
        for (path, content), stream in zip(files.items(), streams, strict=True):
            with naming(path):
                stream.write(content)


def _close(stream: BinaryIO) -> None:
    # what is to stay was flushed; what is not, on a disk that is full, cannot be
    with suppress(OSError):
        stream.close()


@contextmanager
def folder(path: Path) -> Iterator[None]:
    """The folder, made if it is missing, with its parents; what was made is removed again after an exception inside."""
    made = [parent for parent in (path, *path.parents) if not parent.exists()]
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for parent in made:
                parent.rmdir()
        raise


@contextmanager
def naming(path: Path, temporary: Path | None = None) -> Iterator[None]:
    """Let an OSError of the operating system that names no file, or `temporary`, name `path`."""
    try:
        yield
    except OSError as error:
        if error.errno is None or (error.filename is not None and str(error.filename) != str(temporary)):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from None
