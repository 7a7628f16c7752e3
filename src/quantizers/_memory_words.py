"""The words in memory files, by address; see `memory_files` for the formats."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator

MAX_DEPTH = 1 << 22  # a file of a few bytes may say that it is any number of words
_DIGITS = {2: '01', 8: '0-7', 10: '0-9', 16: '0-9a-fA-F'}
_RADICES = {'BIN': 2, 'OCT': 8, 'UNS': 10, 'DEC': 10, 'HEX': 16}
_SIZE = re.compile(r'\[([^\[\]]*)\]')
_C_SUFFIX = '[uU](?:l|L|ll|LL)?|(?:l|L|ll|LL)[uU]?|'
Token = tuple[int, str]  # its line


class _Words:
    """The words of a file that has `bits` bits a word; each error names the file and the line."""

    def __init__(self, name: str, bits: int) -> None:
        self._name, self.bits, self._words = name, bits, dict[int, int]()
        self.depth = 0  # where the file says it

    def error(self, line: int, what: str) -> ValueError:
        return ValueError(f'{self._name}:{line}: {what}')

    def number(self, line: int, text: str, radix: int) -> int:
        if not re.fullmatch(f'[{_DIGITS[radix]}]+', text):
            raise self.error(line, f'not a number in base {radix}: {_shown(text)}')
        if len(text) > 4096:
            raise self.error(line, f'a number of {len(text)} digits')
        return int(text, radix)

    def put(self, line: int, address: int, word: int) -> None:
        if not 0 <= word < 1 << self.bits:
            raise self.error(line, f'a word of more than {self.bits} bits: {_shown(hex(word))}')
        if address in self._words:
            raise self.error(line, f'the address {_integer(address)} is given twice')
        self._words[address] = word

    def in_order(self) -> list[int]:
        if self.depth and len(self._words) < self.depth:
            missing = next(address for address in range(self.depth) if address not in self._words)
            raise ValueError(f'{self._name}: no word at the address {missing}, below DEPTH, {self.depth}')
        for expected, address in enumerate(sorted(self._words)):
            if address != expected:
                raise ValueError(f'{self._name}: no word at the address {expected}, and one at {_integer(address)}')
        if not self._words:
            raise ValueError(f'{self._name}: no words')
        return [self._words[address] for address in range(len(self._words))]


def words_of(text: str, form: str, bits: int, name: str) -> list[int]:
    """The words, in the order of their addresses. Raises ValueError for what is none of that format."""
    words = _Words(name, bits)
    _READERS[form](text, words)
    return words.in_order()


def _readmem(text: str, words: _Words, radix: int) -> None:
    address = 0
    for line, token in _tokens(_without_comments(text, words)):
        if token[0] == '@':
            address = words.number(line, token[1:].replace('_', ''), 16)
            continue
        if re.search('[xXzZ?]', token):
            raise words.error(line, f'bits that are x or z have no value: {_shown(token)}')
        if token[0] == '_':
            raise words.error(line, f'a number does not begin with an underscore: {_shown(token)}')
        words.put(line, address, words.number(line, token.replace('_', ''), radix))
        address += 1


def _coe(text: str, words: _Words) -> None:
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
                raise words.error(line, f'the radix must be 2, 10 or 16: {_shown(value.strip())}')
        elif key == 'memory_initialization_vector' and equals and radix:
            for address, (offset, token) in enumerate(_tokens(value.replace(',', ' '))):
                at = line_of_value + offset - 1
                words.put(at, address, words.number(at, token, radix))
        else:
            raise words.error(line, f'not a radix and then a vector, each once: {_shown(statement.strip())}')


def _mif(text: str, words: _Words) -> None:
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
            raise words.error(line, f'not WIDTH, DEPTH, ADDRESS_RADIX and DATA_RADIX, each once: {_shown(statement)}')
        said[key] = value
        if key.endswith('RADIX') and value not in _RADICES:
            raise words.error(line, f'{key} must be one of {", ".join(_RADICES)}: {_shown(value)}')
        if not key.endswith('RADIX'):
            number = words.number(line, value, 10)
            if key == 'WIDTH' and number != words.bits:
                raise words.error(
                    line,
                    f'WIDTH must be {words.bits}, that of the format: {value if len(value) <= 20 else _shown(value)}',
                )
            if key == 'DEPTH' and not 1 <= number <= MAX_DEPTH:
                raise words.error(
                    line, f'DEPTH must be from 1 to {MAX_DEPTH}: {value if len(value) <= 20 else _shown(value)}'
                )
    if not {'WIDTH', 'DEPTH'} <= set(said):
        raise words.error(1, 'WIDTH and DEPTH must be said')
    depth = words.depth = int(said['DEPTH'])
    signed = said.get('DATA_RADIX') == 'DEC'
    address_radix, radix = (_RADICES[said.get(key, 'HEX')] for key in ('ADDRESS_RADIX', 'DATA_RADIX'))
    for offset, statement in _statements(content, words, first):
        place, _, values = statement.partition(':')
        ends = re.fullmatch(r'\s*\[\s*(\w+)\s*\.\.\s*(\w+)\s*\]\s*|\s*(\w+)\s*', place)
        data = [token for _, token in _tokens(values)]
        if ends is None or not data:
            raise words.error(offset, f'not ADDRESS : WORDS; {_shown(statement.strip())}')
        start = words.number(offset, ends[1] or ends[3], address_radix)
        stop = words.number(offset, ends[2], address_radix) if ends[2] else start + len(data) - 1
        if not start <= stop < depth:
            raise words.error(
                offset, f'the addresses {_integer(start)} to {_integer(stop)} are not below DEPTH, {depth}'
            )
        numbers = [_mif_word(words, offset, token, radix, signed=signed) for token in data]
        for address in range(start, stop + 1):
            words.put(offset, address, numbers[(address - start) % len(numbers)])


def _mif_word(words: _Words, line: int, text: str, radix: int, *, signed: bool) -> int:
    if not (signed and text.startswith('-')):
        return words.number(line, text, radix)
    magnitude = words.number(line, text[1:], radix)
    if magnitude > 1 << (words.bits - 1):
        raise words.error(line, f'a word of more than {words.bits} bits: {_shown(text)}')
    return -magnitude % (1 << words.bits)


def _c(text: str, words: _Words) -> None:
    text = _without_comments(text, words)
    head, brace, body = text.partition('{')
    body, close, rest = body.rpartition('}')
    if not brace or not close or rest.strip() != ';' or '=' not in head or re.search(r'[\[\]]', _SIZE.sub('', head)):
        raise words.error(1, 'not one array: TYPE NAME[N] = { ... };')
    first = head.count('\n')
    each = -(-words.bits // 64)
    row: list[int] = []
    address = 0
    for line, token in _c_numbers(body, first, words):
        row.append(_c_constant(words, line, token))
        if each > 1 and row[-1] >> 64:
            raise words.error(line, f'more than the 64 bits of a uint64_t: {_shown(token)}')
        if len(row) == each:
            words.put(line, address, sum(part << 64 * n for n, part in enumerate(row)))
            row, address = [], address + 1
    sizes, count = [size.strip() for size in _SIZE.findall(head)], address * each + len(row)
    known = not any(re.fullmatch(r'(?!\d)\w*', size) for size in sizes)  # neither left out nor a macro
    if known and math.prod(_c_constant(words, first + 1, size) for size in sizes) != count:
        raise words.error(first + 1, f'{count} numbers in an array of {_shown(" x ".join(sizes))[1:-1]}')
    if row:
        raise words.error(text.count('\n') + 1, f'a word of {words.bits} bits has {each} parts: {len(row)}')


def _c_numbers(body: str, before: int, words: _Words) -> Iterator[Token]:
    """The constants of an initializer, which has commas and braces where C has them; one comma may end a list."""
    depth, last, line = 0, '{', before + 1
    for offset, token in _tokens(re.sub('[{},]', r' \g<0> ', body)):
        line = before + offset
        if last not in '{,' and token not in ('}', ','):
            raise words.error(line, f'not a comma or a brace after a number: {_shown(token)}')
        if (last == '{' and token in '},') or (last == token == ','):
            raise words.error(line, f'not a number: {_shown(token)}')
        depth += {'{': 1, '}': -1}.get(token, 0)
        if depth < 0:
            raise words.error(line, f'a brace that closes nothing: {_shown(token)}')
        if token not in '{},':
            yield line, token
        last = token
    if depth:
        raise words.error(line, 'a brace that is not closed')


def _c_constant(words: _Words, line: int, token: str) -> int:
    found = re.fullmatch(f'(0[xX])?([0-9a-fA-F]+)({_C_SUFFIX})', token)
    if found is None or (not found[1] and len(found[2]) > 1 and found[2][0] == '0'):
        raise words.error(line, f'not a hexadecimal or decimal constant: {_shown(token)}')
    return words.number(line, found[2], 16 if found[1] else 10)


_READERS: dict[str, Callable[[str, _Words], None]] = {
    'readmemh': lambda text, words: _readmem(text, words, 16),
    'readmemb': lambda text, words: _readmem(text, words, 2),
    'coe': _coe,
    'mif': _mif,
    'c': _c,
}


def _tokens(text: str) -> Iterator[Token]:
    for number, line in enumerate(text.split('\n'), 1):
        yield from ((number, token) for token in line.split())


def _statements(text: str, words: _Words, before: int = 0) -> Iterable[Token]:
    """What stands before each semicolon, with the line where it begins, `before` lines later."""
    line = before + 1
    *complete, rest = text.split(';')
    for statement in complete:
        begin = line + statement[: len(statement) - len(statement.lstrip())].count('\n')
        yield begin, statement.strip()
        line += statement.count('\n')
    if rest.strip():
        raise words.error(line + rest[: len(rest) - len(rest.lstrip())].count('\n'), f'no semicolon: {_shown(rest)}')


def _without_comments(text: str, words: _Words) -> str:
    def blank(found: re.Match[str]) -> str:
        if found[1] is not None:
            raise words.error(text.count('\n', 0, found.start()) + 1, 'a comment that does not end')
        return '\n' * found[0].count('\n') or ' '

    return re.sub(r'//[^\n]*|/\*.*?(?:\*/|(\Z))', blank, text, flags=re.DOTALL)


def _split(text: str, pattern: str) -> tuple[str, str, str]:
    found = re.search(pattern, text, re.IGNORECASE)
    return (text[: found.start()], found[0], text[found.end() :]) if found else (text, '', '')


def _shown(text: str) -> str:
    text = text.strip()
    return repr(text if len(text) <= 40 else f'{text[:40]}...')


def _integer(number: int) -> str:
    return str(number) if number < 1 << 64 else _shown(hex(number))
