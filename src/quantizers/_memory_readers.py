"""The formats of memory files but C, read; see `memory_files` for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ._c_arrays import read_c
from ._memory_words import Token, Words, integer, shown, tokens, without_comments

MAX_DEPTH = 1 << 22  # a file of a few bytes may say that it is any number of words
_RADICES = {'BIN': 2, 'OCT': 8, 'UNS': 10, 'DEC': 10, 'HEX': 16}


def words_of(text: str, form: str, bits: int, name: str) -> list[int]:
    """The words, in the order of their addresses. Raises ValueError for what is none of that format."""
    words = Words(name, bits)
    _READERS[form](text, words)
    return words.in_order()


def _readmem(text: str, words: Words, radix: int) -> None:
    address = 0
    for line, token in tokens(without_comments(text, words)):
        if token[0] == '@':
            address = words.number(line, token[1:].replace('_', ''), 16)
            continue
        if re.search('[xXzZ?]', token):
            raise words.error(line, f'bits that are x or z have no value: {shown(token)}')
        if token[0] == '_':
            raise words.error(line, f'a number does not begin with an underscore: {shown(token)}')
        words.put(line, address, words.number(line, token.replace('_', ''), radix))
        address += 1


def _coe(text: str, words: Words) -> None:
    # a semicolon alone on its line ends a vector
    text = re.sub(r'^[ \t]*;[ \t]*[^\s;].*$', '', text, flags=re.MULTILINE)
    radix = 0
    parts = _statements(text, words)
    for line, statement in parts:
        if not statement:
            continue
        key, equals, value = statement.partition('=')
        key = key.strip().lower()
        line_of_value = line + key.count('\n')
        if key == 'memory_initialization_radix' and equals and not radix:
            radix = {'2': 2, '10': 10, '16': 16}.get(value.strip(), 0)
            if not radix:
                raise words.error(line, f'the radix must be 2, 10 or 16: {shown(value.strip())}')
        elif key == 'memory_initialization_vector' and equals and radix:
            for address, (offset, token) in enumerate(tokens(value.replace(',', ' '))):
                at = line_of_value + offset - 1
                words.put(at, address, words.number(at, token, radix))
        else:
            raise words.error(line, f'not a radix and then a vector, each once: {shown(statement.strip())}')


def _mif(text: str, words: Words) -> None:
    text = re.sub('--.*|%[^%]*%', lambda found: '\n' * found[0].count('\n') or ' ', text)
    head, begin, content = _split(text, r'\bCONTENT\s+BEGIN\b')
    content, end, rest = _split(content, r'\bEND\s*;')
    first = text[: len(head) + len(begin)].count('\n')
    if not begin or not end or rest.strip():
        raise words.error(first + 1, 'no CONTENT BEGIN ... END; and nothing after it')
    said: dict[str, str] = {}
    for line, statement in _statements(head, words):
        key, _, value = (part.strip().upper() for part in statement.partition('='))
        if key not in ('WIDTH', 'DEPTH', 'ADDRESS_RADIX', 'DATA_RADIX') or key in said:
            raise words.error(line, f'not WIDTH, DEPTH, ADDRESS_RADIX and DATA_RADIX, each once: {shown(statement)}')
        said[key] = value
        if key.endswith('RADIX') and value not in _RADICES:
            raise words.error(line, f'{key} must be one of {", ".join(_RADICES)}: {shown(value)}')
        if not key.endswith('RADIX'):
            number = words.number(line, value, 10)
            if key == 'WIDTH' and number != words.bits:
                raise words.error(
                    line,
                    f'WIDTH must be {words.bits}, that of the format: {value if len(value) <= 20 else shown(value)}',
                )
            if key == 'DEPTH' and not 1 <= number <= MAX_DEPTH:
                raise words.error(
                    line, f'DEPTH must be from 1 to {MAX_DEPTH}: {value if len(value) <= 20 else shown(value)}'
                )
    if not {'WIDTH', 'DEPTH'} <= set(said):
        raise words.error(1, 'WIDTH and DEPTH must be said')
    depth = words.depth = int(said['DEPTH'])
    signed = said.get('DATA_RADIX') == 'DEC'
    address_radix, radix = (_RADICES[said.get(key, 'HEX')] for key in ('ADDRESS_RADIX', 'DATA_RADIX'))
    for offset, statement in _statements(content, words, first):
        place, _, values = statement.partition(':')
        ends = re.fullmatch(r'\s*\[\s*(\w+)\s*\.\.\s*(\w+)\s*\]\s*|\s*(\w+)\s*', place)
        data = [token for _, token in tokens(values)]
        if ends is None or not data:
            raise words.error(offset, f'not ADDRESS : WORDS; {shown(statement.strip())}')
        start = words.number(offset, ends[1] or ends[3], address_radix)
        stop = words.number(offset, ends[2], address_radix) if ends[2] else start + len(data) - 1
        if not start <= stop < depth:
            raise words.error(offset, f'the addresses {integer(start)} to {integer(stop)} are not below DEPTH, {depth}')
        numbers = [_mif_word(words, offset, token, radix, signed=signed) for token in data]
        for address in range(start, stop + 1):
            words.put(offset, address, numbers[(address - start) % len(numbers)])


def _mif_word(words: Words, line: int, text: str, radix: int, *, signed: bool) -> int:
    if not (signed and text.startswith('-')):
        return words.number(line, text, radix)
    magnitude = words.number(line, text[1:], radix)
    if magnitude > 1 << (words.bits - 1):
        raise words.error(line, f'a word of more than {words.bits} bits: {shown(text)}')
    return -magnitude % (1 << words.bits)


_READERS: dict[str, Callable[[str, Words], None]] = {
    'readmemh': lambda text, words: _readmem(text, words, 16),
    'readmemb': lambda text, words: _readmem(text, words, 2),
    'coe': _coe,
    'mif': _mif,
    'c': read_c,
}


def _statements(text: str, words: Words, before: int = 0) -> Iterable[Token]:
    """What stands before each semicolon, with the line where it begins, `before` lines later."""
    line = before + 1
    *complete, rest = text.split(';')
    for statement in complete:
        begin = line + statement[: len(statement) - len(statement.lstrip())].count('\n')
        yield begin, statement.strip()
        line += statement.count('\n')
    if rest.strip():
        raise words.error(line + rest[: len(rest) - len(rest.lstrip())].count('\n'), f'no semicolon: {shown(rest)}')


def _split(text: str, pattern: str) -> tuple[str, str, str]:
    found = re.search(pattern, text, re.IGNORECASE)
    return (text[: found.start()], found[0], text[found.end() :]) if found else (text, '', '')
