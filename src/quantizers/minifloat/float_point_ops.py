"""An import path that other packages use; the code is in `quantizers.functional`, and imports Keras when called."""

from ..functional import float_decompose, float_quantize

__all__ = ['float_decompose', 'float_quantize']
