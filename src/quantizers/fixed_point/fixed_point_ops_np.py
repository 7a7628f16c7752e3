"""An import path that other packages use; the code is in `quantizers.functional`."""

from ..functional import get_fixed_quantizer_np

__all__ = ['get_fixed_quantizer_np']
