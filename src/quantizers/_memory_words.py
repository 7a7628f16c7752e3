"""The words of one memory file by address, and what the readers of all formats share."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DIGITS = {2: '01', 8: '0-7', 10: '0-9', 16: '0-9a-fA-F'}
Token = tuple[int, str]  # its line


class Words:
    """The words of a file that has `bits` bits a word; each error names the file and the line."""

    def __init__(self, name: str, bits: int) -> None:
        self._name, self.bits, self._words = name, bits, dict[int, int]()
        self.depth = 0  # where the file says it

    def error(self, line: int, what: str) -> ValueError:
        return ValueError(f'{self._name}:{line}: {what}')

    def number(self, line: int, text: str, radix: int) -> int:
        if not re.fullmatch(f'[{_DIGITS[radix]}]+', text):
            raise self.error(line, f'not a number in base {radix}: {shown(text)}')
        if len(text) > 4096:
            raise self.error(line, f'a number of {len(text)} digits')
        return int(text, radix)

    def put(self, line: int, address: int, word: int) -> None:
        if not 0 <= word < 1 << self.bits:
            raise self.error(line, f'a word of more than {self.bits} bits: {shown(hex(word))}')
        if address in self._words:
            raise self.error(line, f'the address {integer(address)} is given twice')
        self._words[address] = word

    def in_order(self) -> list[int]:
        if self.depth and len(self._words) < self.depth:
            missing = next(address for address in range(self.depth) if address not in self._words)
            raise ValueError(f'{self._name}: no word at the address {missing}, below DEPTH, {self.depth}')
        for expected, address in enumerate(sorted(self._words)):
            if address != expected:
                raise ValueError(f'{self._name}: no word at the address {expected}, and one at {integer(address)}')
        if not self._words:
            raise ValueError(f'{self._name}: no words')
        return [self._words[address] for address in range(len(self._words))]


def tokens(text: str) -> Iterator[Token]:
    for number, line in enumerate(text.split('\n'), 1):
        yield from ((number, token) for token in line.split())


def without_comments(text: str, words: Words) -> str:
    def blank(found: re.Match[str]) -> str:
        if found[1] is not None:
            raise words.error(text.count('\n', 0, found.start()) + 1, 'a comment that does not end')
        return '\n' * found[0].count('\n') or ' '

    return re.sub(r'//[^\n]*|/\*.*?(?:\*/|(\Z))', blank, text, flags=re.DOTALL)


def shown(text: str) -> str:
    text = text.strip()
    return repr(text if len(text) <= 40 else f'{text[:40]}...')


def integer(number: int) -> str:
    return str(number) if number < 1 << 64 else shown(hex(number))
