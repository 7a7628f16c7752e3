"""All kinds, in the order that messages have."""

from __future__ import annotations

from typing import Union, get_args

from .affine import AffineQ
from .binary import BinaryQ
from .block import BlockQ
from .fixed import FixedQ, TernaryQ
from .float import FloatQ
from .minifloat import MinifloatQ
from .quantizer import KINDS as KINDS

Spec = Union[FixedQ, MinifloatQ, FloatQ, BinaryQ, TernaryQ, AffineQ]  # noqa: UP007  (a typing.Union: pydantic and get_args take it on 3.10)
SPECS: tuple[type[Spec], ...] = get_args(Spec)
for _spec in (*SPECS, BlockQ):
    _spec.__module__ = __package__  # by which pickles, and files that Keras saved, find them
    KINDS[_spec.kind] = KINDS.pop(_spec.kind)
