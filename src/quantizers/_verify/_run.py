"""Both sides, and their comparison."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cpp import Dialect, convert, parse_type
from ..formats import Spec
from ._inputs import inputs
from ._programs import Programs
from ._report import Difference, Report, TypeReport
from ._toolchain import HEADERS, VerificationError, find_toolchain

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORD = 64
TOGETHER = 8  # types in a program: most of the time goes into the headers

# shows how the types come in, one after another: rich.progress.track is one
Track = Callable[[Iterable[TypeReport], int], Iterable[TypeReport]]


def verify(
    types: Mapping[str, Spec] | Iterable[Spec | str] | Spec | str,
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
        types: a `QuantizerConfig` or another mapping from names to specs, or specs and type strings.
        include: the folder of the vendor's headers. If not given: for the dialect `ap`, that of the Vitis or Vivado HLS
            in the environment variable XILINX_HLS; else that of an installed da4ml or hls4ml.
        compiler: g++, or what takes its options.
        count: how many numbers are sent through each type; more where a format has more edge cases.
        dialect: `ap`, or `ac` for `ac_fixed` of the Algorithmic C headers.
        timeout: seconds that a program may take to compile, and to run.
        track: called with an iterable of `TypeReport` and its length, to show progress.

    Raises VerificationError where a compiler or header is missing, and where a program does not compile or does not
    end; ValueError for a type that is none, or that the dialect cannot say.
    """
    if dialect not in HEADERS:
        raise ValueError(f"'dialect' must be one of {', '.join(HEADERS)}: {dialect!r}")
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"'count' must be an integer >= 1: {count!r}")
    names = _names(types)
    # two specs may be one type in C++
    texts = {convert(spec, dialect): spec for spec in names}
    toolchain = find_toolchain(dialect, include, compiler)
    compile_ = Programs(toolchain, timeout).compiled
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        programs = {}
        for start in range(0, len(texts), TOGETHER):
            some = list(texts)[start : start + TOGETHER]
            future = pool.submit(compile_, [texts[text] for text in some])
            programs |= {text: (future, number) for number, text in enumerate(some)}

        def reports() -> Iterator[TypeReport]:
            for spec, of in names.items():
                text = convert(spec, dialect)
                future, number = programs[text]
                x = inputs(spec, count)
                cpp = _run([str(future.result()), str(number)], text, spec, x, timeout)
                yield _compared(spec, text, tuple(of), x, cpp)

        try:
            done = tuple(track(reports(), len(names)))
        finally:
            pool.shutdown(cancel_futures=True)
    return Report(done, f'{toolchain.compiler} ({toolchain.version})', toolchain.headers)


def _names(types: Any) -> dict[Spec, list[str]]:
    """The specs, each once, with their names."""
    if isinstance(types, Mapping):
        named = list(types.items())
    else:
        named = [('', spec) for spec in ([types] if isinstance(types, str) or hasattr(types, 'kind') else types)]
    result: dict[Spec, list[str]] = {}
    for name, spec in named:
        made = parse_type(spec) if isinstance(spec, str) else spec
        result.setdefault(made, []).extend([name] if name else [])
    if not result:
        raise ValueError("'types' must hold at least one type: none")
    return result


def _compared(spec: Spec, text: str, names: tuple[str, ...], x: NDArray[np.float64], cpp: Any) -> TypeReport:
    python = _words(spec, x)
    wrong = np.flatnonzero((cpp != python).any(axis=1))
    first = None
    if wrong.size:
        at = wrong[0]
        first = Difference(float(x[at]), _binary(python[at], spec.bits), _binary(cpp[at], spec.bits))
    return TypeReport(spec, text, names, x.size, wrong.size, first)


def _run(command: list[str], text: str, spec: Spec, x: NDArray[np.float64], timeout: float) -> NDArray[np.uint64]:
    """The words that C++ makes of `x`, a row for each."""
    try:
        done = subprocess.run(command, input=x.tobytes(), capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise VerificationError(f'the program of {text} did not end in {timeout:g} s') from None
    except OSError as error:
        raise VerificationError(f'the program of {text} cannot be run: {error.strerror}') from None
    words = -(-spec.bits // WORD)
    if done.returncode or len(done.stdout) != x.size * words * 8:
        said = done.stderr.decode(errors='replace').strip()[-300:]
        raise VerificationError(f'the program of {text} ended early, with exit code {done.returncode}: {said}')
    return np.frombuffer(done.stdout, np.uint64).reshape(x.size, words)


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
