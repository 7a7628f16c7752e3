"""Processes that end together with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 5  # that what was killed takes at most to be gone


class Processes:
    """Runs programs, each in a session of its own: g++ is a driver, and its `cc1plus` would outlive it."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock, self._over = Lock(), False

    def run(
        self,
        command: Sequence[str],
        data: bytes = b'',
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        pass_fds: tuple[int, ...] = (),
    ) -> subprocess.CompletedProcess[bytes]:
        """What the program makes of `data` on its stdin.

        Raises OSError where it cannot be run, and TimeoutExpired where it does not end; after these, as after any other
        exception, nothing that it started runs any more. Raises CancelledError after `end`.
        """
        with self._started(command, env, pass_fds) as process:
            try:
                out, err = process.communicate(data, timeout)
            except BaseException:
                _kill(process)
                # its pipes close when the last one is gone, and writes nothing any more
                with suppress(subprocess.TimeoutExpired):
                    process.communicate(timeout=_SECONDS)
                raise
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    def end(self) -> None:
        """Kill what runs, in any thread, and let nothing begin any more."""
        with self._lock:
            self._over = True
            for process in self._running:
                _kill(process)

    @contextmanager
    def _started(
        self, command: Sequence[str], env: Mapping[str, str] | None, pass_fds: tuple[int, ...]
    ) -> Iterator[subprocess.Popen[bytes]]:
        with self._lock:  # so that `end` misses none
            if self._over:
                raise CancelledError
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=env,
                pass_fds=pass_fds,
                start_new_session=True,
            )
            self._running.add(process)
        try:
            with process:
                yield process
        finally:
            with self._lock:
                self._running.discard(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    # none of the session may be left; macOS forbids it where all are zombies
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
