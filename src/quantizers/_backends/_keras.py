"""Keras: one binding for JAX, PyTorch and TensorFlow."""

from __future__ import annotations

import re
from typing import Any

try:
    import keras
except ModuleNotFoundError as error:
    if error.name != 'keras':
        raise
    raise ImportError("quantizing tensors needs Keras >= 3.12: pip install 'quantizers[keras]'") from None
if tuple(int(part) for part in re.findall(r'\d+', keras.__version__)[:2]) < (3, 12):
    raise ImportError(f"Keras must be >= 3.12: pip install 'keras>=3.12': {keras.__version__}")

from .._maths.floats import FLOATS
from ._keras_kernels import Modes, quantize_binary, quantize_fixed, quantize_minifloat, quantize_ternary
from ._keras_xp import Tensor
from ._precision import warn_if_inexact

FRAMEWORKS = {'jax': 'jax', 'jaxlib': 'jax', 'torch': 'torch', 'tensorflow': 'tensorflow'}


class KerasBackend:
    """Quantizes the tensors and variables of Keras' active backend."""

    def quantize(self, spec: Any, x: Any, *, out: Any = None, training: bool = False, seed_gen: Any = None) -> Any:
        """See `FixedQ.__call__`."""
        if out is not None:
            raise ValueError(f"'out' must be None for tensors, which are never changed in place: {type(out).__name__}")
        if isinstance(x, keras.KerasTensor):
            from ..layers import Quantize

            return Quantize(spec)(x, training=training)
        tensor = as_tensor(x)
        warn_if_inexact(spec, keras.backend.standardize_dtype(tensor.dtype), stacklevel=4)
        if spec.kind == 'minifloat':
            return quantize_minifloat(tensor, spec.mantissa_bits, spec.exponent_bits, spec.exponent_zero)
        if spec.kind == 'binary':
            return quantize_binary(tensor)
        if spec.kind == 'ternary':
            return quantize_ternary(tensor)
        modes = checked(Modes(spec.rounding, spec.overflow, spec.saturation_bits, training, seed_gen))
        return quantize_fixed(tensor, spec.k, spec.i, spec.f, modes)


backend = KerasBackend()


def checked(modes: Modes) -> Modes:
    """`modes`, refused where a stochastic mode is to draw from nothing."""
    if modes.training and modes.rounding.startswith('S_') and modes.seed_gen is None:
        raise ValueError(
            f"'seed_gen' must be a keras.random.SeedGenerator or an int for {modes.rounding} in training: None"
        )
    return modes


def as_tensor(x: Any) -> Tensor:
    """`x`, a tensor, a variable or what NumPy makes an array of, as the active backend's tensor of a floating dtype.

    Raises TypeError for a tensor of another framework than Keras' active backend, and for what is no real number.
    """
    check_framework(x)
    tensor = keras.ops.convert_to_tensor(x)
    name = keras.backend.standardize_dtype(tensor.dtype)
    if name in FLOATS:
        return tensor
    if name == 'bool' or 'int' in name:
        return keras.ops.cast(tensor, keras.config.floatx())
    raise TypeError(f"'x' must be a tensor of real numbers of at most 64 bits: dtype {name}")


def check_framework(x: Any) -> None:
    """Refuse a tensor of another framework than the one that Keras runs on."""
    active = keras.backend.backend()
    for base in type(x).__mro__:
        name = FRAMEWORKS.get(base.__module__.partition('.')[0], active)
        if name != active:
            raise TypeError(
                f"Keras runs on {active}, and 'x' is a tensor of {name}: set the environment variable "
                f'KERAS_BACKEND={name} before Keras is imported'
            )
