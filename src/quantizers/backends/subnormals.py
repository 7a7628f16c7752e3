"""Subnormal numbers where a library has had the processor take them for zero, as `torch.set_flush_denormal(True)` does.

That is a flag of a thread, which new threads inherit. Here it is put down for as long as NumPy computes.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any, TypeVar

Function = TypeVar('Function', bound=Callable[..., Any])

_SMALLEST_NORMAL, _HALF = sys.float_info.min, 0.5
# C's FE_DFL_ENV in glibc and musl; other systems say it in other ways
_DEFAULT = ctypes.c_void_p(-1)
_ENVIRONMENT_BYTES = 256  # more than any fenv_t


def flushed() -> bool:
    """Whether this thread takes subnormal numbers for zero, as results or as operands."""
    return not _SMALLEST_NORMAL * _HALF


@contextmanager
def subnormals_kept() -> Iterator[None]:
    """This thread computes with subnormal numbers inside, and afterwards as before.

    Raises RuntimeError on systems where that cannot be had.
    """
    if not flushed():
        yield
        return
    before = ctypes.create_string_buffer(_ENVIRONMENT_BYTES)
    library = _floating_point_environment()
    if library is not None:
        library.fegetenv(before)
        library.fesetenv(_DEFAULT)
    try:
        if flushed():
            raise RuntimeError(
                'subnormal numbers are flushed to zero in this thread, where results would not be exact: '
                'torch.set_flush_denormal(False), or what else has set it, undone'
            )
        yield
    finally:
        if library is not None:
            library.fesetenv(before)


def keeps_subnormals(function: Function) -> Function:
    """`function`, in whose calls this thread computes with subnormal numbers."""

    @wraps(function)
    def keeping(*arguments: Any, **options: Any) -> Any:
        if flushed():
            with subnormals_kept():
                return function(*arguments, **options)
        return function(*arguments, **options)

    return keeping  # type: ignore[return-value]


@cache
def _floating_point_environment() -> ctypes.CDLL | None:
    """The library with C's `fegetenv` and `fesetenv`, where `_DEFAULT` is known."""
    if not sys.platform.startswith('linux'):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, 'fesetenv') else ctypes.CDLL('libm.so.6')
