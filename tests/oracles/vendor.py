"""The vendor's own ap_fixed as an oracle: its C++ headers, compiled by g++ and called through ctypes.

The headers ship inside the wheel of da4ml (and of hls4ml); neither package is imported. Each shape makes up to 77
types, 2 to 3 seconds of compilation: the libraries are kept in a folder under the hash of all that went into them.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SOURCE = Path(__file__).with_name('vendor.cpp')
FLAGS = ('-std=c++17', '-O0', '-DNDEBUG', '-w', '-fPIC', '-shared')  # -O0: optimising costs more than it saves
PARTS = 4
HEADER = 'ap_fixed.h'
PLACES = {
    'da4ml': 'codegen/hls/source/ap_types/include',
    'hls4ml': 'templates/vivado/ap_types',
}

# The order of ap_q_mode and ap_o_mode in ap_decl.h.
ROUNDINGS = ('RND', 'RND_ZERO', 'RND_MIN_INF', 'RND_INF', 'RND_CONV', 'TRN', 'TRN_ZERO')
OVERFLOWS = ('SAT', 'SAT_ZERO', 'SAT_SYM', 'WRAP', 'WRAP_SM')

Shape = tuple[int, int, bool]  # width, integer, signed
SHAPES: tuple[Shape, ...] = (
    *((w, i, True) for w, i in ((1, 1), (1, -3), (2, 2), (2, -1), (3, 5), (4, 0), (5, 2), (8, 3), (8, -4), (8, 12))),
    *((w, i, True) for w, i in ((12, 12), (16, 6), (24, 8), (25, 1), (32, 16), (33, 3), (48, 20), (53, 53))),
    *((w, i, True) for w, i in ((54, 10), (55, -20), (63, 30), (64, 40), (64, 64), (64, 90))),
    *((w, i, False) for w, i in ((1, 0), (1, 4), (2, 1), (4, 7), (8, 3), (8, -3), (16, 16), (24, 0), (25, 13))),
    *((w, i, False) for w, i in ((33, 40), (48, -5), (53, 20), (54, 54), (64, 20))),
)
# compiled by themselves, for the tests of seconds
FEW: tuple[Shape, ...] = ((4, 0, True), (8, 3, True), (8, 3, False), (24, 8, True))


class Vendor:
    """All modes of all `SHAPES`: those of `FEW`, and all others, are compiled when one of them is asked for.

    Raises RuntimeError, with one sentence that says what to install, where the headers or g++ are missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._functions: dict[Shape, Any] = {}
        headers(), compiler()

    def _compile(self, shapes: tuple[Shape, ...]) -> None:
        parts = [shapes[j::PARTS] for j in range(PARTS)]
        for part, path in zip(parts, build(parts, self._folder), strict=True):
            function = ctypes.CDLL(str(path)).vendor_codes
            self._functions.update(dict.fromkeys(part, function))

    def codes(self, shape: Shape, rounding: str, overflow: str, saturation_bits: int, x: NDArray) -> NDArray:
        """The raw codes of finite `x`, as int64; as uint64 where the shape is unsigned."""
        x = np.ascontiguousarray(x, np.float64)
        codes = np.empty(x.shape, np.int64)
        if shape not in self._functions:
            self._compile(FEW if shape in FEW else tuple(other for other in SHAPES if other not in FEW))
        unknown = self._functions[shape](
            *(ctypes.c_int(number) for number in shape),
            *(ctypes.c_int(mode) for mode in (ROUNDINGS.index(rounding), OVERFLOWS.index(overflow), saturation_bits)),
            *(x.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(x.size), codes.ctypes.data_as(ctypes.c_void_p)),
        )
        if unknown:
            raise ValueError(f'not compiled: {shape} {rounding} {overflow} {saturation_bits}')
        return codes if shape[2] else codes.view(np.uint64)


def headers() -> Path:
    """The folder of the vendor's headers."""
    for package, inside in PLACES.items():
        found = importlib.util.find_spec(package)
        for root in (found.submodule_search_locations or ()) if found else ():
            if Path(root, inside, HEADER).is_file():
                return Path(root, inside)
    raise RuntimeError(f'{HEADER} is missing: it ships inside the wheel of da4ml, so `pip install da4ml`.')


def ac_headers() -> Path:
    """The folder of the headers of Algorithmic C with its floats, which those of hls4ml alone are."""
    found = importlib.util.find_spec('hls4ml')
    for root in (found.submodule_search_locations or ()) if found else ():
        folder = Path(root, 'templates/catapult/ac_types/include')
        if (folder / 'ac_std_float.h').is_file():
            return folder
    raise RuntimeError('ac_std_float.h is missing: it ships inside the wheel of hls4ml, so `pip install hls4ml`.')


def compiler() -> str:
    """The path of g++."""
    path = shutil.which('g++')
    if path is None:
        raise RuntimeError('g++ is missing: the comparison with the vendor needs a C++17 compiler, so install g++.')
    return path


def build(parts: list[tuple[Shape, ...]], folder: Path) -> list[Path]:
    """One shared library for each part."""
    shapes = [' '.join(f'SHAPE({w}, {i}, {str(signed).lower()})' for w, i, signed in part) for part in parts]
    return compiled(SOURCE, [(*FLAGS, f'-DSHAPES={text}') for text in shapes], folder)


def compiled(source: Path, options: list[tuple[str, ...]], folder: Path, *also: Path) -> list[Path]:
    """What g++ makes of a source with each of the options, side by side, unless it is in `folder` already.

    `also` are further files that decide about it.
    """
    include, gxx = headers(), compiler()
    version = subprocess.run([gxx, '--version'], check=True, capture_output=True).stdout
    files = (source, *also, *sorted(path for path in include.rglob('*.h')))
    content = b''.join(path.read_bytes() for path in files) + version

    def made(option: tuple[str, ...]) -> Path:
        target = folder / hashlib.sha256(content + repr(option).encode()).hexdigest()[:16]
        if not target.exists():
            unfinished = target.with_suffix('.tmp')
            command = [gxx, *option, '-isystem', str(include), str(source), '-o', str(unfinished)]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f'g++ does not compile {source.name} with {include}:\n{done.stderr[-3000:]}')
            unfinished.rename(target)
        return target

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / 'lock').open('w') as lock, ThreadPoolExecutor(min(os.cpu_count() or 1, PARTS)) as pool:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one process compiles, the others wait and find the results
        return list(pool.map(made, options))
