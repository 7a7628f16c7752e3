"""One bit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from .._maths.laws import BINARY, BinaryLaw
from .base import Format, check_kind


@dataclass(frozen=True, eq=False)  # equality is that of `Format`
class BinaryQ(Format):
    """One bit: 1 (code 1) for `x > 0`, else -1 (code 0), zero included. NaN gives NaN."""

    kind: Literal['binary'] = field(default='binary', kw_only=True, repr=False)
    law: ClassVar[BinaryLaw] = BINARY
    law_widths: ClassVar[tuple[()]] = ()
    bits: ClassVar[int] = 1
    eps: ClassVar[int] = 2
    min: ClassVar[int] = -1
    max: ClassVar[int] = 1
    cpp_type: ClassVar[str] = 'ap_binary'

    def __post_init__(self) -> None:
        check_kind(self, 'binary')
