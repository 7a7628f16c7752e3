"""Keras: one binding for JAX, PyTorch and TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

try:
    import keras
except ModuleNotFoundError as error:
    if error.name != 'keras':
        raise
    raise ImportError("quantizing tensors needs Keras >= 3.12: pip install 'quantizers[keras]'") from None
if tuple(int(part) for part in re.findall(r'\d+', keras.__version__)[:2]) < (3, 12):
    raise ImportError(f"Keras must be >= 3.12: pip install 'keras>=3.12': {keras.__version__}")

import numpy as np

from ..._checks.capabilities import Capability, require
from ..._maths.floats import FLOATS
from ..precision import warn_if_inexact
from ..tensors import kernels as kernels
from ..tensors.library import Library
from .library import KerasLibrary
from .xp import Tensor as Tensor

if TYPE_CHECKING:
    from ..._maths.law import Law

# what NumPy and Keras make arrays and tensors of
_PLAIN = (bool, int, float, complex, list, tuple, np.ndarray, np.generic)
FRAMEWORKS = {'jax': 'jax', 'jaxlib': 'jax', 'torch': 'torch', 'tensorflow': 'tensorflow'}


def _library() -> Library:
    """That of the framework that Keras runs on."""
    name = keras.backend.backend()
    library: Library = import_module(f'.{name}', __package__).Library() if name in FRAMEWORKS else KerasLibrary()
    return library


LIBRARY = _library()
by_law = LIBRARY.as_written(kernels.quantize)
_warn = LIBRARY.at_trace_time(warn_if_inexact)


@LIBRARY.at_trace_time
def _warn_of_fields(kind: type, fields: tuple[Any, ...], dtype: str) -> None:
    warn_if_inexact(kind(*fields), dtype, stacklevel=4)


class KerasBackend:
    """Quantizes the tensors and variables of Keras' active backend."""

    def quantize(
        self,
        spec: Any,
        x: Any,
        *,
        out: Any = None,
        training: bool = False,
        seed_gen: Any = None,
        threads: int | None = 1,
    ) -> Any:
        """See `FixedQ.__call__`."""
        if out is not None:
            raise ValueError(f"'out' must be None for tensors, which are never changed in place: {type(out).__name__}")
        if threads != 1:
            raise ValueError(f"'threads' must be 1 for tensors: their framework has threads of its own: {threads}")
        if isinstance(x, keras.KerasTensor):
            return spec.as_layer()(x, training=training)
        require(spec, Capability.KERAS)
        if _is_complex(getattr(x, 'dtype', None)):
            return by_parts(lambda parts: self.quantize(spec, parts, training=training, seed_gen=seed_gen), x)
        tensor = as_tensor(x)
        law = spec.law.in_training if training else spec.law
        seed = seed_of(spec.rounding, seed_gen) if training and spec.stochastic else None
        result = by_law(LIBRARY, law, tensor, dict(zip(spec.law.widths, spec.law_widths, strict=True)), seed)
        dtype = keras.backend.standardize_dtype(tensor.dtype)
        if LIBRARY.compiling():  # which has of a format that it makes itself the fields alone
            kind, fields = spec.__reduce__()
            _warn_of_fields(kind, fields, dtype)
        else:
            _warn(spec, dtype, stacklevel=3)
        return result


backend = KerasBackend()


def quantized(law: Law, x: object, widths: Mapping[str, Any], seed: object = None) -> Tensor:
    """`x`, whatever becomes a tensor, by a law; of complex numbers the real and the imaginary part."""
    axes = max((len(width.shape) for width in widths.values() if not isinstance(width, int)), default=0)
    return by_parts(lambda real: by_law(LIBRARY, law, real, widths, seed), x, axes)


