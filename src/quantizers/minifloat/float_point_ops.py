"""An import path that other packages use; the code is in `quantizers.functional`, and imports Keras when called."""

from ..functional import float_decompose as float_decompose
from ..functional import float_quantize as float_quantize
