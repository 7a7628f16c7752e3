"""What a kind says of itself, as data."""

from __future__ import annotations

from typing import NamedTuple

from ..modes import OverflowMode, RoundingMode


class Modes(NamedTuple):
    """What a format does to numbers between its values and beyond them."""

    rounding: RoundingMode
    overflow: OverflowMode
    saturation_bits: int


class CppClass(NamedTuple):
    """A class template of C++: its header, its member of the raw bits, and an expression that makes a value of them."""

    header: str
    raw_bits: str
    from_bits: str  # of {type}, {bits} and the hexadecimal {digits}
