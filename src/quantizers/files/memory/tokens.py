"""The tokens of a text, and the numbers in them, a block of the text at a time."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]

# digits that always fit 64 bits
_DIGITS = {2: 64, 8: 21, 10: 19, 16: 16}
PADDING = max(_DIGITS.values())
_BLOCK = 1 << 18  # characters


def find_tokens(text: NDArray[np.uint8], punctuation: bytes) -> tuple[Positions, Positions]:
    """Where each token begins and ends: one character of punctuation, or a run of others without white space."""
    kinds = _kinds(punctuation)
    starts, ends = [], []
    before = np.zeros(1, np.uint8)
    for at in range(0, text.size, _BLOCK):
        kind = np.concatenate([before, np.take(kinds, text[at : at + _BLOCK])])
        before = kind[-1:]
        starts.append(np.flatnonzero(kind[1:] > (kind[:-1] == 1)) + at)
        ends.append(np.flatnonzero(kind[:-1] > (kind[1:] == 1)) + at)
    if before[0]:
        ends.append(np.array([text.size]))
    none = np.zeros(0, np.int64)
    return np.concatenate([none, *starts]), np.concatenate([none, *ends])


def read_numbers(
    text: NDArray[np.uint8], starts: Positions, ends: Positions, radix: int
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """The numbers from `starts` to `ends`, and which of them are numbers of so few digits that 64 bits hold any such.

    Behind the text are `PADDING` characters more.
    """
    numbers, good = np.zeros(starts.size, np.uint64), np.zeros(starts.size, np.bool_)
    length = ends - starts
    longest = max(1, min(int(length.max(initial=0)), _DIGITS[radix]))
    powers = np.array([radix**place for place in range(longest)], np.uint64)
    windows, rows = np.lib.stride_tricks.sliding_window_view(text, longest), _BLOCK // 4 // longest
    for at in range(0, starts.size, rows):
        block = slice(at, at + rows)
        digits = np.take(_values(), windows[starts[block]])
        shorter = longest - np.clip(length[block], 1, longest)
        if shorter.any():
            digits[np.arange(longest) >= length[block, None]] = 0
        good[block] = (length[block] > 0) & (length[block] <= longest)
        if digits.max() >= radix:
            good[block] &= digits.max(axis=1) < radix
        # the digits begin at the highest place; what stands behind shorter ones was read as zeros
        numbers[block] = digits @ powers[::-1] // powers[shorter]
    return numbers, good


@cache
def _kinds(punctuation: bytes) -> NDArray[np.uint8]:
    """Of each character: 0 for white space, 1 for what tokens are made of, 2 for a token of its own."""
    kinds = np.ones(256, np.uint8)
    kinds[np.frombuffer(punctuation, np.uint8)] = 2
    kinds[[*b' \t\n\v\f\r']] = 0
    return kinds


@cache
def _values() -> NDArray[Any]:
    """The digit that each character is, or 255."""
    values = np.full(256, 255, np.uint8)
    for digit in '0123456789abcdefABCDEF':
        values[ord(digit)] = int(digit, 16)
    return values
