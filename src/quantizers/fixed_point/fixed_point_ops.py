"""An import path that other packages use; the code is in `quantizers.functional`, and imports Keras when called."""

from ..functional import get_fixed_quantizer

__all__ = ['get_fixed_quantizer']
