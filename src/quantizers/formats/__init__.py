"""The number formats: one frozen object is one format, on every array library and in C++."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal  # noqa: F401  (the hints of the classes are looked up here)

from .base import MAX_BITS, Format
from .binary import BinaryQ
from .fixed import FixedQ, TernaryQ
from .fixed_format import FixedFormat
from .float import FloatQ
from .minifloat import MinifloatQ
from .parts import CppClass
from .quantizer import Quantizer

if TYPE_CHECKING:
    from .affine import AffineQ
    from .block import BlockCodes, BlockQ
    from .kinds import KINDS, SPECS, Spec
    from .named import (
        BFLOAT16,
        E2M1,
        E2M3,
        E3M2,
        E3M4,
        E4M3,
        E4M3B11FNUZ,
        E4M3FN,
        E4M3FNUZ,
        E5M2,
        E5M2FNUZ,
        E8M0FNU,
        FLOAT16,
        FLOAT32,
        TF32,
        p3109,
    )
    from .named_blocks import MXFP4, MXFP6_E2M3, MXFP6_E3M2, MXFP8_E4M3, MXFP8_E5M2, MXINT8, NVFP4

__all__ = [
    'BFLOAT16',
    'E2M1',
    'E2M3',
    'E3M2',
    'E3M4',
    'E4M3',
    'E4M3B11FNUZ',
    'E4M3FN',
    'E4M3FNUZ',
    'E5M2',
    'E5M2FNUZ',
    'E8M0FNU',
    'FLOAT16',
    'FLOAT32',
    'KINDS',
    'MAX_BITS',
    'MXFP4',
    'MXFP6_E2M3',
    'MXFP6_E3M2',
    'MXFP8_E4M3',
    'MXFP8_E5M2',
    'MXINT8',
    'NVFP4',
    'SPECS',
    'TF32',
    'AffineQ',
    'BinaryQ',
    'BlockCodes',
    'BlockQ',
    'CppClass',
    'FixedFormat',
    'FixedQ',
    'FloatQ',
    'Format',
    'MinifloatQ',
    'Quantizer',
    'Spec',
    'TernaryQ',
    'p3109',
]

for _spec in (FixedQ, MinifloatQ, FloatQ, BinaryQ, TernaryQ):
    _spec.__module__ = __name__  # by which pickles, and files that Keras saved, find them


def __getattr__(name: str) -> FloatQ:
    """What only some users have, when it is asked for first: later kinds, and formats by their names, P3109's too."""
    if name in __all__:
        globals().update(_later())
        return globals()[name]  # type: ignore[no-any-return]
    if name.startswith('Binary'):
        from .named import p3109

        try:
            return globals().setdefault(name, p3109(name))  # type: ignore[no-any-return]
        except ValueError as error:
            raise AttributeError(f'module {__name__!r} has no attribute {name!r}: {error}') from None
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _later() -> dict[str, object]:
    from . import affine, block, kinds, named, named_blocks

    modules = affine, block, kinds, named, named_blocks
    return {name: value for of in modules for name, value in vars(of).items() if name in __all__}
