"""Which array library an array belongs to, and the object that quantizes its arrays.

A backend is found by the modules of `type(x).__mro__`, once for each type. The libraries themselves are never imported
here; a type that nobody knows is a TypeError, never a silent conversion.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from .._checks.shown import shown

GROUP = 'quantizers.backends'
_NUMBERS = 'builtins', 'fractions', 'decimal'  # the modules of Python's own numbers and lists


class Backend(Protocol):
    """What an array library needs to be one of ours."""

    def quantize(self, spec: Any, x: Any, *, out: Any, training: bool, seed_gen: Any, threads: int | None) -> Any:
        """`x` quantized to `spec`, in `x`'s own library, shape and floating dtype.

        What a library has no use for it refuses, where it is not None, False, None and 1.
        """


def _numpy() -> Backend:
    from .numpy.backend import backend

    return backend


def _dask() -> Backend:
    from .dask import backend

    return backend


def _jax() -> Backend:
    from .jax.backend import backend

    return backend


def _torch() -> Backend:
    from .torch.backend import backend

    return backend


def _tensorflow() -> Backend:
    from .keras.tensorflow import backend

    return backend


def _keras() -> Backend:
    from .keras.backend import backend

    return backend


# a function each, as torch.compile, where it makes the first call, runs statements of import while it makes one graph
_targets: dict[str, Callable[[], Backend]] = {
    **dict.fromkeys(('numpy', 'ml_dtypes', *_NUMBERS), _numpy),
    'dask': _dask,
    **dict.fromkeys(('jax', 'jaxlib'), _jax),
    'torch': _torch,
    'tensorflow': _tensorflow,
    'keras': _keras,
}
_by_type: dict[type, Backend] = {}


def register_backend(module: str, backend: Backend | str) -> None:
    """Let `backend` quantize the arrays whose type is defined in the top-level `module`, or derives from one that is.

    Args:
        module: the name of the array library's top-level package, such as 'cupy'.
        backend: an object with the method `quantize(spec, x, *, out, training, seed_gen, threads)`, or where to import
            it from on first use: 'package.module:object'.

    A package can do the same without being imported, by an entry point in the group `quantizers.backends`, named like
    the array library's package. Raises ValueError for a name or an object that cannot be one.
    """
    if not (isinstance(module, str) and module.isidentifier()):
        raise ValueError(f"'module' must be the name of a top-level package: {shown(module)}")
    if not callable(getattr(backend, 'quantize', None)) and not (isinstance(backend, str) and ':' in backend):
        raise ValueError(f"'backend' must have a method quantize, or read 'package.module:object': {shown(backend)}")
    _targets[module] = _imported(backend) if isinstance(backend, str) else lambda: backend
    _by_type.clear()


def backend_for(x: Any) -> Backend:
    """The backend that knows `type(x)`; Python's own numbers and lists are NumPy's. TypeError where there is none."""
    kind = type(x)
    try:
        return _by_type[kind]
    except KeyError:
        _by_type[kind] = backend = _find(kind)
        return backend


def _find(kind: type) -> Backend:
    own = _package(kind)
    if kind is not object and own in _targets:  # before its bases, of which torch.compile knows none
        return _targets[own]()
    modules = [_package(base) for base in kind.__mro__ if base is not object]
    for module in modules:
        if module in _targets:
            return _targets[module]()
    from importlib.metadata import entry_points  # slow to import, and seldom needed

    for entry in entry_points(group=GROUP):
        if entry.name in modules:
            register_backend(entry.name, entry.load())
            return _targets[entry.name]()
    raise TypeError(
        f'no backend knows the array type {kind.__module__}.{kind.__qualname__}; known array libraries: '
        f'{", ".join(sorted(set(_targets) - {*_NUMBERS}))}. register_backend adds one'
    )


def _package(kind: type) -> str:
    # it may be any object, None too; and torch.compile knows no method of that of a parameter, but what is made of it
    return f'{kind.__module__}'.partition('.')[0]


def _imported(path: str) -> Callable[[], Backend]:
    module, _, name = path.partition(':')

    def load() -> Backend:
        # torch.compile, where it makes the first call, would compile what is imported
        disable = getattr(getattr(sys.modules.get('torch'), 'compiler', None), 'disable', None)
        backend: Backend = getattr((disable(import_module) if disable else import_module)(module), name)
        return backend

    return load
