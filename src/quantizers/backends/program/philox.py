"""Random numbers by counters: a number is a function of a seed and of the number of its element, and of nothing else.

Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011), of which the
first two words are used. The counter is the element's number, the key the seed, each of 64 bits, low word first.
"""

from __future__ import annotations

from typing import Any

# of 64 bits, with or without a sign: a number of NumPy's, an array or a tensor of them, or a value of a loop
Word = Any

_ROUNDS = 10
_LOW = 0xFFFFFFFF
_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_WEYL = 0x9E3779B9, 0xBB67AE85


def words(seed: Word, element: Word) -> tuple[Word, Word]:
    """Two words of 32 bits each."""
    c0, c1, c2, c3 = element & _LOW, _high(element), element ^ element, element ^ element
    k0, k1 = seed & _LOW, _high(seed)
    for _ in range(_ROUNDS):
        first, second = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = _high(second) ^ c1 ^ k0, second & _LOW, _high(first) ^ c3 ^ k1, first & _LOW
        k0, k1 = (k0 + _WEYL[0]) & _LOW, (k1 + _WEYL[1]) & _LOW
    return c0, c1


def fraction(seed: Word, element: Word, bits: int) -> Word:
    """A number of so many bits, at most 53: over `2^bits` it is drawn evenly from `[0, 1)`."""
    high, low = words(seed, element)
    return (high << (bits - 32)) | (low >> (64 - bits)) if bits > 32 else high >> (32 - bits)


def _high(word: Word) -> Word:
    return (word >> 32) & _LOW  # of a word with a sign the shift has it in all bits above
