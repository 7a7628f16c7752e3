"""The signals that ask the command to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = [getattr(signal, name) for name in ('SIGTERM', 'SIGHUP') if hasattr(signal, name)]  # Windows has no SIGHUP


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end what is inside as Ctrl-C does, by an exception: SystemExit with 128 + n of signal n.

    A signal that is ignored, as SIGHUP is under nohup, or that has a handler already, stays so.
    """

    def end(number: int, _: FrameType | None) -> None:
        for each in taken:
            signal.signal(each, signal.SIG_IGN)  # a second one must not interrupt what the first one has removed
        raise SystemExit(128 + number)

    # Python handles signals in its main thread alone
    handled = _ENDING if threading.current_thread() is threading.main_thread() else []
    taken = [number for number in handled if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
