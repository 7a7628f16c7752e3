"""An import path that other packages use; the code is in `quantizers.functional`, and imports Keras when called."""

from ..functional import get_fixed_quantizer as _get_fixed_quantizer
from ..functional import round_conv

__all__ = ['_get_fixed_quantizer', 'round_conv']
