"""An import path that other packages use; the code is in `quantizers.functional`."""

from ..functional import float_decompose as float_decompose
from ..functional import float_decompose_np as float_decompose_np
from ..functional import float_quantize as float_quantize
from ..functional import float_quantize_np as float_quantize_np
