"""Values to raw bits and back, exact at any width.

A code of a fixed-point format is the integer `c` of the value `c * 2^-f`; the codes of minifloat and binary are their
raw bits. Raw bits are unsigned: two's complement for signed fixed point, sign-exponent-mantissa for a minifloat.

Of a dask array the result is one, lazily: errors of elements show when it is computed.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .arrays import code_range as code_range
    from .arrays import decode as decode
    from .arrays import encode as encode
    from .arrays import fits as fits
    from .arrays import from_bits as from_bits
    from .arrays import from_text as from_text
    from .arrays import to_bits as to_bits
    from .arrays import to_text as to_text
    from .arrays import values as values


__all__ = ['code_range', 'decode', 'encode', 'fits', 'from_bits', 'from_text', 'to_bits', 'to_text', 'values']


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from . import arrays  # with the backend of NumPy, which `import quantizers` does without

    return globals().setdefault(name, getattr(arrays, name))


def __dir__() -> list[str]:
    return sorted(__all__)
