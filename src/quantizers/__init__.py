"""Number formats for neural networks in hardware: the same bits in NumPy, Keras and C++."""

from . import memory_files as memory_files
from . import qonnx as qonnx
from . import result_type as result_type
from ._backends import register_backend as register_backend
from ._backends._precision import PrecisionWarning as PrecisionWarning
from ._choose import Candidate as Candidate
from ._choose import Choice as Choice
from ._choose import Choices as Choices
from ._choose import choose as choose
from ._diff import DiffReport as DiffReport
from ._diff import Mismatch as Mismatch
from ._diff import diff as diff
from ._include import get_include as get_include
from ._per_channel import Formats as Formats
from ._per_channel import PerChannel as PerChannel
from ._plot import plot_data as plot_data
from ._plot import plot_report as plot_report
from ._plot import plot_values as plot_values
from ._validation import FieldError as FieldError
from ._verify import Report as Report
from ._verify import VerificationError as VerificationError
from ._verify import verify as verify
from .config import QuantizerConfig as QuantizerConfig
from .cpp import convert as convert
from .cpp import parse_type as parse_type
from .formats import BinaryQ as BinaryQ
from .formats import FixedQ as FixedQ
from .formats import MinifloatQ as MinifloatQ
from .formats import Spec as Spec
from .formats import TernaryQ as TernaryQ
from .functional import binary_quantize as binary_quantize
from .functional import binary_quantize_np as binary_quantize_np
from .functional import float_decompose as float_decompose
from .functional import float_decompose_np as float_decompose_np
from .functional import float_quantize as float_quantize
from .functional import float_quantize_np as float_quantize_np
from .functional import get_fixed_quantizer as get_fixed_quantizer
from .functional import get_fixed_quantizer_np as get_fixed_quantizer_np
from .functional import ternary_quantize as ternary_quantize
from .functional import ternary_quantize_np as ternary_quantize_np
from .modes import Overflow as Overflow
from .modes import Rounding as Rounding

__version__ = '1.3.0'
