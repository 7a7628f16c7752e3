"""The functional API: bit widths are arguments: numbers or arrays, in Keras tensors and variables too."""

from ._keras import (
    FixedQuantizerKeras,
    binary_quantize,
    float_decompose,
    float_quantize,
    get_fixed_quantizer,
    round_conv,
    ternary_quantize,
)
from ._numpy import (
    FixedQuantizerNumpy,
    binary_quantize_np,
    float_decompose_np,
    float_quantize_np,
    get_fixed_quantizer_np,
    ternary_quantize_np,
)

__all__ = [
    'FixedQuantizerKeras',
    'FixedQuantizerNumpy',
    'binary_quantize',
    'binary_quantize_np',
    'float_decompose',
    'float_decompose_np',
    'float_quantize',
    'float_quantize_np',
    'get_fixed_quantizer',
    'get_fixed_quantizer_np',
    'round_conv',
    'ternary_quantize',
    'ternary_quantize_np',
]
