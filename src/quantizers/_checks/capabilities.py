"""What kinds of formats can be used for: the one table by which the others are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Protocol

from .shown import shown


class Capability(Enum):
    """What a format may be used for, in words that follow 'can'."""

    NUMPY = 'quantize NumPy arrays, large ones compiled'
    TENSORS = 'quantize tensors'
    LAYERS = 'be the format of a layer'
    LEARNED = 'have widths that a layer learns'
    PER_CHANNEL = 'be the format of a channel'
    BLOCK = 'be the element of a block'
    CODES = 'give codes, raw bits and memory files'
    CONFIG = 'stand in a configuration file'
    AP = "be a type of the dialect 'ap'"
    AC = "be a type of the dialect 'ac'"
    HLS4ML = "be a type of the dialect 'hls4ml'"
    HEADER = 'stand in a C++ header'
    VERIFY = 'be compared with C++'
    HLS4ML_CONFIG = 'stand in a configuration of hls4ml'
    QONNX = 'be an operator of QONNX'
    RESULT_TYPES = 'be added and multiplied'
    PICTURES = 'be drawn'
    HTML = 'be shown in notebooks'
    DIFF = 'be compared by diff'
    PROVE = 'be proved for every float'


class Capable(Protocol):
    """A format that says what it can be used for."""

    @property
    def can(self) -> frozenset[Capability]:
        """What it can be used for."""

    @property
    def why_not(self) -> Mapping[Capability, str]:
        """What a refusal says, where that is not the rule for all kinds."""

    @property
    def kind(self) -> str:
        """The name of its kind."""


ALL = frozenset(Capability)
FIXED_ALONE = frozenset({Capability.LEARNED, Capability.HLS4ML_CONFIG, Capability.RESULT_TYPES})
CPP_ALONE = ALL - FIXED_ALONE - {Capability.AC, Capability.HLS4ML}
"""What is asked of a kind that has a class of C++ of its own."""


def can(spec: object, capability: Capability) -> bool:
    """Whether `spec` is a format that can be used so."""
    return capability in getattr(spec, 'can', ())


def require(spec: Capable, capability: Capability) -> None:
    """Refuse a format that cannot be used so, with a ValueError; `why_not` of a kind may have its text."""
    if capability not in spec.can:
        rule = f'the kind {spec.kind!r} cannot {capability.value}: {shown(spec)}'
        raise ValueError(spec.why_not.get(capability, rule))


def table(kinds: Mapping[str, type]) -> Iterator[tuple[str, ...]]:
    """A header, and a row for each capability, with 'yes' and 'no' under each kind."""
    yield 'A format can', *kinds
    for capability in Capability:
        yield capability.value, *('yes' if can(kind, capability) else 'no' for kind in kinds.values())
