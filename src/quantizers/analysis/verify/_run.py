"""Both sides, and their comparison."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._checks.capabilities import Capability, require
from ..._checks.shown import shown
from ...cpp.types import Dialect, read_spec
from ...files.own_folder import DAY
from ...formats import Spec
from ...formats.per_channel import Formats, by_channel
from ._cpp import WORD, Cpp
from ._inputs import inputs
from ._report import Difference, Report, TypeReport
from ._toolchain import HEADERS, find_toolchain

if TYPE_CHECKING:
    from numpy.typing import NDArray

# shows how the types come in, one after another: rich.progress.track is one
Track = Callable[[Iterable[TypeReport], int], Iterable[TypeReport]]


def verify(
    types: Mapping[str, Formats] | Iterable[Spec | str] | Spec | str,
    *,
    include: str | os.PathLike[str] | None = None,
    compiler: str = 'g++',
    count: int = 200_000,
    dialect: Dialect = 'ap',
    timeout: float = 120,
    track: Track = lambda reports, total: reports,
) -> Report:
    """Compare Python with the vendor's C++ on the same inputs, bit for bit.

    For each type a small C++ program is compiled against the vendor's headers and run; what it makes of edge cases and
    random doubles is compared with `spec.to_bits`. Programs are kept in the user's cache folder.

    Args:
        types: a `QuantizerConfig` or another mapping from names to specs, or specs and type strings; the channels of a
            tensor `w` are named `w[0]`, `w[1]` and so on.
        include: the folder of the vendor's headers. If not given: for the dialect `ap`, that of the Vitis or Vivado HLS
            in the environment variable XILINX_HLS; else that of an installed da4ml or hls4ml.
        compiler: g++, or what takes its options.
        count: about how many numbers are sent through each type; more where a format has more edge cases.
        dialect: `ap`, or `ac` for `ac_fixed` of the Algorithmic C headers.
        timeout: seconds that a program may take to compile, and to run; at most a day.
        track: called with an iterable of `TypeReport` and its length, to show progress.

    Raises VerificationError where a compiler or header is missing, and where a program does not compile or does not
    end; ValueError for a type that is none, or that the dialect cannot say, and for another argument that is wrong;
    TypeError for `types` that hold something else.
    """
    if dialect not in HEADERS:
        raise ValueError(f"'dialect' must be one of {', '.join(HEADERS)}: {shown(dialect)}")
    count = _positive(count)
    if not 0 < timeout <= DAY:
        raise ValueError(f"'timeout' must be above 0 and at most {DAY} seconds: {shown(timeout)}")
    names = _names(types)
    toolchain = find_toolchain(dialect, include, compiler)
    with Cpp(names, toolchain, timeout) as cpp:
        rows = (_compared(spec, tuple(of), count, cpp) for spec, of in names.items())
        done = tuple(track(rows, len(names)))
    return Report(done, f'{toolchain.compiler} ({toolchain.version})', toolchain.headers)


def _positive(count: int) -> int:
    try:
        number = 0 if isinstance(count, bool) else operator.index(count)
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(f"'count' must be an integer >= 1: {shown(count)}")
    return number


def _names(types: Any) -> dict[Spec, list[str]]:
    """The specs, each once, with their names."""
    if isinstance(types, Mapping):
        named = list(by_channel(types))
    else:
        several = isinstance(types, Iterable) and not isinstance(types, str)
        named = [('', spec) for spec in (types if several else [types])]
    result: dict[Spec, list[str]] = {}
    for name, spec in named:
        made = read_spec(spec)
        if made is None:
            raise TypeError(f"'types' must be specs or type strings, or a mapping from names to them: {shown(spec)}")
        require(made, Capability.VERIFY)
        result.setdefault(made, []).extend([name] if name else [])
    if not result:
        raise ValueError("'types' must hold at least one type: none")
    return result


def _compared(spec: Spec, names: tuple[str, ...], count: int, cpp: Cpp) -> TypeReport:
    x = inputs(spec, count)
    theirs, ours = cpp.words(spec, x), _words(spec, x)
    wrong = np.flatnonzero((theirs != ours).any(axis=1))
    first = None
    if wrong.size:
        at = wrong[0]
        first = Difference(float(x[at]), _binary(ours[at], spec.bits), _binary(theirs[at], spec.bits))
    return TypeReport(spec, cpp.texts[spec], names, x.size, wrong.size, first)


def _words(spec: Spec, x: NDArray[np.float64]) -> NDArray[np.uint64]:
    """The words of Python's bits."""
    bits = spec.to_bits(x)
    if bits.dtype != object:
        return bits.astype(np.uint64)[:, None]
    words = -(-spec.bits // WORD)
    together = b''.join(code.to_bytes(words * 8, 'little') for code in bits.tolist())
    return np.frombuffer(together, np.uint64).reshape(-1, words)


def _binary(words: NDArray[np.uint64], bits: int) -> str:
    return f'{int.from_bytes(words.tobytes(), "little"):0{bits}b}'
