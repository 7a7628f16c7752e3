"""What stands between the functional API and the formulas: tensors are made of what the user gives."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from .._backends import _keras_kernels as kernels
from .._backends._keras import as_tensor, check_framework, checked
from .._backends._keras_xp import Tensor
from ._widths import sign_bits, width


def fixed(modes: tuple[Any, ...], x: Any, k: Any, i: Any, f: Any) -> Tensor:
    """See `FixedQuantizerKeras.__call__`."""
    all_modes = checked(kernels.Modes(*modes))
    k, i, f = _sign_bits(k), _width('i', i), _width('f', f)
    _check_room(all_modes.saturation_bits, k, i, f)
    return kernels.quantize_fixed(as_tensor(x), k, i, f, all_modes)


def rounded(modes: tuple[Any, ...], x: Any, f: Any) -> Tensor:
    """See `FixedQuantizerKeras.round`."""
    return kernels.round_fixed(as_tensor(x), _width('f', f), checked(kernels.Modes(*modes)))


def minifloat(x: Any, m: Any, e: Any, e0: Any) -> Tensor:
    """See `float_quantize`."""
    return kernels.quantize_minifloat(as_tensor(x), _width('m', m), _width('e', e), _width('e0', e0))


def decomposed(x: Any, m: Any, e: Any, e0: Any) -> tuple[Tensor, Tensor]:
    """See `float_decompose`."""
    return kernels.decompose_minifloat(as_tensor(x), _width('m', m), _width('e', e), _width('e0', e0))


def binary(x: Any) -> Tensor:
    """See `binary_quantize`."""
    return kernels.quantize_binary(as_tensor(x))


def ternary(x: Any) -> Tensor:
    """See `ternary_quantize`."""
    return kernels.quantize_ternary(as_tensor(x))


def _width(name: str, value: Any) -> Any:
    """A tensor, or where the width is known an int or an array of integers."""
    tensor = _tensor_or_none(value)
    return _known(width(name, value)) if tensor is None else tensor


def _sign_bits(value: Any) -> Any:
    tensor = _tensor_or_none(value)
    return _known(sign_bits(value)) if tensor is None else tensor


def _tensor_or_none(value: Any) -> Tensor | None:
    check_framework(value)
    if isinstance(value, keras.Variable):
        return ops.convert_to_tensor(value)
    return value if ops.is_tensor(value) else None


def _known(integers: Any) -> Any:
    return integers if integers.ndim else int(integers)


def _check_room(saturation_bits: int, *widths: Any) -> None:
    if saturation_bits and not any(ops.is_tensor(w) for w in widths):
        k, i, f = widths
        if np.any(k + np.maximum(i, -f) + f <= saturation_bits):
            raise ValueError(f"'saturation_bits' must be less than k + i + f: {saturation_bits}")
