"""How long calls take; it imports nothing of this library, so that 1.2.2 can be in its place."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

Call = Callable[..., Any]


def seconds(call: Call, repeat: int = 1) -> float:
    """How long one of `repeat` calls takes."""
    start = perf_counter()
    for _ in range(repeat):
        call()
    return (perf_counter() - start) / repeat
