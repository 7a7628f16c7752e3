"""The number formats: one frozen object is one format, on every array library and in C++."""

from __future__ import annotations

from typing import ClassVar, Literal, Union, get_args  # noqa: F401  (the hints of the classes are looked up here)

from .base import MAX_BITS, Format
from .binary import BinaryQ
from .fixed import FixedFormat, FixedQ, TernaryQ
from .minifloat import MinifloatQ

__all__ = ['MAX_BITS', 'SPECS', 'BinaryQ', 'FixedFormat', 'FixedQ', 'Format', 'MinifloatQ', 'Spec', 'TernaryQ']

Spec = Union[FixedQ, MinifloatQ, BinaryQ, TernaryQ]  # noqa: UP007  (a typing.Union: pydantic and get_args take it on 3.10)
SPECS: tuple[type[Spec], ...] = get_args(Spec)
for _spec in SPECS:
    # by which pickles, and files that Keras saved, find them
    _spec.__module__ = __name__
