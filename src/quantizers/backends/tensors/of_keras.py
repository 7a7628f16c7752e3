"""What Keras says of the tensors of all libraries, where it is imported: the dtype of integers, and its generators."""

from __future__ import annotations

import sys
from typing import Any

MASK = (1 << 32) - 1


def floatx(default: str) -> str:
    """The dtype in which integers are computed: Keras' `floatx`, or `default` where Keras is not imported."""
    config = getattr(sys.modules.get('keras'), 'config', None)
    return default if config is None else config.floatx()


def seed_numbers(seed: Any) -> Any:
    """Two numbers of 32 bits, in whatever has numbers: of an int, or the next ones of a `keras.random.SeedGenerator`.

    None for anything else.
    """
    if isinstance(seed, int):
        return seed & MASK, 0
    return seed.next() if type(seed).__module__.partition('.')[0] == 'keras' else None
