"""An import path that other packages use; the code is in `quantizers.functional`."""

from ..functional import float_decompose, float_decompose_np, float_quantize, float_quantize_np

__all__ = ['float_decompose', 'float_decompose_np', 'float_quantize', 'float_quantize_np']
