"""Random numbers by counters: a number is a function of a seed and of the number of its element, and of nothing else.

Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011), of which the
first two words are used. The counter is the element's number, the key the seed, each of 64 bits, low word first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Word = Any  # of 64 bits without a sign: a number of NumPy's, an array of them, or a value of a loop

_ROUNDS = 10
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)


def words(seed: Word, element: Word) -> tuple[Word, Word]:
    """Two words of 32 bits each."""
    c0, c1, c2, c3 = element & _LOW, element >> _HALF, element ^ element, element ^ element
    k0, k1 = seed & _LOW, seed >> _HALF
    for _ in range(_ROUNDS):
        first, second = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (second >> _HALF) ^ c1 ^ k0, second & _LOW, (first >> _HALF) ^ c3 ^ k1, first & _LOW
        k0, k1 = (k0 + _WEYL[0]) & _LOW, (k1 + _WEYL[1]) & _LOW
    return c0, c1
