"""The formats of memory files, read; see `memory_files` for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .c_arrays import read_c
from .mif import read_mif
from .words import MAX_DIGITS, MemoryText, as_addresses

# of a memory, and of the coefficients of a filter
_RADIX = (b'memory_initialization_radix', b'radix')
_VECTOR = (b'memory_initialization_vector', b'coefdata')


def words_of(text: str, form: str, bits: int, name: str) -> NDArray[Any]:
    """The words, in the order of their addresses. Raises ValueError for what is none of that format."""
    words = _READERS[form](MemoryText(text, bits, name))
    if not words.size:
        raise ValueError(f'{name}: no words')
    return words


def _readmem(file: MemoryText, radix: int) -> NDArray[Any]:
    file.remove_comments(b'//', b'/*', b'*/')
    leading = re.search(rb'_(?<!\S_)\S*', file.data)
    if leading:
        what = f'a number does not begin with an underscore: {file.shown(*leading.span())}'
        raise file.error(leading.start(), what)
    file.data = file.data.replace(b'_', b'')
    tokens = file.tokens(b'')
    is_address = tokens.begin_with(b'@')
    numbers = tokens[~is_address]
    words = numbers.numbers(radix, file.bits, unknown=b'xXzZ?')
    if not is_address.any():
        return words
    said = as_addresses(tokens[is_address].shifted(1).numbers(16, 4 * MAX_DIGITS))
    # the words that an address, or the begin of the file, has before it
    before = np.concatenate([[0], np.cumsum(~is_address)[is_address]])
    which = np.cumsum(is_address)[~is_address]
    addresses = np.concatenate([[0], said])[which] + (np.arange(words.size) - before[which])
    return numbers.in_order(addresses, words)


def _coe(file: MemoryText) -> NDArray[Any]:
    # a semicolon alone on its line ends a vector
    file.data = re.sub(rb'^[ \t]*;[ \t]*[^\s;].*$', b'', file.data, flags=re.MULTILINE)
    radix, words = b'', None
    for start, end in file.statements():
        if start == end:
            continue
        key, equals, value = file.data[start:end].partition(b'=')
        name, value = key.strip().lower(), value.strip()
        for given, names, what in ((radix, _RADIX, 'radix'), (words is not None, _VECTOR, 'vector')):
            if given and name in names:
                raise file.error(start, f'a second {what}, where a file has one: {file.shown(start, end)}')
        if name in _RADIX and equals:
            radix = value
            if radix not in (b'2', b'10', b'16'):
                raise file.error(start, f'the radix must be 2, 10 or 16: {file.shown(start + len(key) + 1, end)}')
        elif name in _VECTOR and equals and radix:
            words = _listed(file, start + len(key) + 1, end, int(radix), signed=radix == b'10' and name == b'coefdata')
        else:
            raise file.error(start, f'not a radix and then a vector, each once: {file.shown(start, end)}')
    return np.array([]) if words is None else words


def _listed(file: MemoryText, start: int, end: int, radix: int, *, signed: bool) -> NDArray[Any]:
    """The words of a list, which white space or a comma separates."""
    tokens = file.tokens(b',', start, end)
    comma = tokens.begin_with(b',')
    ends_here = np.array([True])
    alone = comma & (np.concatenate([ends_here, comma[:-1]]) | np.concatenate([comma[1:], ends_here]))
    if alone.any():
        raise tokens.error(alone.argmax(), 'no word on both sides of a comma')
    return tokens[~comma].signed(file.bits) if signed else tokens[~comma].numbers(radix, file.bits)


_READERS: dict[str, Callable[[MemoryText], NDArray[Any]]] = {
    'readmemh': lambda file: _readmem(file, 16),
    'readmemb': lambda file: _readmem(file, 2),
    'coe': _coe,
    'mif': read_mif,
    'c': read_c,
}
