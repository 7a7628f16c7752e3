"""What is asked of a format, and which formats are tried for it."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..._checks.fields import integer_between
from ..._checks.shown import shown
from ...formats import Spec
from ...formats.specials import SpecialsName
from ...modes import OverflowMode, RoundingMode, canonical_overflow, canonical_rounding
from ._families import Family
from ._kinds import Kind, family_of
from ._measure import Measures
from ._rounded import Floats

MAX_WIDTH = 512  # the square of the least difference of wider formats would be no float64 beside that of the greatest
# what an overflow becomes is then far from the number: a format that never overflows is the only good one
_NEVER = ('WRAP', 'SAT_ZERO')


@dataclass(frozen=True)
class Goal:
    """What is asked of `choose`: the width, the bounds or the score, the modes, and the widths that are tried."""

    width: int | None
    sqnr: float | None
    max_error: float | None
    saturated: float | None
    rounding: RoundingMode | None
    overflow: OverflowMode
    max_width: int
    score: Callable[[Mapping[str, Spec]], float] | None = None
    max_loss: float | None = None
    elements: Mapping[str, int] | None = None
    axis: int | None = None
    kind: Kind = 'fixed'
    specials: SpecialsName | None = None
    block_size: int | None = None
    block_axis: int | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        if self.axis is not None and (isinstance(self.axis, bool | np.bool_) or not hasattr(self.axis, '__index__')):
            raise ValueError(f"'axis' must be an integer or None: {shown(self.axis)}")
        if self.rounding is not None:
            put(self, 'rounding', canonical_rounding(self.rounding))
        put(self, 'overflow', canonical_overflow(self.overflow))
        if self.overflow == 'WRAP_SM':
            raise ValueError("'overflow' must be SAT, SAT_SYM, SAT_ZERO or WRAP: 'WRAP_SM'")
        put(self, 'max_width', integer_between('max_width', self.max_width, 1, MAX_WIDTH))
        bounded = self.sqnr is not None or self.max_error is not None
        if self.score is not None:
            if self.width is not None:
                raise ValueError(
                    "'width' must not be given with 'score', for which the widths are found, up to 'max_width':"
                    f' {shown(self.width)}'
                )
        elif self.width is None and not bounded:
            raise ValueError(
                "'sqnr', 'max_error' or 'width' must be given, such as --sqnr 30 (in Python, sqnr=30, or 'score'): the"
                ' least SQNR in dB and the largest error are bounds, for which the narrowest format is chosen, and of a'
                ' width the best one'
            )
        elif self.width is not None and bounded:
            raise ValueError(
                "'width' must not be given with the bounds 'sqnr' and 'max_error': give --width 8 alone for the best"
                " format of a width, or --sqnr 30 for the narrowest that keeps to it, within 'max_width' (in Python,"
                f' width=8 or sqnr=30): {shown(self.width)}'
            )
        if self.width is not None:
            put(self, 'width', integer_between('width', self.width, 1, MAX_WIDTH))
        _check_bound('sqnr', self.sqnr, -math.inf, math.inf, 'dB')
        _check_bound('max_error', self.max_error, 0, math.inf, 'a distance')
        _check_bound('saturated', self.saturated, 0, 1, 'a share')
        if self.never_overflows:
            if self.saturated:
                raise ValueError(
                    f"'saturated' must be 0 with 'overflow' {self.overflow}, as numbers out of range do not become the"
                    f' nearest value: {shown(self.saturated)}'
                )
            put(self, 'saturated', 0.0)
        self._check_score()
        _ = self.family  # whose fields it checks

    def _check_score(self) -> None:
        if self.score is None:
            for field, value in (('max_loss', self.max_loss), ('elements', self.elements)):
                if value is not None:
                    raise ValueError(f"{field!r} must go with 'score': {shown(value)}")
            return
        if not callable(self.score):
            raise ValueError(f"'score' must be callable, with formats by the names of tensors: {shown(self.score)}")
        if self.max_loss is None:
            raise ValueError("'max_loss' must be given with 'score', how much of it may be lost: None")
        _check_bound('max_loss', self.max_loss, 0, math.inf, 'a difference of scores')
        if self.elements is not None and not isinstance(self.elements, Mapping):
            raise ValueError(f"'elements' must be a mapping from names of tensors to integers: {shown(self.elements)}")

    @property
    def never_overflows(self) -> bool:
        """Whether measures of numbers out of range would be wrong, as they are those of saturation."""
        return self.overflow in _NEVER

    @property
    def widest(self) -> int:
        """The width of the widest format that is tried."""
        return self.max_width if self.width is None else self.width

    @cached_property
    def family(self) -> Family:
        """The formats that are tried."""
        blocks = self.block_size, self.block_axis, self.axis
        return family_of(self.kind, self.rounding, self.overflow, self.specials, *blocks)

    def met(self, measures: Measures) -> NDArray[np.bool_]:
        """Where all bounds are."""
        return self._met(measures.sqnr, measures.max_error, measures.saturated)

    def hopeless(self, measures: Measures) -> NDArray[np.bool_]:
        """Where saturated numbers alone break a bound, as they do with fewer integer bits too."""
        return ~self._met(measures.clipped_sqnr, measures.clipped_error, measures.saturated)

    def _met(self, sqnr: Floats, max_error: Floats, saturated: Floats) -> NDArray[np.bool_]:
        met = np.ones(np.shape(sqnr), bool)
        if self.sqnr is not None:
            met &= sqnr >= self.sqnr
        if self.max_error is not None:
            met &= max_error <= self.max_error
        if self.saturated is not None:
            met &= saturated <= self.saturated
        return met

    def said(self) -> str:
        """The bounds in words."""
        parts = []
        if self.sqnr is not None:
            parts.append(f'SQNR >= {self.sqnr:g} dB')
        if self.max_error is not None:
            parts.append(f'the largest error <= {self.max_error:g}')
        if self.saturated is not None:
            parts.append(f'at most {100 * self.saturated:g} % saturated' if self.saturated else 'no overflow')
        return ' and '.join(parts)


def _check_bound(field: str, value: object, low: float, high: float, what: str) -> None:
    """Refuse what is no number from `low` to `high`; None is no bound."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise ValueError(f'{field!r} must be a number ({what}): {shown(value)}')
    # NaN and integers that float64 cannot hold, too
    if not low <= value <= high or (isinstance(value, int) and abs(value) > sys.float_info.max):
        raise ValueError(f'{field!r} must be from {low:g} to {high:g} ({what}): {shown(value)}')
