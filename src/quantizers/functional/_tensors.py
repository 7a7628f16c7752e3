"""What stands between the functional API and the formulas: tensors are made of what the user gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._backends._keras import Tensor, _keras_kernels, as_tensor, checked, tensor_or_none
from .._maths.floats import UNBOUNDED
from ._widths import sign_bits, width


def fixed(modes: tuple[Any, ...], x: Any, k: Any, i: Any, f: Any) -> Tensor:
    """See `FixedQuantizerKeras.__call__`."""
    all_modes = checked(_keras_kernels.Modes(*modes))
    k, i, f = _sign_bits(k), _width('i', i), _width('f', f)
    _check_room(all_modes.saturation_bits, k, i, f)
    return _keras_kernels.quantize_fixed(as_tensor(x), k, i, f, all_modes)


def rounded(modes: tuple[Any, ...], x: Any, f: Any) -> Tensor:
    """See `FixedQuantizerKeras.round`."""
    return _keras_kernels.round_fixed(as_tensor(x), _width('f', f), checked(_keras_kernels.Modes(*modes)))


def minifloat(x: Any, m: Any, e: Any, e0: Any) -> Tensor:
    """See `float_quantize`."""
    return _keras_kernels.quantize_minifloat(as_tensor(x), _width('m', m), _width('e', e), _width('e0', e0))


def decomposed(x: Any, m: Any, e: Any, e0: Any) -> tuple[Tensor, Tensor]:
    """See `float_decompose`."""
    return _keras_kernels.decompose_minifloat(as_tensor(x), _width('m', m), _width('e', e), _width('e0', e0))


def binary(x: Any) -> Tensor:
    """See `binary_quantize`."""
    return _keras_kernels.quantize_binary(as_tensor(x))


def ternary(x: Any) -> Tensor:
    """See `ternary_quantize`."""
    return _keras_kernels.quantize_ternary(as_tensor(x))


def _width(name: str, value: Any) -> Any:
    """A tensor, or where the width is known an int or an array of integers."""
    tensor = tensor_or_none(value)
    if tensor is not None:
        return tensor
    # a plain int without NumPy, which torch.compile would run as PyTorch
    return max(-UNBOUNDED, min(value, UNBOUNDED)) if type(value) is int else _int_or_array(width(name, value))


def _sign_bits(value: Any) -> Any:
    tensor = tensor_or_none(value)
    if tensor is not None:
        return tensor
    return value if type(value) is int and 0 <= value <= 1 else _int_or_array(sign_bits(value))


def _int_or_array(integers: Any) -> Any:
    return integers if integers.ndim else int(integers)


def _check_room(saturation_bits: int, *widths: Any) -> None:
    if saturation_bits and all(isinstance(width, int | np.ndarray) for width in widths):
        k, i, f = widths
        if np.any(k + np.maximum(i, -f) + f <= saturation_bits):
            raise ValueError(f"'saturation_bits' must be less than k + i + f: {saturation_bits}")
