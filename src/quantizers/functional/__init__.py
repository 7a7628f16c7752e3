"""The functional API: bit widths are arguments: numbers or arrays, in Keras tensors and variables too."""

from ._keras import FixedQuantizerKeras as FixedQuantizerKeras
from ._keras import binary_quantize as binary_quantize
from ._keras import float_decompose as float_decompose
from ._keras import float_quantize as float_quantize
from ._keras import get_fixed_quantizer as get_fixed_quantizer
from ._keras import round_conv as round_conv
from ._keras import ternary_quantize as ternary_quantize
from ._numpy import FixedQuantizerNumpy as FixedQuantizerNumpy
from ._numpy import binary_quantize_np as binary_quantize_np
from ._numpy import float_decompose_np as float_decompose_np
from ._numpy import float_quantize_np as float_quantize_np
from ._numpy import get_fixed_quantizer_np as get_fixed_quantizer_np
from ._numpy import ternary_quantize_np as ternary_quantize_np
