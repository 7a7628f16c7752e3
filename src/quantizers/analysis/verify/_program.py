"""A compiled program in the cache."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..._checks.errors import VerificationError
from ._processes import Processes


@dataclass(frozen=True)
class Program:
    """A file to be run, and what tells it from any other that may be at its path later."""

    path: Path
    identity: tuple[int, ...]

    @classmethod
    def found(cls, path: Path) -> Program:
        """The one at the path.

        Raises OSError where there is none; VerificationError where it is something else than a file of the user's own.
        """
        with _opened(path) as descriptor:
            return cls(path, _identity(descriptor))

    def kept_as(self, path: Path) -> Program:
        """The same one at another path; but one that is there already stays, as some process may be about to run it."""
        try:
            os.link(self.path, path)
        except FileExistsError:
            return Program.found(path)
        except OSError:  # a file system without links
            self.path.replace(path)
        return replace(self, path=path)

    def run(
        self, processes: Processes, argument: str, data: bytes, timeout: float
    ) -> subprocess.CompletedProcess[bytes]:
        """What the program makes of `data`.

        It is run through the file that was opened, where the system can (Linux), and else by its path. Raises what
        `Processes.run` does, and VerificationError where another file is at the path.
        """
        with _opened(self.path) as descriptor:
            if _identity(descriptor) != self.identity:
                raise VerificationError(f'this is another program than the one that was compiled: {self.path}')
            file = Path(f'/proc/self/fd/{descriptor}')
            command = str(file if file.exists() else self.path), argument
            return processes.run(command, data, timeout=timeout, pass_fds=(descriptor,))

    def remove(self) -> None:
        """Remove it, so that it is made again next time."""
        self.path.unlink(missing_ok=True)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    # a pipe, which nobody may ever write into, does not wait
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _unfit(path, f' ({error.strerror})') from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise _unfit(path)
        yield descriptor
    finally:
        os.close(descriptor)


def _unfit(path: Path, why: str = '') -> VerificationError:
    return VerificationError(f'this is run, so it must be a program of your own, and no link; remove it: {path}{why}')


def _identity(descriptor: int) -> tuple[int, ...]:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
