"""An import path that other packages use; the code is in `quantizers.functional`."""

from .fixed_point_ops_np import get_fixed_quantizer_np as get_fixed_quantizer_np
