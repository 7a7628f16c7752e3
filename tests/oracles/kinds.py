"""Kinds of formats and a rounding mode that nobody has heard of, and what is refused of a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Annotated, Any, ClassVar

import pytest

from quantizers import AffineQ, BinaryQ, BlockQ, FixedQ, FloatQ, MinifloatQ, TernaryQ
from quantizers._checks.capabilities import Capability, can
from quantizers._checks.fields import Integer, check_fields, checked
from quantizers._maths.namespace import Namespace, Number
from quantizers._maths.rounding import FORMULAS
from quantizers.cpp import TEMPLATES, Template
from quantizers.formats import KINDS, CppClass, FixedFormat, Format
from quantizers.modes import ROUNDINGS

OURS = (FixedQ(8, 3, True, 'RND_CONV', 'SAT'), MinifloatQ(3, 4), FloatQ(4, 3, 7, 'fn'), BinaryQ(), TernaryQ())
# of three numbers, as what is compared in blocks is beside others
OURS += (AffineQ(8, 0.1, 3), BlockQ(FloatQ(2, 1, 1), FloatQ(8, 0, 127, 'fn', 'RND_CONV', 'NAN', False, False), 3))


@contextmanager
def toys() -> Iterator[tuple[Any, Any]]:
    """A spec of a kind that can a few things, whose type is `quarters<width>`, and one of a kind that can nothing."""
    before = dict(KINDS)

    @checked
    @dataclass(frozen=True, eq=False, repr=False)
    class Quarters(FixedFormat, kind='quarters'):
        """Multiples of 1/4 from 0 on, of `width` bits; halves go down, and what is out of range is 0."""

        width: Annotated[int, Integer(1, 64)]
        kind: str = field(default='quarters', kw_only=True, repr=False)
        can: ClassVar[frozenset[Capability]] = frozenset(
            {Capability.NUMPY, Capability.CODES, Capability.CONFIG, Capability.AP, Capability.PER_CHANNEL}
            | {Capability.PICTURES, Capability.HTML, Capability.DIFF}
        )
        cpp_class: ClassVar[CppClass] = CppClass('quarters.h', 'range()', '')
        signed: ClassVar[bool] = False
        rounding: ClassVar[str] = 'RND_MIN_INF'
        overflow: ClassVar[str] = 'SAT_ZERO'
        saturation_bits: ClassVar[int] = 0

        def __post_init__(self) -> None:
            check_fields(self)

        @property
        def integer(self) -> int:
            return self.width - 2

        @property
        def cpp_type(self) -> str:
            return f'quarters<{self.width}>'

    @dataclass(frozen=True, eq=False, repr=False)
    class Bare(Format, kind='bare'):
        kind: str = field(default='bare', kw_only=True, repr=False)

    TEMPLATES['quarters'] = Template('ap', Quarters, ('width',), 1)
    try:
        yield Quarters(4), Bare()
    finally:
        del TEMPLATES['quarters']
        KINDS.clear()
        KINDS.update(before)


def _to_even(xp: Namespace, y: Number) -> Number:
    half = xp.rint(y * xp.half)
    return xp.where(xp.trunc(y) == y, y, half + half)


@contextmanager
def toy_rounding() -> Iterator[str]:
    """The name of a rounding mode: to the even one of the codes beside it. C++ does not have it."""
    name = 'TO_EVEN'
    ROUNDINGS.append(name)
    FORMULAS[name] = _to_even
    try:
        yield name
    finally:
        del FORMULAS[name]
        ROUNDINGS.remove(name)


def rounded_to_even(y: Fraction) -> int:
    """By the words of its law."""
    n, rem = floor(y), y - floor(y)
    return n + (rem > 0 and n % 2 == 1)


# what is refused in words of its own, and where
IN_OTHER_WORDS = {
    Capability.AP: "the dialect 'ap' cannot say ",
    Capability.AC: "the dialect 'ac' cannot say ",
    Capability.HLS4ML: "the dialect 'hls4ml' cannot say ",
    Capability.HLS4ML_CONFIG: 'hls4ml',
    Capability.QONNX: 'QONNX',
    Capability.RESULT_TYPES: 'must be a FixedQ',
    Capability.LEARNED: 'must be a FixedQ',
}


def check_cell(spec: Any, capability: Capability, use: Callable[[Any], object]) -> None:
    """`use` works where the table says so, and is else refused by an error that names the kind and the use."""
    if can(spec, capability):
        use(spec)
        return
    with pytest.raises((ValueError, TypeError)) as caught:
        use(spec)
    said = str(caught.value)
    assert spec.kind in said or type(spec).__name__ in said, said
    uses = {capability.value, IN_OTHER_WORDS.get(capability, capability.value)}
    if capability is Capability.HLS4ML_CONFIG:
        uses.add(Capability.CONFIG.value)  # whose door it comes through
    if capability is Capability.LEARNED:
        uses.add(Capability.LAYERS.value)
    assert any(words in said for words in uses), said
