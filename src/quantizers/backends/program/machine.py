"""This machine's compiler: the text of a function becomes one that can be called with NumPy arrays."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from hashlib import sha256
from threading import Lock
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from .kept import kept
from .llvm import OUTSIDE

# what CPython's objects begin with, after which an array has the address of its numbers
HEAD = object.__basicsize__
_addresses: dict[str, int] = {}
_lock = Lock()  # LLVM compiles for one thread at a time


def _processor() -> tuple[str, str]:
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


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
    cpu, features = _processor()
    machine = llvm.Target.from_default_triple().create_target_machine(cpu=cpu, features=features, opt=3, jit=True)
    return machine, llvm.create_mcjit_compiler(llvm.parse_assembly(''), machine)


_TARGET, _ENGINE = _machine()
_LLVM = repr((llvmlite.__version__, llvm.llvm_version_info, _TARGET.triple, *_processor()))


def function(text: str, name: str, numbers: int, arrays: int) -> Callable[..., None]:
    """A function of so many integers of 64 bits, and of so many arrays by their addresses as objects.

    Other threads of Python run beside it.
    """
    kinds = [ctypes.c_int64] * numbers + [ctypes.c_void_p] * arrays
    return ctypes.CFUNCTYPE(None, *kinds)(_address(text, name))


def _address(text: str, name: str) -> int:
    """Where the code of a text is, whose name within all of a process is of its checksum."""
    checksum = sha256(f'{_LLVM}\n{text}'.encode()).hexdigest()
    own = f'{name}_{checksum}'
    with _lock:
        if own not in _addresses:
            code = kept(f'{checksum}.o', lambda: _compiled(text, name, own))
            _ENGINE.add_object_file(llvm.ObjectFileRef.from_data(code))
            _ENGINE.finalize_object()
            _addresses[own] = _ENGINE.get_function_address(own)
        return _addresses[own]


def _compiled(text: str, name: str, own: str) -> bytes:
    module = llvm.parse_assembly(text)
    module.get_function(name).name = own
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = True
    passes = llvm.create_pass_builder(_TARGET, options)
    passes.getModulePassManager().run(module, passes)
    code: bytes = _TARGET.emit_object(module)
    return code
