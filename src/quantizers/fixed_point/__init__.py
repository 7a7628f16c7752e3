"""An import path that other packages use; the code is in `quantizers.functional`."""

from ..functional import get_fixed_quantizer as get_fixed_quantizer
from ..functional import get_fixed_quantizer_np as get_fixed_quantizer_np
