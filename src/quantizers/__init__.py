"""Number formats for neural networks in hardware: the same bits in NumPy, Keras and C++.

A name is imported from its module when it is asked for first; `__init__.pyi` says the same to type checkers.
"""

from importlib import import_module as _import_module

from . import formats as formats  # without which no call goes

__version__ = '1.3.0'

_MODULES = {
    name: module
    for module, names in {
        '': 'codes config cpp formats functional hdl memory_files modes network qonnx result_type',
        '_checks.errors': 'VerificationError',
        '_checks.fields': 'FieldError',
        'backends': 'register_backend',
        'backends.precision': 'PrecisionWarning',
        'analysis.choose': 'Candidate Choice Choices choose',
        'analysis.diff': 'DiffReport Mismatch diff',
        'analysis.prove': 'Counterexample Proof prove',
        'analysis.verify': 'Report verify',
        'config': 'QuantizerConfig',
        'cpp.include': 'get_include',
        'cpp.types': 'convert parse_type',
        'formats': 'AffineQ BinaryQ BlockQ FixedQ FloatQ MinifloatQ Spec TernaryQ',
        'formats.per_channel': 'Formats PerChannel',
        'functional': (
            'binary_quantize binary_quantize_np float_decompose float_decompose_np float_quantize float_quantize_np '
            'get_fixed_quantizer get_fixed_quantizer_np ternary_quantize ternary_quantize_np'
        ),
        'modes': 'Overflow Rounding',
        'values': 'FixedArray',
        'show.plot': 'plot_data plot_history plot_learned plot_report plot_values',
    }.items()
    for name in names.split()
}

__all__ = sorted(_MODULES)  # noqa: PLE0605  (type checkers read `__init__.pyi`)


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    module = _MODULES[name]
    found = getattr(_import_module(f'.{module}', __name__), name) if module else _import_module(f'.{name}', __name__)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
