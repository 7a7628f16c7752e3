"""An import path that other packages use; the code is in `quantizers.functional`."""

from .float_point_ops_np import float_decompose_np as float_decompose_np
from .float_point_ops_np import float_quantize_np as float_quantize_np
