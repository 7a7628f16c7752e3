"""Modules of PyTorch. They need PyTorch alone; Keras' layers are `quantizers.layers`."""

from ._learned import LearnedFixed, bit_cost, learned_modules
from ._onnx import export_qonnx
from ._quantize import Quantize
from ._weights import QuantizedConv2d, QuantizedLinear

__all__ = [
    'LearnedFixed',
    'Quantize',
    'QuantizedConv2d',
    'QuantizedLinear',
    'bit_cost',
    'export_qonnx',
    'learned_modules',
]
