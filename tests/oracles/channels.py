"""Formats of channels that tests of several rooms share."""

from __future__ import annotations

from quantizers import BinaryQ, FixedQ, MinifloatQ, PerChannel, Spec, TernaryQ

KINDS: tuple[Spec, ...] = (
    FixedQ(6, 1, True, 'RND', 'SAT'),
    MinifloatQ(2, 3),
    FixedQ(4, 6, False, 'RND_CONV', 'WRAP'),
    BinaryQ(),
    FixedQ(6, 1, True, 'RND', 'SAT'),
    TernaryQ(),
    FixedQ(9, -2, True, 'TRN', 'SAT_SYM'),
)
THREE = PerChannel(1, [FixedQ(width, integer, True, 'RND', 'SAT') for width, integer in ((6, 1), (7, 3), (6, 5))])
