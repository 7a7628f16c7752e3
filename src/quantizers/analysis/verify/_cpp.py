"""The C++ side: types compiled in the background, and what they convert doubles to."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from ..._checks.errors import VerificationError
from ...cpp.types import convert
from ...formats import Spec
from ._processes import Processes
from ._program import Program
from ._programs import Programs
from ._toolchain import Toolchain

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self

WORD = 64
TOGETHER = 8  # types in a program: most of the time of a compiler goes into the headers
_AWAKE = 0.1  # seconds after which Ctrl-C is seen


class Cpp:
    """Some types of a dialect in C++; a context manager, at whose start they begin to be compiled.

    Raises ValueError, when it is made, for a type that the dialect cannot say.
    """

    def __init__(self, specs: Iterable[Spec], toolchain: Toolchain, timeout: float) -> None:
        self._timeout = timeout
        # a type has its warnings once; two specs may be one type in C++
        self.texts = {spec: convert(spec, toolchain.dialect) for spec in dict.fromkeys(specs)}
        self._specs = {text: spec for spec, text in self.texts.items()}
        self._processes = Processes()
        self._compiled = Programs(toolchain, self._processes, timeout).compiled
        self._pool = ThreadPoolExecutor(os.cpu_count())
        self._programs: dict[str, tuple[Future[Program], int]] = {}

    def __enter__(self) -> Self:
        try:
            for start in range(0, len(self._specs), TOGETHER):
                some = dict(islice(self._specs.items(), start, start + TOGETHER))
                future = self._pool.submit(self._compiled, some)
                self._programs |= {text: (future, number) for number, text in enumerate(some)}
        except BaseException:  # Ctrl-C: the first compiler runs before the last type has come
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._processes.end()  # after an error, such as Ctrl-C, nothing compiles any more
        self._pool.shutdown(cancel_futures=True)

    def words(self, spec: Spec, x: NDArray[np.float64]) -> NDArray[np.uint64]:
        """The raw bits of each of `x`, a row of words for each, the lowest word first.

        Raises VerificationError where the type does not compile, or its program fails or does not end.
        """
        text = self.texts[spec]
        future, number = self._programs[text]
        # a signal does not end the wait where another thread gets it, or where it comes just before
        while not wait((future,), _AWAKE).done:
            pass
        program = future.result()
        try:
            done = program.run(self._processes, str(number), x.tobytes(), self._timeout)
        except subprocess.TimeoutExpired:
            program.remove()  # it may be damaged
            raise VerificationError(
                f'the program of {text} did not end in {self._timeout:g} s; it is removed, and made again next time'
            ) from None
        except OSError as error:
            program.remove()
            raise VerificationError(
                f'the program of {text} cannot be run: {error.strerror}; it is removed, and made again next time'
            ) from None
        words = -(-spec.bits // WORD)
        if done.returncode or len(done.stdout) != x.size * words * 8:
            program.remove()
            said = done.stderr.decode(errors='replace').strip()[-300:]
            raise VerificationError(f'the program of {text} ended early, with exit code {done.returncode}: {said}')
        return np.frombuffer(done.stdout, np.uint64).reshape(x.size, words)
