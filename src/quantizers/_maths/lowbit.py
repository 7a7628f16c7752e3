"""One-bit values. Ternary is a fixed-point format: `k = 1, i = 1, f = 0`, RND_CONV, SAT_SYM."""

from __future__ import annotations

from .namespace import Namespace, Number


def binary(xp: Namespace, x: Number) -> Number:
    """1 for `x > 0`, -1 for the rest, NaN for NaN."""
    positive = xp.ceil(xp.clip(x, 0, 1))
    return positive + positive - 1
