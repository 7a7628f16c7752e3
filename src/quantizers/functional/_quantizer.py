"""What the fixed-point quantizers of all array libraries share: their modes."""

from __future__ import annotations

from typing import ClassVar

from .._checks.fields import integer_between
from .._maths.laws import FixedLaw
from ..modes import OverflowMode, RoundingMode, canonical_overflow, canonical_rounding, deterministic


class FixedQuantizer:
    """The modes of a fixed-point quantizer.

    Attributes:
        round_mode: the rounding mode; the deterministic one of a stochastic mode.
        overflow_mode: the overflow mode.
        stochastic: whether rounding is stochastic in training.
        saturation_bits: N, for WRAP and WRAP_SM.
        law: what they do to a number.
    """

    _factory: ClassVar[str]

    def __init__(self, round_mode: RoundingMode, overflow_mode: OverflowMode, saturation_bits: int) -> None:
        rounding = canonical_rounding(round_mode, 'round_mode')
        self.round_mode = deterministic(rounding)
        self.stochastic = rounding != self.round_mode
        self.overflow_mode = canonical_overflow(overflow_mode, 'overflow_mode')
        self.saturation_bits = integer_between('saturation_bits', saturation_bits, 0, 4096)
        if self.saturation_bits and not self.overflow_mode.startswith('WRAP'):
            raise ValueError(
                f"'saturation_bits' must be 0 unless 'overflow_mode' is WRAP or WRAP_SM: {self.saturation_bits}"
            )

        self.law = FixedLaw(self.round_mode, self.overflow_mode, self.saturation_bits)

    def __repr__(self) -> str:
        rounding = f'S_{self.round_mode}' if self.stochastic else self.round_mode
        return f'{self._factory}({rounding!r}, {self.overflow_mode!r}, {self.saturation_bits})'
