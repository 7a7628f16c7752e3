"""Number formats for neural networks in hardware: the same bits in NumPy, Keras and C++.

A name is imported from its module when it is asked for first; `__init__.pyi` says the same to type checkers.
"""

from importlib import import_module as _import_module

from . import formats as formats
from ._checks.fields import FieldError as FieldError
from .formats import BinaryQ as BinaryQ
from .formats import FixedQ as FixedQ
from .formats import MinifloatQ as MinifloatQ
from .formats import Spec as Spec
from .formats import TernaryQ as TernaryQ
from .modes import Overflow as Overflow
from .modes import Rounding as Rounding

__version__ = '1.3.0'

_MODULES = {
    name: module
    for module, names in {
        '': 'codes config cpp functional memory_files modes qonnx result_type',
        '_checks.errors': 'VerificationError',
        '_backends': 'register_backend',
        '_backends._precision': 'PrecisionWarning',
        'analysis.choose': 'Candidate Choice Choices choose',
        'analysis.diff': 'DiffReport Mismatch diff',
        'analysis.verify': 'Report verify',
        'config': 'QuantizerConfig',
        'cpp.include': 'get_include',
        'cpp.types': 'convert parse_type',
        'formats.per_channel': 'Formats PerChannel',
        'functional': (
            'binary_quantize binary_quantize_np float_decompose float_decompose_np float_quantize float_quantize_np '
            'get_fixed_quantizer get_fixed_quantizer_np ternary_quantize ternary_quantize_np'
        ),
        'show.plot': 'plot_data plot_report plot_values',
    }.items()
    for name in names.split()
}

__all__ = sorted(  # noqa: PLE0605  (type checkers read `__init__.pyi`)
    {*_MODULES, *(name for name in globals() if not name.startswith('_'))}
)


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    module = _MODULES[name]
    found = getattr(_import_module(f'.{module}', __name__), name) if module else _import_module(f'.{name}', __name__)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
