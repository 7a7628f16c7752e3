"""The kinds of format that are chosen among, and what may be said of each."""

from __future__ import annotations

from typing import Literal

from ..._checks.fields import Word, integer_between
from ..._checks.shown import shown
from ...formats.specials import SPECIALS, SpecialsName
from ...modes import OverflowMode, RoundingMode
from ._families import Family, Fixed
from ._float_families import Blocks, Float, Minifloat

Kind = Literal['fixed', 'float', 'minifloat', 'block']
KINDS = 'fixed', 'float', 'minifloat', 'block'


def family_of(
    kind: Kind,
    rounding: RoundingMode | None,
    overflow: OverflowMode,
    specials: SpecialsName | None,
    block_size: int | None,
    block_axis: int | None,
    axis: int | None,
) -> Family:
    """The formats of a kind; None is what is usual there. Raises ValueError for what does not go with the kind."""
    if kind not in KINDS:
        raise ValueError(f"'kind' must be {', '.join(KINDS[:-1])} or {KINDS[-1]}: {shown(kind)}")
    for field, value, kinds in (
        ('specials', specials, ('float', 'block')),
        ('block_size', block_size, ('block',)),
        ('block_axis', block_axis, ('block',)),
    ):
        if value is not None and kind not in kinds:
            raise ValueError(f'{field!r} must go with the kind {" or ".join(map(repr, kinds))}: {shown(value)}')
    if kind == 'fixed':
        return Fixed(rounding or 'RND', overflow)
    if overflow != 'SAT':
        raise ValueError(f"'overflow' must be SAT for the kind {kind!r}: {overflow!r}")
    if kind == 'minifloat':
        if rounding not in (None, 'RND_CONV'):
            raise ValueError(f"'rounding' must be RND_CONV for minifloats; the kind 'float' has all: {rounding!r}")
        return Minifloat()
    if specials is not None:
        Word(tuple(SPECIALS), 'the codes that are Inf and NaN')('specials', specials)
    floats = Float(rounding or 'RND_CONV', specials or 'none')
    if kind == 'float':
        return floats
    if axis is not None:
        raise ValueError(f"'axis' must not be given for blocks, each of which has a scale: {shown(axis)}")
    size = 32 if block_size is None else integer_between('block_size', block_size, 1, 1 << 20)
    return Blocks(floats, size, -1 if block_axis is None else integer_between('block_axis', block_axis, -64, 63))
