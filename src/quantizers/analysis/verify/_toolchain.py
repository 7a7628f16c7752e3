"""The compiler and the vendor's headers that a comparison runs on."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from ..._checks.errors import VerificationError
from ...cpp.types import Dialect
from ._processes import Processes

# the folder, inside of a package that ships it, of the headers of a dialect
_SHIPPED = {
    'ap': {'da4ml': 'codegen/hls/source/ap_types/include', 'hls4ml': 'templates/vivado/ap_types'},
    'ac': {'da4ml': 'codegen/hls/source/ac_types/include', 'hls4ml': 'templates/quartus/ac_types'},
}
HEADERS = {'ap': 'ap_fixed.h', 'ac': 'ac_fixed.h'}


class Toolchain(NamedTuple):
    """A compiler, and a folder of headers for a dialect."""

    compiler: str
    version: str
    headers: Path
    dialect: Dialect


def find_toolchain(dialect: Dialect, include: str | os.PathLike[str] | None, compiler: str) -> Toolchain:
    """The compiler and the headers of a dialect.

    The headers are those in `include`; else, for `ap`, of the Vitis or Vivado HLS in the environment variable
    XILINX_HLS; else those that an installed da4ml or hls4ml ships. Raises VerificationError where one is missing.
    """
    path = shutil.which(compiler)
    if path is None:
        raise VerificationError(f"'compiler' must be on the PATH, so install g++ or name another one: {compiler}")
    try:
        done = Processes().run([path, '--version'], timeout=30)
        done.check_returncode()
    except (OSError, subprocess.SubprocessError) as error:
        raise VerificationError(f"'compiler' must answer --version, as g++ does: {path}: {error}") from None
    version = done.stdout.decode(errors='replace').partition('\n')[0]
    return Toolchain(path, version, _headers(dialect, include), dialect)


def _headers(dialect: Dialect, include: str | os.PathLike[str] | None) -> Path:
    name = HEADERS[dialect]
    if include is not None:
        return _folder(Path(include), name, "'include'")
    vitis = os.environ.get('XILINX_HLS')
    if vitis and dialect == 'ap':
        return _folder(Path(vitis, 'include'), name, "the environment variable 'XILINX_HLS'")
    for package, inside in _SHIPPED[dialect].items():
        found = importlib.util.find_spec(package)
        for root in (found.submodule_search_locations or ()) if found else ():
            if Path(root, inside, name).is_file():
                return Path(root, inside)
    raise VerificationError(f'{name} is missing: pip install da4ml, which ships it, or name its folder as include')


def _folder(path: Path, name: str, what: str) -> Path:
    if not (path / name).is_file():
        raise VerificationError(f'{what} must lead to a folder that holds {name}: {path}')
    return path.resolve()
