"""What stands between the functional API and the formulas: tensors are made of what the user gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._maths.floats import UNBOUNDED
from .._maths.laws import BINARY, MINIFLOAT, TERNARY, RoundingLaw
from ..backends.keras.backend import (
    LIBRARY,
    Tensor,
    as_tensor,
    by_parts,
    kernels,
    quantized,
    seed_of,
    tensor_or_none,
)
from ._quantizer import FixedQuantizer
from ._widths import sign_bits, width

_whole_numbers = LIBRARY.as_written(kernels.whole_numbers)


def fixed(
    quantizer: FixedQuantizer, x: object, k: object, i: object, f: object, training: bool, seed_gen: object
) -> Tensor:
    """See `FixedQuantizerKeras.__call__`."""
    drawing = training and quantizer.stochastic
    seed = seed_of(f'S_{quantizer.round_mode}', seed_gen) if drawing else None
    widths = {'k': _sign_bits(k), 'i': _width('i', i), 'f': _width('f', f)}
    if all(isinstance(width, int | np.ndarray) for width in widths.values()):
        quantizer.law.check(np, *widths.values())
    law = quantizer.law.in_training if training else quantizer.law
    return quantized(law, x, widths, seed)


def rounded(quantizer: FixedQuantizer, x: object, f: object, stochastic: bool, seed_gen: object) -> Tensor:
    """See `FixedQuantizerKeras.round`."""
    widths = {'f': _width('f', f)}
    seed = seed_of(f'S_{quantizer.round_mode}', seed_gen) if stochastic else None
    return quantized(RoundingLaw(quantizer.round_mode), x, widths, seed)


def whole_numbers(x: object) -> Tensor:
    """See `round_conv`."""
    return by_parts(lambda real: _whole_numbers(LIBRARY, real), x)


def minifloat(x: object, m: object, e: object, e0: object) -> Tensor:
    """See `float_quantize`."""
    return quantized(MINIFLOAT, x, _minifloat_widths(m, e, e0))


def decomposed(x: object, m: object, e: object, e0: object) -> tuple[Tensor, Tensor]:
    """See `float_decompose`."""
    return kernels.decompose(LIBRARY, as_tensor(x), _minifloat_widths(m, e, e0))


def binary(x: object) -> Tensor:
    """See `binary_quantize`."""
    return quantized(BINARY, x, {})


def ternary(x: object) -> Tensor:
    """See `ternary_quantize`."""
    return quantized(TERNARY, x, {'k': 1, 'i': 1, 'f': 0})


def _minifloat_widths(m: object, e: object, e0: object) -> dict[str, Any]:
    return {'m': _width('m', m), 'e': _width('e', e), 'e0': _width('e0', e0)}


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
