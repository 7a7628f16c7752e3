"""The text of one memory file, its tokens and their numbers: what the readers of all formats share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .meant import DIGITS, meant
from .tokens import PADDING, Positions, find_tokens, read_numbers

MAX_DIGITS = 4096


class MemoryText:
    """The text of a file that has `bits` bits a word; each error names the file and the line."""

    def __init__(self, text: str, bits: int, name: str) -> None:
        self.bits, self.name = bits, name
        text = text.removeprefix('\ufeff').replace('\r\n', '\n').replace('\r', '\n')
        self.data = text.encode('utf-8', 'surrogatepass')

    def error(self, position: int, what: str) -> ValueError:
        """What is wrong at a position, with the file and the line."""
        return ValueError(f'{self.name}:{self.data.count(10, 0, position) + 1}: {what}')

    def shown(self, start: int, end: int) -> str:
        """The text there, cut to what an error shows."""
        # in UTF-8 a character has four bytes at most
        return shown(self.data[start : min(end, start + 200)].decode('utf-8', 'replace'))

    def remove_comments(self, line: bytes, begin: bytes, end: bytes) -> None:
        """Remove what stands from `line` to the end of the line, and from `begin` to `end`; lines stay lines."""

        def blank(found: re.Match[bytes]) -> bytes:
            if found[1] is not None:
                raise self.error(found.start(), 'a comment that does not end')
            return b'\n' * found[0].count(b'\n') or b' '

        pattern = re.escape(line) + rb'[^\n]*'
        if begin not in self.data:
            self.data = re.sub(pattern, b'', self.data) if line in self.data else self.data
        else:
            pattern += b'|' + re.escape(begin) + b'.*?(?:' + re.escape(end) + rb'|(\Z))'
            self.data = re.sub(pattern, blank, self.data, flags=re.DOTALL)

    def statements(self, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
        """Where each statement begins and ends, without white space around it and the semicolon after it."""
        end = len(self.data) if end is None else end
        for found in re.compile(b';').finditer(self.data, start, end):
            yield self.stripped(start, found.start())
            start = found.end()
        start, end = self.stripped(start, end)
        if start < end:
            raise self.error(start, f'no semicolon: {self.shown(start, end)}')

    def stripped(self, start: int, end: int) -> tuple[int, int]:
        """The same place without white space around it."""
        text = self.data[start:end]
        start = end - len(text.lstrip())
        return start, start + len(text.strip())

    def tokens(self, punctuation: bytes, start: int = 0, end: int | None = None) -> Tokens:
        """The tokens from `start` to `end`; each character of `punctuation` is one."""
        text = np.frombuffer(self.data + bytes(PADDING), np.uint8)
        starts, ends = find_tokens(text[start : len(self.data) if end is None else end], punctuation)
        return Tokens(self, text, starts + start, ends + start)

    def number(self, start: int, end: int, radix: int, bits: int, *, unknown: bytes = b'') -> int:
        """The number written there; `unknown` are the letters of bits that have no value."""
        token = self.data[start:end]
        if not DIGITS[radix].fullmatch(token):
            is_unknown = any(letter in token for letter in unknown)
            what = 'bits that are x or z have no value' if is_unknown else f'not a number in base {radix}'
            way_out = meant(token, radix, bits if bits == self.bits else None)
            raise self.error(start, f'{what}: {self.shown(start, end)}{way_out}')
        if len(token) > MAX_DIGITS:
            raise self.error(start, f'a number of {len(token)} digits')
        number = int(token, radix)
        if number >> bits:
            raise self.error(start, f'a word of more than {bits} bits: {shown(hex(number))}')
        return number


class Tokens:
    """Tokens of a text, in its order."""

    def __init__(self, file: MemoryText, text: NDArray[np.uint8], starts: Positions, ends: Positions) -> None:
        self.file, self.text, self.starts, self.ends = file, text, starts, ends

    def __len__(self) -> int:
        return self.starts.size

    def __getitem__(self, which: slice | NDArray[Any]) -> Tokens:
        return Tokens(self.file, self.text, self.starts[which], self.ends[which])

    def shifted(self, by: int | NDArray[Any]) -> Tokens:
        """The tokens without their first characters."""
        return Tokens(self.file, self.text, self.starts + by, self.ends)

    @cached_property
    def first(self) -> NDArray[np.uint8]:
        """The first character of each."""
        return self.text[self.starts]

    def begin_with(self, characters: bytes) -> NDArray[np.bool_]:
        """Which words begin with one of the characters."""
        which: NDArray[np.bool_] = np.logical_or.reduce([self.first == character for character in characters])
        return which

    def error(self, index: int | np.intp, what: str) -> ValueError:
        """An error that shows the token, in its line."""
        start, end = int(self.starts[index]), int(self.ends[index])
        return self.file.error(start, f'{what}: {self.file.shown(start, end)}')

    def numbers(self, radix: int, bits: int, *, unknown: bytes = b'') -> NDArray[Any]:
        """The numbers that the tokens are: uint64, or ints where one is larger.

        Raises ValueError for the first that is none, or that has more than `bits` bits.
        """
        numbers, good = read_numbers(self.text, self.starts, self.ends, radix)
        if bits < 64:
            good &= numbers < 1 << bits
        return self.read_rest(
            numbers, good, lambda start, end: self.file.number(start, end, radix, bits, unknown=unknown)
        )

    def signed(self, bits: int) -> NDArray[Any]:
        """The words that the tokens are in base 10, negative ones as two's complement. Raises as `numbers` does."""
        negative = self.begin_with(b'-')
        numbers = self.shifted(negative).numbers(10, bits)
        wrong = negative & (numbers > 1 << (bits - 1))
        if wrong.any():
            raise self.error(wrong.argmax(), f'a word of more than {bits} bits')
        if bits > 64:  # more than the integers of NumPy have
            numbers = numbers.astype(object)
        return np.where(negative, -numbers & ((1 << bits) - 1), numbers)

    def read_rest(
        self, numbers: NDArray[np.uint64], good: NDArray[np.bool_], read: Callable[[int, int], int]
    ) -> NDArray[Any]:
        """The numbers, of which those that are not `good` are read, or refused, one after the other."""
        rest = np.flatnonzero(~good)
        if not rest.size:
            return numbers
        places = zip(self.starts[rest].tolist(), self.ends[rest].tolist(), strict=True)
        others = [read(start, end) for start, end in places]
        result: NDArray[Any] = numbers.astype(object) if max(others) >> 64 else numbers
        result[rest] = others
        return result

    def in_order(self, addresses: NDArray[Any], words: NDArray[Any]) -> NDArray[Any]:
        """The words, which the tokens are, in the order of their addresses: each number from 0 on, once."""
        order = np.argsort(addresses, kind='stable')
        ordered = addresses[order]
        away = ordered != np.arange(ordered.size)
        if not away.any():
            return words[order]
        again = order[1:][ordered[1:] == ordered[:-1]]
        if again.size:
            first = again.min()
            raise self.file.error(
                int(self.starts[first]), f'the address {integer(int(addresses[first]))} is given twice'
            )
        gap = int(away.argmax())
        raise ValueError(f'{self.file.name}: no word at the address {gap}, and one at {integer(int(ordered[gap]))}')


def as_addresses(numbers: NDArray[Any]) -> NDArray[Any]:
    """The numbers as such that may be added to; those that are no place in a file are ints."""
    small = numbers.dtype != object and not (numbers >> 62).any()
    return numbers.astype(np.int64 if small else object)


def shown(text: str) -> str:
    """A word, cut to what an error shows."""
    text = text.strip()
    return repr(text if len(text) <= 40 else f'{text[:40]}...')


def integer(number: int) -> str:
    """A number, as an error shows it."""
    return str(number) if number < 1 << 64 else shown(hex(number))
