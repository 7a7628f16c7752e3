"""Keras layers. Importing this module lets `keras.saving` load models that hold a spec or one of these layers."""

from ..backends.keras import backend  # noqa: F401  (it says how to install Keras where that is missing, or too old)
from ._copy import copy_weights
from ._cost import BetaSchedule, LogBits, learned_layers
from ._learned import LearnedFixed
from ._quantize import Quantize, SpecConstraint
from ._weights import QuantizedConv2D, QuantizedDense

__all__ = [
    'BetaSchedule',
    'LearnedFixed',
    'LogBits',
    'Quantize',
    'QuantizedConv2D',
    'QuantizedDense',
    'SpecConstraint',
    'copy_weights',
    'learned_layers',
]
