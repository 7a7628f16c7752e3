"""Make the golden vectors: what the vendor's C++, and the headers of this package, convert doubles to.

Usage: make.py FOLDER writes fixed.json, minifloat.json, binary.json and ternary.json there.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from quantizers import BinaryQ, FixedQ, MinifloatQ, Spec, TernaryQ
from quantizers.analysis.verify._cpp import Cpp
from quantizers.analysis.verify._inputs import inputs
from quantizers.analysis.verify._toolchain import find_toolchain
from quantizers.files.whole import write_whole

VERSION = 1
FILE = '{{"version": {}, "vectors": [\n{}\n]}}\n'
INPUTS = 60
ROUNDINGS = ('TRN', 'TRN_ZERO', 'RND', 'RND_MIN_INF', 'RND_INF', 'RND_ZERO', 'RND_CONV')
SATURATING = ('SAT', 'SAT_SYM', 'SAT_ZERO', 'WRAP')
# width, integer, signed: ordinary, one bit, only fraction, beyond its width, wide, wider than a double and than a word
SHAPES = (
    *((8, 3, True), (8, 3, False), (1, 1, True), (1, 0, False), (6, -2, True), (5, 9, True), (16, 6, True)),
    *((24, 1, True), (32, 16, False), (54, 10, True), (64, 30, True), (100, 40, True), (130, 8, False)),
)
BITS = ((2, 'WRAP', 1), (8, 'WRAP', 1), (8, 'WRAP', 3), (8, 'WRAP_SM', 0), (8, 'WRAP_SM', 1), (9, 'WRAP_SM', 3))


def specs() -> dict[str, list[Spec]]:
    """The formats of each file."""
    every = [FixedQ(8, 3, True, rounding, overflow) for rounding in ROUNDINGS for overflow in SATURATING]
    for number, shape in enumerate(SHAPES[1:]):
        for turn in range(4):
            rounding, overflow = ROUNDINGS[(2 * number + 3 * turn) % 7], SATURATING[(number + turn) % 4]
            # one signed bit has no symmetric range
            every.append(FixedQ(*shape, rounding, 'SAT' if shape[0] == 1 else overflow))
    every += [
        FixedQ(width, 4 * turn, True, ROUNDINGS[(number + 3 * turn) % 7], overflow, bits)
        for number, (width, overflow, bits) in enumerate(BITS)
        for turn in range(2)
    ]
    every += [FixedQ(8, 2, False, 'RND', 'WRAP', bits) for bits in (1, 3)]
    widths = [(1, 2, 1), (3, 2, 1), (2, 3, 1), (3, 4), (2, 5), (4, 3), (7, 8), (10, 5), (23, 8, 1), (52, 11, 1)]
    widths += [(0, 1), (0, 2), (0, 4), (1, 1), (5, 1), (0, 8), (2, 3, -20), (2, 3, 20), (3, 5, -7), (6, 6, 3), (12, 4)]
    return {
        'fixed': list(dict.fromkeys(every)),
        'minifloat': [MinifloatQ(*numbers) for numbers in widths],
        'binary': [BinaryQ()],
        'ternary': [TernaryQ()],
    }


def some_inputs(spec: Spec) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Zeros, a large number, and edges: evenly chosen ones, with the two next to each."""
    edges = inputs(spec, 1)
    chosen = np.linspace(1, edges.size - 2, INPUTS // 3).astype(int)
    return np.append(edges[np.unique(np.add.outer(chosen, (-1, 0, 1)))], [0.0, -0.0, 0.3, -0.7, 1e30])


def vector(spec: Spec, cpp: Cpp) -> dict[str, Any]:
    """The inputs of a format, and the raw bits that C++ makes of them."""
    x = some_inputs(spec)
    codes = [int.from_bytes(words.tobytes(), 'little') for words in cpp.words(spec, x)]
    return {
        'type': spec.cpp_type,
        'spec': spec.get_config(),
        'inputs': [number.hex() for number in x.tolist()],
        'codes': [f'{code:0{-(-spec.bits // 4)}x}' for code in codes],
    }


def texts() -> dict[str, str]:
    """The files, by their names."""
    every = specs()
    with Cpp([spec for some in every.values() for spec in some], find_toolchain('ap', None, 'g++'), 120) as cpp:
        lines = {kind: [json.dumps(vector(spec, cpp)) for spec in some] for kind, some in every.items()}
    return {f'{kind}.json': FILE.format(VERSION, ',\n'.join(some)) for kind, some in lines.items()}


if __name__ == '__main__':
    write_whole({Path(sys.argv[1], name): text.encode() for name, text in texts().items()})
