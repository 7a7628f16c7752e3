"""This machine's compiler: the text of a function becomes one that can be called with NumPy arrays."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import lru_cache
from itertools import count
from threading import Lock
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from .llvm import OUTSIDE

# what CPython's objects begin with, after which an array has the address of its numbers
HEAD = object.__basicsize__
_number = count()
_lock = Lock()  # LLVM compiles for one thread at a time


def _machine() -> tuple[Any, Any]:
    """What LLVM knows of this processor, and where it puts what it has compiled. Raises ImportError where it cannot."""
    probe = np.zeros(1)
    if ctypes.c_void_p.from_address(id(probe) + HEAD).value != probe.ctypes.data:
        raise ImportError('compiled loops need CPython, whose arrays begin with the address of their numbers')
    if not hasattr(llvm, 'create_pass_builder'):
        raise ImportError(f'llvmlite must be 0.45 or newer: {llvmlite.__version__}')
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    library = ctypes.CDLL('ucrtbase' if sys.platform == 'win32' else None)
    for name in OUTSIDE:
        if not hasattr(library, name):
            raise ImportError(f'compiled loops need {name!r} of the C library')
        llvm.add_symbol(name, ctypes.cast(getattr(library, name), ctypes.c_void_p).value)
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, jit=True
    )
    return machine, llvm.create_mcjit_compiler(llvm.parse_assembly(''), machine)


_TARGET, _ENGINE = _machine()


@lru_cache(maxsize=1024)
def function(text: str, name: str, numbers: int, arrays: int) -> Callable[..., None]:
    """A function of so many integers of 64 bits, and of so many arrays by their addresses as objects; once for a text.

    Other threads of Python run beside it.
    """
    with _lock:
        module = llvm.parse_assembly(text)
        module.get_function(name).name = own = f'{name}_{next(_number)}'
        options = llvm.create_pipeline_tuning_options(speed_level=3)
        options.loop_vectorization = True
        passes = llvm.create_pass_builder(_TARGET, options)
        passes.getModulePassManager().run(module, passes)
        _ENGINE.add_module(module)
        _ENGINE.finalize_object()
        address = _ENGINE.get_function_address(own)
    kinds = [ctypes.c_int64] * numbers + [ctypes.c_void_p] * arrays
    return ctypes.CFUNCTYPE(None, *kinds)(address)
