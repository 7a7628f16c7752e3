"""One bit."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal

from .._checks.capabilities import CPP_ALONE, Capability
from .._maths.laws import BINARY
from .._maths.view import once
from .base import Format
from .parts import CppClass
from .quantizer import check_kind

if TYPE_CHECKING:
    from ..codes.codecs import OneBit
    from .spacing import PlusMinusOne


@dataclass(frozen=True, eq=False, repr=False)  # which are those of `Quantizer`
class BinaryQ(Format, kind='binary'):
    """One bit: 1 (code 1) for `x > 0`, else -1 (code 0), zero included. NaN gives NaN."""

    kind: Literal['binary'] = field(default='binary', kw_only=True, repr=False)
    law = BINARY
    law_widths: ClassVar[tuple[()]] = ()
    can = CPP_ALONE - {Capability.QONNX, Capability.BLOCK}
    why_not = MappingProxyType(
        {
            Capability.QONNX: 'QONNX cannot say BinaryQ(): its BipolarQuant gives 1 at 0, where BinaryQ gives -1; '
            'use TernaryQ, or write a BipolarQuant yourself if no input is 0'
        }
    )
    bits: ClassVar[int] = 1
    eps: ClassVar[int] = 2
    min: ClassVar[int] = -1
    max: ClassVar[int] = 1
    cpp_type: ClassVar[str] = 'ap_binary'
    cpp_class = CppClass('ap_binary.h', 'bits()', '')
    significant_bits: ClassVar[int] = 0

    def __post_init__(self) -> None:
        check_kind(self, 'binary')

    @once
    def codec(self) -> OneBit:
        """One bit.

        :meta private:
        """
        from ..codes.codecs import OneBit

        return OneBit()

    @once
    def spacing(self) -> PlusMinusOne:
        """Two values.

        :meta private:
        """
        from .spacing import PlusMinusOne

        return PlusMinusOne()

    @classmethod
    def presets(cls) -> dict[str, BinaryQ]:
        """It alone.

        :meta private:
        """
        return {'binary: -1, 1': cls()}
