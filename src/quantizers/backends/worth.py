"""When a call is compiled: after as much work has been done without as compiling costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

# Compiling takes up to a second, in which calls without it do so many elements; each call counts as some.
_WORTH, _A_CALL = 1 << 22, 1 << 14


class WorthWhile:
    """Says of calls whether they are to be compiled, by the work of those before them."""

    def __init__(self) -> None:
        self._done: Counter[Hashable] = Counter()

    def __call__(self, kind: Hashable, size: int) -> bool:
        """Whether a call of a kind, on so many elements, is to be compiled; if not, it is work done."""
        if self._done[kind] >= _WORTH:
            return True
        self._done[kind] += _A_CALL + size
        return False
