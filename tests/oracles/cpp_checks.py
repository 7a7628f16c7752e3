"""The checks of `cpp_ref/tests`, compiled against the headers that the package ships, and called from Python."""

from __future__ import annotations

import ctypes
import os
import re
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import quantizers
from oracles.vendor import compiled, compiler, headers

INCLUDE = Path(quantizers.get_include())
FOLDER = Path(__file__).parents[2] / 'cpp_ref' / 'tests'
# -O0, as the vendor's default constructor reads its own uninitialised member, which g++ says of every user at -O1
FLAGS = ('-O0', '-Wall', '-Wextra', '-Werror', f'-I{INCLUDE}', f'-I{FOLDER}')
SHARED = ('-fPIC', '-shared')
# findings are told and counted, not fatal: those inside the vendor's headers must not hide those in ours
SANITIZED = ('-fsanitize=undefined,address', '-fno-omit-frame-pointer', '-DPROGRAM')
ONES = (1 << 64) - 1

Format = tuple[object, ...]
Words = NDArray[np.uint64]


def words(numbers: Sequence[int] | NDArray) -> Words:
    """Pairs of words of integers, two's complement, the lower word first."""
    array = np.asarray(numbers)
    if array.dtype == np.float64:
        array = array.view(np.uint64)
    if array.dtype == object:
        pairs = [(int(number) & ONES, int(number) >> 64 & ONES) for number in array]
        return np.array(pairs, np.uint64).reshape(-1, 2)
    upper = np.where(array < 0, np.uint64(ONES), np.uint64(0))
    return np.stack([array.astype(np.int64 if array.dtype.kind == 'i' else np.uint64).view(np.uint64), upper], axis=1)


class Checks:
    """A compiled source of `cpp_ref/tests`."""

    def __init__(self, source: str, made: Build, path: Path) -> None:
        text = (FOLDER / source).read_text()
        names = re.findall(r'\w+', re.findall(r'enum function \{(.*?)\}', text, re.DOTALL)[0])
        self._functions = {name: j for j, name in enumerate(names)}
        self.formats = made.formats
        self._path = path
        self._library = None if made.sanitized else ctypes.CDLL(str(path))
        self.findings: set[str] = set()

    def __call__(
        self, function: str, shape: Format, a: Sequence[int] | NDArray, b: Sequence[int] | NDArray | None = None
    ) -> Words:
        """The results of a function, elementwise, as pairs of words."""
        left = np.ascontiguousarray(words(a))
        right = left if b is None else np.ascontiguousarray(words(b))
        assert left.shape == right.shape
        size = 6 if function == 'SHAPES' else len(left)
        request = (self.formats.index(shape), self._functions[function], len(left))
        if self._library is None:
            return self._from_program(struct.pack('4q', *request, size) + left.tobytes() + right.tobytes(), size)
        out = np.zeros((size, 2), np.uint64)
        pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (left, right, out)]
        number, index, n = request
        failed = self._library.run(number, index, *pointers[:2], ctypes.c_int64(n), pointers[2])
        assert not failed, f'not compiled: {function} of {shape}'
        return out

    def _from_program(self, request: bytes, size: int) -> Words:
        done = subprocess.run([self._path], input=request, check=False, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        self.findings |= set(re.findall(r'^(.*?:\d+:\d+): runtime error', done.stderr.decode(), re.MULTILINE))
        return np.frombuffer(done.stdout, np.uint64).reshape(size, 2)


@dataclass(frozen=True)
class Build:
    """What to compile: a list of formats in a standard, with macros, as a library or as a sanitized program."""

    formats: tuple[Format, ...]
    standard: str
    macros: tuple[str, ...] = ()
    sanitized: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """The options of g++."""
        items = ' '.join(f'FORMAT({", ".join(map(str, (j, *shape)))})' for j, shape in enumerate(self.formats))
        macros = [f'-D{macro}' for macro in (*self.macros, f'FORMATS={items}')]
        return (f'-std={self.standard}', *FLAGS, *(SANITIZED if self.sanitized else SHARED), *macros)


def build(source: str, builds: Sequence[Build], folder: Path) -> list[Checks]:
    """The checks of each build, compiled side by side unless they are in `folder` already."""
    also = (FOLDER / 'check.h', *sorted(INCLUDE.glob('*.h')))
    paths = compiled(FOLDER / source, [one.options for one in builds], folder, *also)
    return [Checks(source, one, path) for one, path in zip(builds, paths, strict=True)]


def programs(source: str, standards: Sequence[str], folder: Path) -> list[Path]:
    """A source that is a program of its own, in each standard."""
    options = [(f'-std={standard}', *FLAGS) for standard in standards]
    return compiled(FOLDER / source, options, folder, *sorted(INCLUDE.glob('*.h')))


def errors(lines: Sequence[str]) -> list[list[str]]:
    """The errors of g++ for each line, alone inside a function."""
    functions = [f'void f{j}() {{ {line}; }}' for j, line in enumerate(lines)]
    text = '\n'.join([*functions, '#include <ap_binary.h>'][::-1])
    command = [compiler(), '-std=c++11', '-fsyntax-only', '-isystem', str(headers()), f'-I{INCLUDE}', '-x', 'c++', '-']
    environment = os.environ | {'LC_ALL': 'C'}
    done = subprocess.run(command, input=text, check=False, capture_output=True, text=True, env=environment)
    result: list[list[str]] = [[] for _ in lines]
    where = 0
    for line in done.stderr.splitlines():
        # the place in the text comes before the error of a template, or with the error
        if place := re.match(r'<stdin>:(\d+):', line):
            where = int(place[1])
        if ' error: ' in line:
            result[len(lines) + 1 - where].append(line)
    return result
