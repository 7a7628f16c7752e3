"""Tensors as C++ arrays: every initialiser is exact, and the text is made chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf
from operator import add
from sys import float_info
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._checks.shown import shown
from .._maths.floats import Exact
from ..formats import Spec

PER_LINE = 8
_INDENT = '    '
# initialisers that are kept at hand
_KEPT = 1 << 16


def refuse_empty(name: str, shape: tuple[int, ...]) -> None:
    """Refuse an array without elements: C++ has none."""
    if 0 in shape:
        raise ValueError(f'{shown(name)}: an empty array, of shape {shape}, cannot be written in C++')


def definition(spec: Spec, identifier: str, shape: tuple[int, ...], chunks: Iterable[NDArray[Any]]) -> Iterator[str]:
    """The text of `static const name_t name[..] = {..};`, in pieces; `chunks` are the codes, flat, in C order."""
    dimensions = ''.join(f'[{n}]' for n in shape)
    yield f'static const {identifier}_t {identifier}{dimensions} = {_opening(0, len(shape))}'
    separators = np.array([', ', *(_separator(closed, len(shape)) for closed in range(len(shape)))], object)
    texts: dict[int, str] = {}
    start = 0
    for codes in chunks:
        unique, inverse = np.unique(codes, return_inverse=True)
        _add_texts(texts, spec, unique, f'{identifier}_t')
        initialisers = np.array([texts[code] for code in unique.tolist()], object)[inverse.reshape(-1)]
        before = separators[_separators_before(start, codes.size, shape)]
        if start == 0:
            before[0] = ''
        yield ''.join(map(add, before.tolist(), initialisers.tolist()))
        start += codes.size
    yield f'{_closing(0, len(shape))};\n'


def _separators_before(start: int, count: int, shape: tuple[int, ...]) -> NDArray[np.int8]:
    """For each element from `start` on: 0 within a line, 1 at a new line, 1 + n where n braces end before it."""
    index = np.arange(start, start + count)
    kind = np.zeros(count, np.int8)
    if shape:
        kind[index % shape[-1] % PER_LINE == 0] = 1
    row = 1
    for closed, n in enumerate(reversed(shape[1:]), 1):
        row *= n
        kind[index % row == 0] = 1 + closed
    return kind


def _separator(closed: int, depth: int) -> str:
    return f'{_closing(depth - closed, depth)},\n{_INDENT * (depth - closed)}{_opening(depth - closed, depth)}'


def _opening(outer: int, depth: int) -> str:
    return ''.join('{\n' + _INDENT * (level + 1) for level in range(outer, depth))


def _closing(outer: int, depth: int) -> str:
    return ''.join(f'\n{_INDENT * level}}}' for level in reversed(range(outer, depth)))


def _add_texts(texts: dict[int, str], spec: Spec, codes: NDArray[Any], typename: str) -> None:
    if len(texts) > _KEPT:
        texts.clear()
    new = [code for code in codes.tolist() if code not in texts]
    if new:
        values = spec.decode(np.array(new, codes.dtype), exact=True).tolist()
        texts.update((code, _initialiser(spec, code, value, typename)) for code, value in zip(new, values, strict=True))


def _initialiser(spec: Spec, code: int, value: Exact, typename: str) -> str:
    """A C++ expression whose value is exactly that of the code."""
    if code and not value:
        return '-0.0'
    try:
        number = float(value)
    except OverflowError:
        number = inf
    # a normal double, as the vendor does not read subnormal ones, or 0.0: some shapes abort on the int 0
    if number == value and (number == 0 or abs(number) >= float_info.min):
        return repr(number)
    digits = f'{code % (1 << spec.bits):X}'
    return spec.cpp_class.from_bits.format(type=typename, bits=spec.bits, digits=digits)
