"""Files that are either the old ones or the new ones, and never half of one."""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from .leftovers import TEMPORARY, hold, warn_of_leftovers

_MOST_LINKS = 40  # that Linux follows in one path
_OF_PROCESSES = re.compile(r'/proc/\d+(/task/\d+)?/fd')  # where Linux has what each has open


@contextmanager
def whole_files(*paths: Path) -> Iterator[list[BinaryIO]]:
    """Files to write and to read again, beside their targets; at the end, each is renamed onto its target.

    A link is followed; a file that is replaced keeps its permissions. What is no regular file (a device, a pipe, a
    terminal) and what is open already (`/dev/stdout`, `/dev/fd/3`) stays, and is written into, before any other target
    changes. Warns of files that an earlier run left beside a target when it was killed.

    Raises OSError with the target's name, for a folder too, and then, as after any other exception inside, no target
    has changed, unless writing into one or a rename itself failed: then each target that is a file is whole, the old
    one or the new one.
    """
    beside = {path: None if _is_written_into(path) else _temporary(path) for path in paths}
    for folder_ in {temporary.parent: None for temporary in beside.values() if temporary is not None}:
        warn_of_leftovers(folder_)
    try:
        with ExitStack() as stack:
            streams: list[BinaryIO] = []
            for path, temporary in beside.items():
                with naming(path, temporary):
                    streams.append(_opened(temporary))
                stack.callback(_close, streams[-1])
            yield streams
            for (path, temporary), stream in zip(beside.items(), streams, strict=True):
                with naming(path):
                    stream.flush()
                    if temporary is not None:
                        os.fsync(stream.fileno())
            for (path, temporary), stream in zip(beside.items(), streams, strict=True):
                if temporary is None:
                    _write_into(path, stream)
        renamed = {path: temporary for path, temporary in beside.items() if temporary is not None}
        for path, temporary in renamed.items():
            if path.is_file():
                with naming(path, temporary):
                    shutil.copymode(path, temporary)
        for path, temporary in renamed.items():
            with naming(path, temporary):
                temporary.replace(os.path.realpath(path))
    finally:
        for temporary in filter(None, beside.values()):
            with suppress(OSError):  # in a read-only folder, where there is none, and why is said already
                temporary.unlink()


def write_whole(files: Mapping[Path, bytes]) -> None:
    """Write all files, as `whole_files` does."""
    with whole_files(*files) as streams:
        for (path, content), stream in zip(files.items(), streams, strict=True):
            with naming(path):
                stream.write(content)


def refuse_inputs(output: Path, *inputs: Path, other: str) -> None:
    """Raise ValueError where `output` is one of the files `inputs`, by whatever name; `other` is to be chosen then."""
    for path in inputs:
        with suppress(OSError):  # of what is not there; reading or writing it says so
            if path.is_file() and output.samefile(path):
                raise ValueError(f'{output}: is the input, which would be overwritten; choose another {other}')


def _temporary(path: Path) -> Path:
    return Path(os.path.realpath(path)).with_name(TEMPORARY.format(secrets.token_hex(8)))


def _opened(temporary: Path | None) -> BinaryIO:
    if temporary is None:
        return TemporaryFile()
    stream = temporary.open('x+b')
    hold(stream)
    return stream


def _is_written_into(path: Path) -> bool:
    """Whether what is there stays and is written into; OSError for a folder, and for what cannot be seen."""
    if _open_already(path) is not None:
        return True
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    return not stat.S_ISREG(mode)


def _open_already(path: Path) -> Path | None:
    """/dev/fd/N, or that of another process, where the path is that, or a link to it; else None."""
    for _ in range(_MOST_LINKS):
        parent = Path(os.path.realpath(path.parent))
        if path.name.isdecimal() and (parent == _descriptors() or _OF_PROCESSES.fullmatch(str(parent))):
            return parent / path.name
        if not path.is_symlink():
            return None
        path = path.parent / path.readlink()
    return None


def _descriptors() -> Path:
    return Path(os.path.realpath('/dev/fd'))


def _write_into(path: Path, content: BinaryIO) -> None:
    for printed in (sys.stdout, sys.stderr):
        if printed is not None:  # what was printed before comes before, if it goes to the same place
            printed.flush()
    descriptor = _open_already(path)
    with naming(path):
        if descriptor is not None and descriptor.parent == _descriptors():
            opened = os.dup(int(descriptor.name))  # at its position
        else:
            # never made anew: what was there may have gone; a file of another process, at a position of its own, grows
            opened = os.open(path, os.O_WRONLY | (0 if descriptor is None else os.O_APPEND))
        with os.fdopen(opened, 'wb') as stream:
            content.seek(0)
            shutil.copyfileobj(content, stream)


def _close(stream: BinaryIO) -> None:
    # what is to stay was flushed; what is not, on a disk that is full, cannot be
    with suppress(OSError):
        stream.close()


@contextmanager
def folder(path: Path) -> Iterator[None]:
    """The folder, made if it is missing, with its parents; what was made is removed again after an exception inside."""
    made = [parent for parent in (path, *path.parents) if not parent.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for parent in made:
            with suppress(OSError):
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
