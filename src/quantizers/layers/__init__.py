"""Keras layers. Importing this module lets `keras.saving` load models that hold a spec or one of these layers."""

from ..backends.keras import backend  # noqa: F401  (it says how to install Keras where that is missing, or too old)
from ._copy import copy_weights as copy_weights
from ._cost import BetaSchedule as BetaSchedule
from ._cost import learned_layers as learned_layers
from ._learned import LearnedFixed as LearnedFixed
from ._quantize import Quantize as Quantize
from ._quantize import SpecConstraint as SpecConstraint
from ._weights import QuantizedConv2D as QuantizedConv2D
from ._weights import QuantizedDense as QuantizedDense
