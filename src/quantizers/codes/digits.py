"""Unsigned integers to text in base 16 or 2, and back."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .._checks.shown import shown
from .exact import elementwise

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_DIGITS = {16: ('hexadecimal', re.compile(r'(0[xX])?[0-9a-fA-F]+')), 2: ('binary', re.compile(r'(0[bB])?[01]+'))}
_DIGIT_BITS = {16: 4, 2: 1}
# characters that are looked up at a time
_BLOCK = 1 << 17
# of a character that is no digit: the NUL that fills up an item, the letter of a prefix, any other
_END, _PREFIX, _WRONG = 32, 64, 128


def write_digits(numbers: NDArray[Any], bits: int, base: int) -> NDArray[np.str_]:
    """Numbers of `bits` bits as text, all of the same length, without a prefix."""
    length = -(-bits // _DIGIT_BITS[base])
    if numbers.dtype == object:
        form = f'0{length}{"b" if base == 2 else "x"}'
        return elementwise(lambda number: format(number, form), numbers, np.dtype(f'U{length}'))
    text = np.empty(numbers.shape, f'U{length}')
    characters = text.reshape(-1).view(np.uint32).reshape(-1, length)
    source, bytes_each = numbers.reshape(-1), numbers.dtype.itemsize
    rows = _BLOCK // (bytes_each * _DIGIT_BITS[base])
    for start in range(0, source.size, rows):
        block = source[start : start + rows]
        big_endian = block.astype(block.dtype.newbyteorder('>')).view(np.uint8)
        written = np.take(_bytes_as_text(base), big_endian, axis=0).reshape(block.size, -1)
        characters[start : start + rows] = written[:, -length:]
    return text


def read_digits(text: ArrayLike, base: int) -> NDArray[Any]:
    """The numbers written in texts, with or without a prefix 0x or 0b: uint64, or Python ints where one is larger.

    Raises ValueError for any other text.
    """
    array = np.asarray(text)
    # 64 bits and a prefix, in characters of 4 bytes
    if array.dtype.kind == 'U' and 0 < array.dtype.itemsize // 4 <= 64 // _DIGIT_BITS[base] + 2:
        numbers = _read_short(array, base)
        if numbers is not None:
            return numbers
    name, pattern = _DIGITS[base]

    def number(item: object) -> int:
        if not (isinstance(item, str) and pattern.fullmatch(item)):
            raise ValueError(f"'text' must be of {name} digits: {shown(item)}")
        return int(item, base)

    return elementwise(number, array, np.dtype(object))


def _read_short(array: NDArray[np.str_], base: int) -> NDArray[np.uint64] | None:
    """The numbers, or None where a text is none, or has too many digits for 64 bits."""
    flat = np.ascontiguousarray(array, array.dtype.newbyteorder('=')).reshape(-1)
    length = flat.itemsize // 4
    characters = flat.view(np.uint32).reshape(-1, length)
    numbers = np.zeros(array.shape, np.uint64)
    rows, shift = max(1, _BLOCK // length), _DIGIT_BITS[base]
    for start in range(0, flat.size, rows):
        digits = np.take(_digit_values(base), characters[start : start + rows], mode='clip').T.copy()
        if length > 2:
            digits[1, (digits[0] == 0) & (digits[1] == _PREFIX) & (digits[2] < base)] = 0
        ended = digits == _END
        if digits.max() > _END or ended[0].any() or (ended[:-1] > ended[1:]).any():
            return None
        digits[ended] = 0
        number = numbers.reshape(-1)[start : start + rows]
        for place, digit in enumerate(digits):
            if place * shift >= 64 and number.max() >> (64 - shift):
                return None
            number <<= shift
            number |= digit
        number >>= ended.sum(axis=0, dtype=np.uint64) * shift
    return numbers


@cache
def _bytes_as_text(base: int) -> NDArray[np.uint32]:
    """The characters of each byte."""
    form = '08b' if base == 2 else '02x'
    return np.array([format(byte, form) for byte in range(256)]).view(np.uint32).reshape(256, -1)


@cache
def _digit_values(base: int) -> NDArray[np.uint8]:
    """The digit that each ASCII character is, or what else it is; the last stands for all beyond."""
    values = np.full(128, _WRONG, np.uint8)
    values[0] = _END
    values[[ord(character) for character in ('xX' if base == 16 else 'bB')]] = _PREFIX
    for character in '0123456789abcdefABCDEF' if base == 16 else '01':
        values[ord(character)] = int(character, 16)
    return values
