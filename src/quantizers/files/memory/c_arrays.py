"""Arrays of C as memory files: raw bits, in 64-bit parts where a word has more."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .meant import complement
from .tokens import Positions, read_numbers
from .words import MAX_DIGITS, MemoryText, Tokens, shown

_SIZE = re.compile(rb'\[([^\[\]]*)\]')
_SUFFIX = re.compile(b'[uU](?:l|L|ll|LL)?|(?:l|L|ll|LL)[uU]?|')
_CONSTANT = re.compile(b'(0[xX])?([0-9a-fA-F]+)(?:' + _SUFFIX.pattern + b')')
# beyond any array
_MANY = 1 << 62


def read_c(file: MemoryText) -> NDArray[Any]:
    """The words of the one array."""
    file.remove_comments(b'//', b'/*', b'*/')
    begin, end = file.data.find(b'{'), file.data.rfind(b'}')
    head = file.data[: max(begin, 0)]
    one = end > begin >= 0 and file.data[end + 1 :].strip() == b';' and b'=' in head
    if not one or re.search(rb'[\[\]]', _SIZE.sub(b'', head)):
        raise file.error(0, 'not one array: TYPE NAME[N] = { ... };')
    tokens = file.tokens(b'{},', begin, end + 1)
    _check_punctuation(tokens)
    constants = tokens[~tokens.begin_with(b'{},')]
    numbers = _numbers(constants)
    _check_shape(tokens, [_size(file, *found.span(1)) for found in _SIZE.finditer(head)], head)
    each = -(-file.bits // 64)
    if each == 1:
        return numbers
    if numbers.size % each:
        raise file.error(end, f'a word of {file.bits} bits has {each} parts: {numbers.size % each}')
    rows = numbers.reshape(-1, each).astype(object)
    words: NDArray[Any] = np.sum([rows[:, part] << 64 * part for part in range(each)], axis=0)
    wide = words >> file.bits != 0
    if wide.any():
        at = int(wide.argmax())
        place = int(constants.starts[at * each + each - 1])
        raise file.error(place, f'a word of more than {file.bits} bits: {shown(hex(words[at]))}')
    return words


def _check_punctuation(tokens: Tokens) -> None:
    """Commas and braces stand where C has them; one comma may end a list."""
    opens, closes, commas = (tokens.begin_with(mark) for mark in (b'{', b'}', b','))
    depth: Positions = np.cumsum(opens) - np.cumsum(closes)
    after = ~(opens | commas)
    wrong: list[tuple[NDArray[np.bool_], int, str]] = [
        (depth[:-1] < 1, 0, 'a brace that closes nothing'),
        (after[:-1] & ~(closes | commas)[1:], 1, 'not a comma or a brace after a number'),
        ((opens[:-1] & (closes | commas)[1:]) | (commas[:-1] & commas[1:]), 1, 'not a number'),
    ]
    found = [(int(which.argmax()) + offset, what) for which, offset, what in wrong if which.any()]
    if found:
        raise tokens.error(*min(found))
    if depth[-1]:
        raise tokens.file.error(int(tokens.starts[-1]), 'a brace that is not closed')


def _check_shape(tokens: Tokens, sizes: list[int | None], head: bytes) -> None:
    """Each pair of braces holds the numbers of one part of the array; `None` is a size that the text leaves open."""
    opens, closes = tokens.begin_with(b'{'), tokens.begin_with(b'}')
    braces = np.flatnonzero(opens | closes)
    level = (np.cumsum(opens) - np.cumsum(closes) + closes)[braces]
    # on each level a brace that opens and the one that closes it take turns
    order = np.argsort(level, kind='stable')
    opening, closing, level = braces[order[::2]], braces[order[1::2]], level[order[::2]]
    before: Positions = np.cumsum(~(opens | closes | tokens.begin_with(b',')))
    first, held = before[opening], before[closing] - before[opening]
    parts = []
    for depth in range(int(level[-1])):
        inside = sizes[depth:]
        part = known = math.prod(size for size in inside[_last_open(inside) :] if size is not None)
        if None in inside:
            # all as large as the first, as far as it is made of whole parts
            part = int(held[np.searchsorted(level, depth + 1)]) // max(known, 1) * known
        parts.append(min(part, _MANY))
    expected = np.array(parts)[level - 1]
    wrong = (held != expected) | (first % np.maximum(expected, 1) != 0)
    if not wrong.any():
        return
    worst = np.flatnonzero(wrong & (level == level[wrong].max()))[0]
    array = shown(' x '.join(text.decode('utf-8', 'replace').strip() for text in _SIZE.findall(head)))[1:-1]
    if level[worst] == 1:
        what = f'{held[worst]} numbers in an array of {array}'
    else:
        what = f'braces around {held[worst]} numbers, after {first[worst]}, are no part of an array of {array}'
    raise tokens.file.error(int(tokens.starts[opening[worst]]), what)


def _last_open(sizes: list[int | None]) -> int:
    return max((at for at, size in enumerate(sizes) if size is None), default=0)


def _size(file: MemoryText, start: int, end: int) -> int | None:
    """A size between brackets, unless it is left out, or a macro."""
    start, end = file.stripped(start, end)
    if start == end or re.fullmatch(rb'(?!\d)\w+', file.data[start:end]):
        return None
    return _constant(file, start, end, 4 * MAX_DIGITS)


def _numbers(constants: Tokens) -> NDArray[Any]:
    file, text, starts = constants.file, constants.text, constants.starts
    zero = text[starts] == ord('0')
    hexadecimal = zero & ((text[starts + 1] | 32) == ord('x'))
    stop, suffixed = _without_suffix(constants)
    numbers, good = np.zeros(starts.size, np.uint64), np.zeros(starts.size, np.bool_)
    for which, radix in ((hexadecimal, 16), (~hexadecimal, 10)):
        first = starts[which] + 2 * (radix == 16)
        numbers[which], good[which] = read_numbers(text, first, stop[which], radix)
    # a decimal that begins with 0 is octal in C
    good &= suffixed & (hexadecimal | ~zero | (stop - starts == 1))
    if file.bits < 64:
        good &= numbers < 1 << file.bits
    return constants.read_rest(numbers, good, lambda start, end: _part(file, start, end))


def _without_suffix(constants: Tokens) -> tuple[Positions, NDArray[np.bool_]]:
    """Where the suffix of each begins, and whether it is one."""
    text, ends = constants.text, constants.ends
    stop = ends
    for _ in range(3):
        letter = text[stop - 1] | 32
        stop = stop - ((letter == ord('u')) | (letter == ord('l')))
    good = np.ones(ends.size, np.bool_)
    found = np.flatnonzero(stop < ends)
    if found.size:
        letters = text[stop[found, None] + np.arange(3)]
        letters[np.arange(3) >= (ends - stop)[found, None]] = 0
        suffixes, which = np.unique(np.ascontiguousarray(letters).view('S3').reshape(-1), return_inverse=True)
        good[found] = np.array([_SUFFIX.fullmatch(suffix) is not None for suffix in suffixes.tolist()])[which]
    return stop, good


def _constant(file: MemoryText, start: int, end: int, bits: int) -> int:
    found = _CONSTANT.fullmatch(file.data, start, end)
    if found is None or (not found[1] and len(found[2]) > 1 and found[2][:1] == b'0'):
        number = re.fullmatch(rb'-(0[xX][0-9a-fA-F]{1,16}|[1-9][0-9]{,19})', file.data[start:end])
        way_out = complement(-int(number[1], 0), 16, bits, '0x') if number and bits <= 64 else ''
        raise file.error(start, f'not a hexadecimal or decimal constant: {file.shown(start, end)}{way_out}')
    return file.number(*found.span(2), 16 if found[1] else 10, bits)


def _part(file: MemoryText, start: int, end: int) -> int:
    """A word, or of a wide one 64 bits."""
    number = _constant(file, start, end, file.bits)
    if number >> 64:
        raise file.error(start, f'more than the 64 bits of a uint64_t: {file.shown(start, end)}')
    return number
