"""What a project of hls4ml computes: its C++, compiled by g++ as the project says, and run in a process of its own."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._checks.errors import VerificationError

_TRACED = re.compile(r'std::string, void \*>\("(\w+)", \(void \*\) malloc\(([\d*]+) \* element_size\)')
_TOP = re.compile(r'^void (\w+)_double\(([^)]*)\)', re.MULTILINE)
_ARGUMENT = re.compile(r'double \*(\w+)')
_RESULT = re.compile(r'convert_data<\w+, double, ([\d*]+)>\((\w+)_ap')
_COMPILING = 600  # seconds
# a library that is wrong may end its process: not this one
_RUNNER = """
import ctypes, sys
import numpy as np
library, top, given, out = ctypes.CDLL(sys.argv[1]), *sys.argv[2:]
arrays = np.load(given)
inputs = [arrays[f'input{n}'] for n in range(len(arrays.files) - 2)]
sizes, outputs = arrays['sizes'].tolist(), arrays['outputs'].tolist()
pointer = ctypes.POINTER(ctypes.c_double)
class Traced(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char_p), ('data', ctypes.c_void_p)]
traced = (Traced * len(sizes))()
library.allocate_trace_storage.argtypes = [ctypes.c_size_t]
library.allocate_trace_storage(8)
function = getattr(library, f'{top}_double')
results = [np.empty((len(inputs[0]), size)) for size in sizes]
for sample in range(len(inputs[0])):
    rows = [x[sample] for x in inputs] + [np.empty(size) for size in outputs]
    function(*(row.ctypes.data_as(pointer) for row in rows))
    library.collect_trace_output(traced)
    for layer, result in zip(traced, results):
        result[sample] = np.ctypeslib.as_array(ctypes.cast(layer.data, pointer), (result.shape[1],))
np.savez(out, *results)
"""


def is_project(path: Path) -> bool:
    """Whether a folder has what hls4ml writes to compile a project."""
    return (path / 'build_lib.sh').is_file() and bool([*path.glob('*_bridge.cpp')])


def simulated(project: Path, inputs: Sequence[NDArray[Any]]) -> dict[str, NDArray[np.float64]]:
    """The results of the layers of a project by their names, of shape (samples, numbers), float64.

    The project stays as it is: a copy is compiled. That takes a minute for large networks.

    Args:
        project: a folder that `write_project` has made, in which each layer says what it gives.
        inputs: the samples of each input of the network, in its order.

    Raises ValueError for a project that does not say what its layers give, or of other inputs; VerificationError where
    there is no g++ or no bash, the project does not compile, or its program ends before it is done.
    """
    bridge = next(project.glob('*_bridge.cpp')).read_text('utf-8')
    top = _TOP.search(bridge)
    sizes = {name: _product(size) for name, size in sorted(_TRACED.findall(bridge))}  # in the order of a std::map
    if top is None or not sizes:
        raise ValueError(
            f'{project}: must be a project whose layers say what they give, as `quantizers hls4ml` writes it'
        )
    written = {name: _product(size) for size, name in _RESULT.findall(bridge)}
    arguments = _ARGUMENT.findall(top[2])
    outputs = [written[name] for name in arguments if name in written]
    if len(arguments) - len(outputs) != len(inputs):
        raise ValueError(f'{project}: must take {len(inputs)} inputs: {len(arguments) - len(outputs)}')
    with TemporaryDirectory() as made:
        copy = Path(made, 'project')
        shutil.copytree(project, copy, ignore=shutil.ignore_patterns('*.so', 'tb_data'))
        _run(project, ['bash', 'build_lib.sh'], copy)
        library = next((copy / 'firmware').glob('*.so'))
        arrays: dict[str, Any] = {
            f'input{n}': np.ascontiguousarray(x, np.float64).reshape(len(x), -1) for n, x in enumerate(inputs)
        }
        given, out = Path(made, 'given.npz'), Path(made, 'out.npz')
        np.savez(given, **arrays, sizes=np.array([*sizes.values()]), outputs=np.array(outputs, np.int64))
        _run(project, [sys.executable, '-c', _RUNNER, str(library), top[1], str(given), str(out)], copy / 'firmware')
        with np.load(out) as results:
            return dict(zip(sizes, (results[f'arr_{n}'] for n in range(len(sizes))), strict=True))


def _product(size: str) -> int:
    return math.prod(map(int, size.split('*')))


def _run(project: Path, arguments: Sequence[str], folder: Path) -> None:
    try:
        done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=_COMPILING, check=False)
    except FileNotFoundError as error:
        raise VerificationError(f'{arguments[0]}: {error.strerror}') from None
    except subprocess.TimeoutExpired:
        raise VerificationError(f'{project}: was not compiled and run within {_COMPILING} seconds') from None
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if 'error' in line), done.stderr[-300:])
        raise VerificationError(f'{project}: did not compile, or its program did not end: {said.strip()}')
