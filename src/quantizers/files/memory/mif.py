"""Memory initialization files of Intel, read."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .tokens import Positions
from .words import MAX_DIGITS, MemoryText, Tokens, as_addresses, integer, shown

MAX_DEPTH = 1 << 22  # a file of a few bytes may say that it is any number of words
_RADICES = {'BIN': 2, 'OCT': 8, 'UNS': 10, 'DEC': 10, 'HEX': 16}


class _Statements(NamedTuple):
    """`ADDRESS : WORDS;` or `[ADDRESS .. ADDRESS] : WORDS;`, as places of their tokens."""

    tokens: Tokens
    begin: Positions
    colon: Positions
    semicolon: Positions

    def error(self, which: int, what: str) -> ValueError:
        return self.tokens.file.error(int(self.tokens.starts[self.begin[which]]), what)

    @property
    def words(self) -> Positions:
        """How many words each has."""
        return self.semicolon - self.colon - 1


def read_mif(file: MemoryText) -> NDArray[Any]:
    """The words of the addresses below DEPTH."""
    file.remove_comments(b'--', b'%', b'%')
    begin = re.search(rb'\bCONTENT\s+BEGIN\b', file.data, re.IGNORECASE)
    closed = file.data.rstrip()
    content = closed[:-1].rstrip()
    end = len(content) - len(b'END')
    if begin is None or closed[-1:] != b';' or content[end:].upper() != b'END' or end < begin.end():
        raise file.error(begin.end() if begin else len(file.data), 'no CONTENT BEGIN ... END; and nothing after it')
    said = _head(file, begin.start())
    depth = int(said['DEPTH'])
    address_radix, radix = (_RADICES[said.get(key, 'HEX')] for key in ('ADDRESS_RADIX', 'DATA_RADIX'))
    statements = _statements(file.tokens(b':;[].', begin.end(), end))
    first, count = _addresses(statements, address_radix, depth)
    return _placed(statements, first, count, _words(statements, radix, signed=said.get('DATA_RADIX') == 'DEC'), depth)


def _head(file: MemoryText, end: int) -> dict[str, str]:
    said: dict[str, str] = {}
    for start, stop in file.statements(0, end):
        text = file.data[start:stop].decode('utf-8', 'replace')
        key, _, value = (part.strip().upper() for part in text.partition('='))
        if key not in ('WIDTH', 'DEPTH', 'ADDRESS_RADIX', 'DATA_RADIX') or key in said:
            raise file.error(start, f'not WIDTH, DEPTH, ADDRESS_RADIX and DATA_RADIX, each once: {shown(text)}')
        said[key] = value
        if key.endswith('RADIX'):
            if value not in _RADICES:
                raise file.error(start, f'{key} must be one of {", ".join(_RADICES)}: {shown(value)}')
            continue
        found = value if len(value) <= 20 else shown(value)
        number = int(value) if re.fullmatch('[0-9]{1,4096}', value) else None
        if number is None:
            raise file.error(start, f'not a number in base 10: {shown(value)}')
        if key == 'WIDTH' and number != file.bits:
            raise file.error(start, f'WIDTH must be {file.bits}, that of the format: {found}')
        # a file of more words has more characters
        most = max(MAX_DEPTH, len(file.data))
        if key == 'DEPTH' and not 1 <= number <= most:
            raise file.error(start, f'DEPTH must be from 1 to {most}: {found}')
    if not {'WIDTH', 'DEPTH'} <= set(said):
        raise file.error(0, 'WIDTH and DEPTH must be said')
    return said


def _statements(tokens: Tokens) -> _Statements:
    semicolon, colon = (np.flatnonzero(tokens.begin_with(mark)) for mark in (b';', b':'))
    complete = int(semicolon[-1]) + 1 if semicolon.size else 0
    if complete < len(tokens):
        start, end = int(tokens.starts[complete]), int(tokens.ends[-1])
        raise tokens.file.error(start, f'no semicolon: {tokens.file.shown(start, end)}')
    begin = np.concatenate([[0], semicolon[:-1] + 1])[: semicolon.size]
    right = np.bincount(np.searchsorted(semicolon, colon), minlength=semicolon.size) == 1
    if right.all():
        right = (semicolon - colon > 1) & ((colon - begin == 1) | _is_range(tokens, begin, colon))
    if not right.all():
        wrong = int(right.argmin())
        start, end = int(tokens.starts[begin[wrong]]), int(tokens.starts[semicolon[wrong]])
        raise tokens.file.error(start, f'not ADDRESS : WORDS; {tokens.file.shown(start, end)}')
    return _Statements(tokens, begin, colon, semicolon)


def _is_range(tokens: Tokens, begin: Positions, colon: Positions) -> NDArray[np.bool_]:
    is_range: NDArray[np.bool_] = colon - begin == 6
    place = begin[is_range]
    of_form = tokens.starts[place + 3] - tokens.starts[place + 2] == 1
    for offset, mark in enumerate(b'[ .. ]'):
        if mark != ord(' '):
            of_form &= tokens.text[tokens.starts[place + offset]] == mark
    is_range[is_range] = of_form
    return is_range


def _addresses(statements: _Statements, radix: int, depth: int) -> tuple[Positions, Positions]:
    """The first address of each statement, and how many it has."""
    tokens, begin = statements.tokens, statements.begin
    is_range = statements.colon - begin > 1
    first = as_addresses(tokens[begin + is_range].numbers(radix, 4 * MAX_DIGITS))
    last = first + (statements.words - 1)
    if is_range.any():
        said = as_addresses(tokens[begin[is_range] + 4].numbers(radix, 4 * MAX_DIGITS))
        last = last.astype(np.result_type(last, said))
        last[is_range] = said
    wrong = (first > last) | (last >= depth)
    if wrong.any():
        which = int(wrong.argmax())
        ends = f'{integer(int(first[which]))} to {integer(int(last[which]))}'
        raise statements.error(which, f'the addresses {ends} are not below DEPTH, {depth}')
    count = last - first + 1
    wrong = statements.words > count
    if wrong.any():
        which = int(wrong.argmax())
        what = f'{statements.words[which]} words for the addresses {first[which]} to {last[which]}'
        raise statements.error(which, what)
    return first, count


def _words(statements: _Statements, radix: int, *, signed: bool) -> NDArray[Any]:
    bits = statements.tokens.file.bits
    # from behind each colon up to the semicolon
    change = np.zeros(len(statements.tokens), np.bool_)
    change[statements.colon + 1] = change[statements.semicolon] = True
    tokens = statements.tokens[np.logical_xor.accumulate(change)]
    return tokens.signed(bits) if signed else tokens.numbers(radix, bits)


def _placed(
    statements: _Statements, first: Positions, count: Positions, words: NDArray[Any], depth: int
) -> NDArray[Any]:
    """The words by address; those of a range are repeated in it."""
    if count.sum() <= depth:
        which = np.repeat(np.arange(count.size), count)
        offset = np.arange(which.size) - np.repeat(np.cumsum(count) - count, count)
        address = first[which] + offset
        given = np.zeros(depth, np.bool_)
        given[address] = True
        if given.sum() == address.size:
            if address.size < depth:
                missing = int(given.argmin())
                raise ValueError(
                    f'{statements.tokens.file.name}: no word at the address {missing}, below DEPTH, {depth}'
                )
            placed = np.empty(depth, words.dtype)
            before = np.cumsum(statements.words) - statements.words
            placed[address] = words[before[which] + offset % statements.words[which]]
            return placed
    taken = bytearray(depth)
    for statement, (start, size) in enumerate(zip(first.tolist(), count.tolist(), strict=True)):
        again = taken.find(1, start, start + size)
        if again >= 0:
            raise statements.error(statement, f'the address {again} is given twice')
        taken[start : start + size] = b'\x01' * size
    raise AssertionError('what is given twice was counted')
