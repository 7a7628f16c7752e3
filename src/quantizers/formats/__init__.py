"""The number formats: one frozen object is one format, on every array library and in C++."""

from __future__ import annotations

from typing import ClassVar, Literal, Union, get_args  # noqa: F401  (the hints of the classes are looked up here)

from .base import MAX_BITS, Format
from .binary import BinaryQ
from .fixed import FixedQ, TernaryQ
from .fixed_format import FixedFormat
from .minifloat import MinifloatQ
from .parts import CppClass
from .quantizer import KINDS, Quantizer

__all__ = [
    'KINDS',
    'MAX_BITS',
    'SPECS',
    'BinaryQ',
    'CppClass',
    'FixedFormat',
    'FixedQ',
    'Format',
    'MinifloatQ',
    'Quantizer',
    'Spec',
    'TernaryQ',
]

Spec = Union[FixedQ, MinifloatQ, BinaryQ, TernaryQ]  # noqa: UP007  (a typing.Union: pydantic and get_args take it on 3.10)
SPECS: tuple[type[Spec], ...] = get_args(Spec)
for _spec in SPECS:
    # by which pickles, and files that Keras saved, find them
    _spec.__module__ = __name__
    KINDS[_spec.kind] = KINDS.pop(_spec.kind)  # in this order, which messages have
