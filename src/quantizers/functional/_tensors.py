"""What stands between the functional API and the formulas: the library is that of the first tensor among what is given.

Where there is none, Keras makes one of `x`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._maths.floats import UNBOUNDED
from .._maths.law import Law
from .._maths.laws import BINARY, MINIFLOAT, TERNARY, RoundingLaw
from ..backends import backend_for
from ..backends.tensors import kernels
from ..backends.tensors.backend import TensorBackend, seed_of
from ..backends.tensors.library import Tensor
from ._quantizer import FixedQuantizer
from ._widths import sign_bits, width


def fixed(
    quantizer: FixedQuantizer, x: object, k: object, i: object, f: object, training: bool, seed_gen: object
) -> Tensor:
    """See `FixedQuantizerKeras.__call__`."""
    drawing = training and quantizer.stochastic
    seed = seed_of(f'S_{quantizer.round_mode}', seed_gen) if drawing else None
    backend = _backend(x, k, i, f)
    widths = {'k': _sign_bits(backend, k), 'i': _width(backend, 'i', i), 'f': _width(backend, 'f', f)}
    if all(isinstance(width, int | np.ndarray) for width in widths.values()):
        quantizer.law.check(np, *widths.values())
    return backend.by_law(quantizer.law.in_training if training else quantizer.law, backend.tensor(x), widths, seed)


def rounded(quantizer: FixedQuantizer, x: object, f: object, stochastic: bool, seed_gen: object) -> Tensor:
    """See `FixedQuantizerKeras.round`."""
    seed = seed_of(f'S_{quantizer.round_mode}', seed_gen) if stochastic else None
    return _by_law(RoundingLaw(quantizer.round_mode), x, {'f': f}, seed)


def whole_numbers(x: object) -> Tensor:
    """See `round_conv`."""
    backend = _backend(x)
    return backend.whole_numbers(backend.tensor(x))


def minifloat(x: object, m: object, e: object, e0: object) -> Tensor:
    """See `float_quantize`."""
    return _by_law(MINIFLOAT, x, {'m': m, 'e': e, 'e0': e0})


def decomposed(x: object, m: object, e: object, e0: object) -> tuple[Tensor, Tensor]:
    """See `float_decompose`."""
    backend = _backend(x, m, e, e0)
    widths = {name: _width(backend, name, value) for name, value in {'m': m, 'e': e, 'e0': e0}.items()}
    return kernels.decompose(backend.library, backend.real(backend.tensor(x)), widths)


def binary(x: object) -> Tensor:
    """See `binary_quantize`."""
    return _by_law(BINARY, x, {})


def ternary(x: object) -> Tensor:
    """See `ternary_quantize`."""
    return _by_law(TERNARY, x, {'k': 1, 'i': 1, 'f': 0})


def _by_law(law: Law, x: object, widths: dict[str, Any], seed: object = None) -> Tensor:
    backend = _backend(x, *widths.values())
    own = {name: _width(backend, name, value) for name, value in widths.items()}
    return backend.by_law(law, backend.tensor(x), own, seed)


def _backend(*values: object) -> TensorBackend:
    """That of the first tensor or variable."""
    for value in values:
        backend = backend_for(value)
        if isinstance(backend, TensorBackend):
            return backend
    from ..backends.keras.backend import backend as keras

    return keras


def _width(backend: TensorBackend, name: str, value: Any) -> Any:
    """A tensor, or where the width is known an int or an array of integers."""
    if type(value) is int:  # without NumPy, which torch.compile would run as PyTorch
        return max(-UNBOUNDED, min(value, UNBOUNDED))
    tensor = backend.own(name, value)
    return _int_or_array(width(name, value)) if tensor is None else tensor


def _sign_bits(backend: TensorBackend, value: Any) -> Any:
    if type(value) is int and 0 <= value <= 1:
        return value
    tensor = backend.own('k', value)
    return _int_or_array(sign_bits(value)) if tensor is None else tensor


def _int_or_array(integers: Any) -> Any:
    return integers if integers.ndim else int(integers)
