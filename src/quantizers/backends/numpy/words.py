"""Integers of several words in NumPy: the numbers of `_maths.integer_codes` for arrays.

A shift by more bits than a word has gives 0 in NumPy, and a count of bits that is negative is, as an unsigned number,
more.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .xp import Array, where

WORD = np.dtype(np.uint64)
BITS = 64
_ALL = np.array(2**BITS - 1, WORD)
_ONE = np.array(1, WORD)


class Words:
    """Integers, of which the lowest bits are kept: arrays of words that broadcast, the lowest first."""

    def __init__(self, *words: Array) -> None:
        self.words = words

    def _each(self, operation: Callable[[Any, Any], Any], other: Words) -> Words:
        return Words(*map(operation, self.words, other.words))

    def __and__(self, other: Words) -> Words:
        return self._each(operator.and_, other)

    def __or__(self, other: Words) -> Words:
        return self._each(operator.or_, other)

    def __xor__(self, other: Words) -> Words:
        return self._each(operator.xor, other)

    def __invert__(self) -> Words:
        return Words(*(~word for word in self.words))

    def __ne__(self, other: object) -> Any:
        """Whether any bit is set; the only number to compare with is 0."""
        assert other == 0, other
        any_bit = self.words[0]
        for word in self.words[1:]:
            any_bit = any_bit | word
        return any_bit != 0

    __hash__ = None  # type: ignore[assignment]

    def __gt__(self, other: Words) -> Any:
        greater: Array | bool = False
        for word, bound in zip(self.words, other.words, strict=True):
            greater = (word > bound) | ((word == bound) & greater)
        return greater


class Arithmetic:
    """The namespace `xp` of `_maths.integer_codes` for integers of so many words."""

    def __init__(self, count: int) -> None:
        self.count = count

    def ones(self, n: int | Array) -> Words:
        counts = (np.maximum(np.subtract(n, BITS * j), 0).astype(WORD) for j in range(self.count))
        return Words(*(~np.left_shift(_ALL, count) for count in counts))

    def bit(self, n: int | Array) -> Words:
        return self.ones(np.add(n, 1)) ^ self.ones(n)

    def where(self, condition: Array, yes: Words, no: Words) -> Words:
        return Words(*(where(condition, y, n) for y, n in zip(yes.words, no.words, strict=True)))

    def plus(self, number: Words, flag: Array) -> Words:
        # only a number that was shifted down is rounded up: it has room in its lowest word
        return Words(number.words[0] + flag.astype(WORD), *number.words[1:])

    def negated(self, number: Words, where: Array) -> Words:
        carry, flip = where.astype(WORD), where.astype(np.int64)
        np.negative(flip, out=flip)
        words = []
        for word in number.words:
            words.append((word ^ flip.view(WORD)) + carry)
            carry = carry & (words[-1] == 0)
        return Words(*words)

    def shifted(self, magnitude: Array, shift: Array) -> tuple[Words, Array, Array]:
        """`magnitude * 2^shift`: its whole part, the bit below, and whether anything is below that.

        What is too large for the words is some number that is as well, of which all bits but those of the last word
        are right.
        """
        top = BITS * (self.count - 1)
        far = shift > top
        if far.any():
            magnitude, shift = where(far, (magnitude != 0) * WORD.type(4), magnitude), np.minimum(shift, top)
        words = []
        for j in range(self.count):
            up = shift - BITS * j
            words.append((magnitude << up.view(WORD)) | (magnitude >> np.negative(up).view(WORD)))
        fraction = shift < 0
        if not fraction.any():
            return Words(*words), fraction, fraction
        below = (-1 - shift).view(WORD)
        rest = magnitude >> below
        half = (rest & _ONE).astype(bool)
        return Words(*words), half & fraction, ((rest << below) != magnitude) & fraction


def from_integers(numbers: Array, signed: bool) -> Words:
    """Python's integers of at most 128 bits as two words, and one of the sign."""
    low = (numbers & (2**BITS - 1)).astype(WORD)
    high = (numbers >> BITS).astype(np.int64 if signed else WORD)
    sign = high >> (BITS - 1) if signed else np.zeros_like(high)
    return Words(low, high.view(WORD), sign.view(WORD))


def bit_length(words: Array) -> Array:
    """How many bits each word has."""
    # without the second of two bits that are set in a row, no word is rounded to a power of two above it
    length: Array = np.frexp((words & ~(words >> _ONE)).astype(np.float64))[1]
    return length


def towards_zero(words: Array) -> Array:
    """Each word as a float64, rounded towards zero."""
    # none may be rounded up to 2^64, which is no word
    words = np.minimum(words, WORD.type(2**BITS - 2**11))
    value = words.astype(np.float64)
    bits = value.view(np.int64)
    bits -= value.astype(WORD) > words
    return value


def truncated(magnitude: Words) -> Array:
    """Each number as a float64, rounded towards zero."""
    length: int | Array = 0
    for j, word in enumerate(magnitude.words):
        length = np.maximum(length, np.where(word != 0, bit_length(word) + BITS * j, 0))
    if np.max(length, initial=0) > 53:
        magnitude = magnitude & ~Arithmetic(len(magnitude.words)).ones(np.maximum(length - 53, 0))
    parts = [np.ldexp(word.astype(np.float64), BITS * j) for j, word in enumerate(magnitude.words)]
    total: Array = np.sum(parts, axis=0)
    return total