def by_parts(quantize: Callable[[Tensor], Tensor], x: object, axes: int = 0) -> Tensor:
    """`x`, whatever becomes a tensor, by what quantizes real numbers.

    Of complex numbers both parts at once, to which widths of so many axes broadcast.
    """
    tensor = _tensor(x)
    if not _is_complex(tensor.dtype):
        return quantize(_real(tensor))
    parts = keras.ops.stack([keras.ops.real(tensor), keras.ops.imag(tensor)])
    for _ in range(len(parts.shape), axes + 1):
        parts = keras.ops.expand_dims(parts, 1)
    result = quantize(parts)
    return LIBRARY.joined(result[0], result[1])


@LIBRARY.at_trace_time
def _is_complex(dtype: object) -> bool:
    """Whether a dtype of any framework is one of complex numbers."""
    return _is_complex_once(dtype)


@cache
def _is_complex_once(dtype: object) -> bool:
    return 'complex' in str(dtype)


def seed_of(rounding: str, seed_gen: object) -> Any:
    """`seed_gen`, refused where a stochastic mode is to draw from nothing."""
    if seed_gen is None:
        raise ValueError(f"'seed_gen' must be a keras.random.SeedGenerator or an int for {rounding} in training: None")
    return seed_gen


def as_tensor(x: object) -> Tensor:
    """`x`, a tensor, a variable, a number, a list or a NumPy array, as the active backend's tensor of a floating dtype.

    Raises TypeError for a tensor of another framework than Keras' active backend, and for what is no real number.
    """
    return _real(_tensor(x))


def _tensor(x: object) -> Tensor:
    tensor = tensor_or_none(x)
    if tensor is not None:
        return tensor
    if not isinstance(x, _PLAIN):
        raise TypeError(f"'x' must be a tensor, a NumPy array, a number or a list: {type(x).__qualname__}")
    return keras.ops.convert_to_tensor(x)


def _real(tensor: Tensor) -> Tensor:
    name = keras.backend.standardize_dtype(tensor.dtype)
    if name in FLOATS:
        return tensor
    if name.startswith('float8'):  # all of whose numbers float32 has
        return keras.ops.cast(tensor, 'float32')
    if name == 'bool' or 'int' in name:
        with LIBRARY.on_device_of(tensor):
            return keras.ops.cast(tensor, keras.config.floatx())
    raise TypeError(f"'x' must be a tensor of real numbers of at most 64 bits: dtype {name}")


def tensor_or_none(x: object) -> Tensor | None:
    """`x` where it is a tensor, the value of a variable; None for anything else. TypeError as in `as_tensor`."""
    name = _framework(type(x))
    if name is None:
        return None
    active = keras.backend.backend()
    if name == 'symbolic':
        raise TypeError("'x' must not be symbolic here: call a spec, or quantizers.layers.LearnedFixed: KerasTensor")
    if name == 'traced':
        raise TypeError(
            "'x' must be a tensor, and torch.fx traces by what knows no dtype: let torch.fx.wrap make one node of a "
            f'function that calls the quantizer: {type(x).__name__}'
        )
    if name not in (active, 'keras'):
        raise TypeError(
            f"Keras runs on {active}, and 'x' is a tensor of {name}: set the environment variable "
            f'KERAS_BACKEND={name} before Keras is imported'
        )
    if name == 'keras':
        return x.value  # type: ignore[attr-defined]
    return x if LIBRARY.is_tensor(x) else keras.ops.convert_to_tensor(x)


@LIBRARY.at_trace_time
def _framework(kind: type) -> str | None:
    """Whose tensors or variables are of this type; None for no tensors."""
    return _framework_once(kind)


@cache
def _framework_once(kind: type) -> str | None:
    if issubclass(kind, keras.KerasTensor):
        return 'symbolic'
    if issubclass(kind, keras.Variable):
        return 'keras'
    if kind.__module__ == 'torch.fx.proxy':
        return 'traced'
    modules = [base.__module__.partition('.')[0] for base in kind.__mro__]
    return next((FRAMEWORKS[module] for module in modules if module in FRAMEWORKS), None)
