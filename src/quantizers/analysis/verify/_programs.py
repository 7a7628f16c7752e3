"""The C++ program of some types, and its compilation."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from ..._checks.errors import VerificationError
from ...cpp.headers import VENDOR_MAX_W
from ...cpp.include import get_include
from ...cpp.types import Dialect
from ...files.own_folder import UNFINISHED, own_folder
from ...formats import Spec
from ._processes import Processes
from ._program import Program
from ._toolchain import HEADERS, Toolchain

FLAGS = ('-std=c++14', '-O1', '-w')

_FUNCTION = """
// doubles in; out, for each, the raw bits of the type in words of 64 bits, the lowest word first
static bool convert{number}() {{
    typedef {type} type;
    double x;
    while (std::fread(&x, sizeof x, 1, stdin) == 1) {{
        {made}
        for (int low = 0; low < {width}; low += 64) {{
            const unsigned long long word = {word};
            if (std::fwrite(&word, sizeof word, 1, stdout) != 1)
                return false;
        }}
    }}
    return std::fflush(stdout) == 0;
}}
"""
_MAIN = """
// the argument says which of the types
int main(int count, char** arguments) {{
    bool (*const types[])() = {{{functions}}};
    return count == 2 && types[std::atoi(arguments[1])]() ? 0 : 1;
}}
"""


def program(types: Mapping[str, Spec], dialect: Dialect) -> str:
    """The C++ text, made of nothing but validated numbers and modes."""
    functions = [_function(number, *type_, dialect) for number, type_ in enumerate(types.items())]
    names = ', '.join(f'convert{number}' for number in range(len(types)))
    return ''.join([_opening(types.values(), dialect), *functions, _MAIN.format(functions=names)])


def _opening(specs: Collection[Spec], dialect: Dialect) -> str:
    headers = dict.fromkeys(spec.cpp_class.header if dialect == 'ap' else HEADERS[dialect] for spec in specs)
    widest = max(spec.bits for spec in specs)
    limit = f'#define AP_INT_MAX_W {widest}\n' if dialect == 'ap' and widest > VENDOR_MAX_W else ''
    return limit + ''.join(f'#include <{name}>\n' for name in (*headers, 'cstdio', 'cstdlib'))


def _function(number: int, text: str, spec: Spec, dialect: Dialect) -> str:
    if dialect == 'ac':
        # unsigned before it is widened
        raw = f'ac_int<{spec.bits}, false>(type(x).slc<{spec.bits}>(0))'
        made = f'const ac_int<{spec.bits + 63}, false> bits = {raw};'
        word = 'bits.slc<64>(low).to_uint64()'
    else:
        made = f'type value(x);\n        const ap_uint<{spec.bits}> bits = value.{spec.cpp_class.raw_bits};'
        word = 'ap_uint<64>(bits >> low).to_uint64()'
    return _FUNCTION.format(number=number, type=text, made=made, width=spec.bits, word=word)


class Programs:
    """Compiles the programs of types, with one compiler and one set of headers."""

    def __init__(self, toolchain: Toolchain, processes: Processes, timeout: float) -> None:
        self._toolchain, self._processes, self._timeout = toolchain, processes, timeout
        # all text of the headers, so that a change in any of them makes another program
        self._headers = cache(self._preprocessed)

    def compiled(self, types: Mapping[str, Spec]) -> Program:
        """The program of types by their text, from the cache if it is of the same compiler and headers.

        Raises VerificationError where it does not compile, or not in time, or no folder is the user's own.
        """
        try:
            folder = own_folder('verify')
        except OSError as error:
            raise VerificationError(str(error)) from None
        dialect = self._toolchain.dialect
        text = program(types, dialect)
        key = repr((text, FLAGS, self._toolchain)).encode() + self._headers(_opening(types.values(), dialect), folder)
        target = folder / hashlib.sha256(key).hexdigest()
        try:
            return Program.found(target)
        except FileNotFoundError:
            pass
        with _scratch(folder) as scratch:
            made = Path(scratch, 'program')
            self._compile(text, scratch, what=', '.join(types), flags=('-o', str(made)))
            try:
                return Program.found(made).kept_as(target)
            except OSError as error:
                raise VerificationError(f'{self._toolchain.compiler} made no program: {error.strerror}') from None

    def _preprocessed(self, text: str, folder: Path) -> bytes:
        with _scratch(folder) as scratch:
            return self._compile(text, scratch, what=f'{HEADERS[self._toolchain.dialect]} alone', flags=('-E',))

    def _compile(self, text: str, scratch: str, *, what: str, flags: tuple[str, ...]) -> bytes:
        compiler, _, headers, _ = self._toolchain
        command = [compiler, *FLAGS, *flags, '-I', get_include(), '-isystem', str(headers), '-x', 'c++', '-']
        env = os.environ | {'TMPDIR': scratch}
        try:
            done = self._processes.run(command, text.encode(), timeout=self._timeout, env=env)
        except subprocess.TimeoutExpired:
            raise VerificationError(f'{compiler} did not compile {what} in {self._timeout:g} s') from None
        except OSError as error:
            raise VerificationError(f'{compiler} cannot be run: {error.strerror}') from None
        if done.returncode:
            said = done.stderr.decode(errors='replace')
            reasons = [line for line in said.splitlines() if 'error' in line]
            reason = ' '.join(reasons[:1] or said[-300:].split() or [f'exit code {done.returncode}'])
            raise VerificationError(f'{compiler} does not compile {what} with {headers}: {reason}')
        return done.stdout


def _scratch(folder: Path) -> TemporaryDirectory[str]:
    """A folder for what a compiler writes, its temporary files too, which a compiler that is killed leaves behind."""
    return TemporaryDirectory(suffix=UNFINISHED, dir=folder, ignore_cleanup_errors=True)
