"""Arrays of C as memory files: raw bits, in 64-bit parts where a word has more."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from ._memory_words import Token, Words, shown, tokens, without_comments

_SIZE = re.compile(r'\[([^\[\]]*)\]')
_SUFFIX = '[uU](?:l|L|ll|LL)?|(?:l|L|ll|LL)[uU]?|'


def read_c(text: str, words: Words) -> None:
    """Put the words of the one array into `words`."""
    text = without_comments(text, words)
    head, brace, body = text.partition('{')
    body, close, rest = body.rpartition('}')
    if not brace or not close or rest.strip() != ';' or '=' not in head or re.search(r'[\[\]]', _SIZE.sub('', head)):
        raise words.error(1, 'not one array: TYPE NAME[N] = { ... };')
    first = head.count('\n')
    each = -(-words.bits // 64)
    row: list[int] = []
    address = 0
    for line, token in _numbers(body, first, words):
        row.append(_constant(words, line, token))
        if each > 1 and row[-1] >> 64:
            raise words.error(line, f'more than the 64 bits of a uint64_t: {shown(token)}')
        if len(row) == each:
            words.put(line, address, sum(part << 64 * n for n, part in enumerate(row)))
            row, address = [], address + 1
    sizes, count = [size.strip() for size in _SIZE.findall(head)], address * each + len(row)
    known = not any(re.fullmatch(r'(?!\d)\w*', size) for size in sizes)  # neither left out nor a macro
    if known and math.prod(_constant(words, first + 1, size) for size in sizes) != count:
        raise words.error(first + 1, f'{count} numbers in an array of {shown(" x ".join(sizes))[1:-1]}')
    if row:
        raise words.error(text.count('\n') + 1, f'a word of {words.bits} bits has {each} parts: {len(row)}')


def _numbers(body: str, before: int, words: Words) -> Iterator[Token]:
    """The constants of an initializer, which has commas and braces where C has them; one comma may end a list."""
    depth, last, line = 0, '{', before + 1
    for offset, token in tokens(re.sub('[{},]', r' \g<0> ', body)):
        line = before + offset
        if last not in '{,' and token not in ('}', ','):
            raise words.error(line, f'not a comma or a brace after a number: {shown(token)}')
        if (last == '{' and token in '},') or (last == token == ','):
            raise words.error(line, f'not a number: {shown(token)}')
        depth += {'{': 1, '}': -1}.get(token, 0)
        if depth < 0:
            raise words.error(line, f'a brace that closes nothing: {shown(token)}')
        if token not in '{},':
            yield line, token
        last = token
    if depth:
        raise words.error(line, 'a brace that is not closed')


def _constant(words: Words, line: int, token: str) -> int:
    found = re.fullmatch(f'(0[xX])?([0-9a-fA-F]+)({_SUFFIX})', token)
    if found is None or (not found[1] and len(found[2]) > 1 and found[2][0] == '0'):
        raise words.error(line, f'not a hexadecimal or decimal constant: {shown(token)}')
    return words.number(line, found[2], 16 if found[1] else 10)
