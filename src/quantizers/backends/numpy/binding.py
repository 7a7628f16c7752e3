"""Which binding of the formulas quantizes NumPy arrays: NumPy's ufuncs, or loops that LLVM compiles."""

from __future__ import annotations

import os
import warnings
from functools import cache
from importlib.util import find_spec
from typing import Any

from ..._checks.shown import shown
from . import kernels as numpy_kernels

SETTING = 'QUANTIZERS_NUMPY'
# with fewer elements NumPy is done before LLVM is imported, and a loop compiled
COMPILED_FROM = 1 << 20

Binding = Any  # a module: `numpy_kernels`, or `program.compiled`, which has the same function `kernel`


def binding_for(size: int) -> Binding:
    """The binding for an array of `size` elements.

    LLVM's, where llvmlite is installed, for large arrays; the environment variable QUANTIZERS_NUMPY=plain or compiled
    chooses one for all arrays. Raises ValueError for another value, ImportError where LLVM is chosen and missing.
    """
    setting = _setting()
    if setting == 'plain' or (setting == '' and size < COMPILED_FROM):
        return numpy_kernels
    return _compiled(required=setting == 'compiled')


def compiles(size: int) -> bool:
    """Whether that is LLVM's."""
    return binding_for(size) is not numpy_kernels


@cache
def _setting() -> str:
    setting = os.environ.get(SETTING, '')
    if setting not in ('', 'plain', 'compiled', 'numba'):
        raise ValueError(
            f'the environment variable {SETTING!r} must be plain or compiled, or not be set: {shown(setting)}'
        )
    return 'compiled' if setting == 'numba' else setting  # its name when numba compiled the loops


def _installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ValueError:  # what stands in its place in sys.modules was never imported
        return False


@cache
def _compiled(required: bool) -> Binding:
    if not required and not _installed('llvmlite'):
        return numpy_kernels
    try:
        from ..program import compiled
    except ImportError as error:
        if required:
            message = f"{SETTING}=compiled needs llvmlite: pip install 'quantizers[compiled]': {error}"
            raise ImportError(message) from error
        warnings.warn(
            f'llvmlite is installed but cannot be used, so NumPy quantizes large arrays; {SETTING}=plain says that '
            f'this is meant: {error}',
            RuntimeWarning,
            stacklevel=5,
        )
        return numpy_kernels
    return compiled
