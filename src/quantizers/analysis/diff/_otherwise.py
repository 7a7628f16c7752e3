"""What no other format explains: another way to the values of `a`, or other numbers made of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._checks.numbers import number
from ...formats import Format, MinifloatQ
from ._evidence import Evidence
from ._properties import properties
from ._values import comparable, differ, quantized, rounded_to
from ._words import joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_BFLOAT16 = MinifloatQ(7, 8, 1)  # but for Inf, which nothing near a format of values is
_FLOATS: dict[str, Callable[[Any], Any]] = {
    'bfloat16': partial(quantized, _BFLOAT16),
    **{name: partial(rounded_to, np.dtype(name)) for name in ('float16', 'float32')},
}
_OVERLAP = 16  # of delayed elements: fewer may be equal by chance
_DELAY = 1000


def otherwise(a: Format, evidence: Evidence) -> Iterator[str]:
    """Sentences, each of which explains every element but those that came before a delay."""
    yield from _delay(evidence.ours, evidence.theirs)
    x, ours, theirs = comparable(evidence.x), evidence.ours, evidence.theirs
    if object in (x.dtype, ours.dtype, theirs.dtype):  # such numbers come of no program that does these
        return
    with np.errstate(all='ignore'):
        yield from _twice(a, evidence._replace(x=x))
        if np.unique(ours[np.isfinite(ours) & (ours != 0)]).size < 2:  # one number is any multiple of another
            return
        yield from _power(ours, theirs)
        yield from _scale(a, x, ours, evidence)
        yield from _zero_point(a, x, ours, theirs)


def _delay(ours: NDArray[Any], theirs: NDArray[Any]) -> Iterator[str]:
    for n in range(1, min(_DELAY, ours.size // 2, ours.size - _OVERLAP) + 1):
        for p, q, word in ((ours[:-n], theirs[n:], 'later'), (ours[n:], theirs[:-n], 'earlier')):
            # not of one number alone, which is equal wherever it comes from
            few = slice(_OVERLAP)
            if not differ(p[few], q[few]).any() and not differ(p, q).any() and differ(p[1:], p[:-1]).any():
                places = f'{n} element{"s" if n > 1 else ""} {word}'
                yield f'b is a, {places}, as by a delay: {p.size:,} of {ours.size:,} elements'
                return


def _twice(a: Format, evidence: Evidence) -> Iterator[str]:
    """`a(g(x))` with a `g` of more bits, or a float dtype."""

    def explains(first: Callable[[Floats], Any]) -> bool:
        parts = evidence.sample(), evidence
        return all(not differ(quantized(a, first(part.x)), part.theirs).any() for part in parts)

    finer = [(words, spec) for words, spec in properties(a.general).finer() if spec.fits('float64')]
    shown = [f'to {name}' for name, first in _FLOATS.items() if explains(first)]
    shown += [words for words, spec in finer if explains(partial(quantized, spec))]
    if shown:
        yield f'b is rounded twice: by a, and before that {joined(shown)}'


def _power(ours: Floats, theirs: Floats) -> Iterator[str]:
    at = np.flatnonzero(np.isfinite(ours) & (ours != 0))[0]
    ratio = theirs[at] / ours[at]
    if not 0 < ratio < np.inf:
        return
    n = int(np.frexp(ratio)[1]) - 1
    if n and not differ(np.ldexp(ours, n), theirs).any():
        bits = f'{abs(n)} fraction bit{"s" if abs(n) > 1 else ""} {"fewer" if n > 0 else "more"}'
        yield f'b is a times 2^{n}, as where its codes are read with {bits}'


def _scale(a: Format, x: Floats, ours: Floats, evidence: Evidence) -> Iterator[str]:
    """A scale of the largest code where that of the codes is one more, as 32767 for 32768."""
    scale = int(Fraction(a.max) / Fraction(a.eps)) + 1
    if scale > 1 << 29 or scale & (scale - 1) or scale < 4:  # products of such and of float32 are exact
        return
    less, bits = scale - 1, scale.bit_length() - 1
    dtype = evidence.dtype if evidence.dtype is not None and evidence.dtype.kind == 'f' else np.dtype(np.float64)
    before = quantized(a, np.ldexp(x * less, -bits))
    unit = float(a.eps)
    ways = {
        f'b is a of x times {less}/{scale}': before,
        f'b is a of x times {scale}/{less}': quantized(a, x / less * scale),
        f'b is a times {less}/{scale}': np.ldexp(ours * less, -bits),
        f'b is a times {scale}/{less}': ours / unit / less * (unit * scale),
        f'b is a of x times {less}/{scale}, times {scale}/{less}': before / unit / less * (unit * scale),
    }
    shown = [words for words, values in ways.items() if not differ(rounded_to(dtype, values), evidence.theirs).any()]
    yield from (f'{words}: as by a scale of {less}, not {scale}' for words in shown)


def _zero_point(a: Format, x: Floats, ours: Floats, theirs: Floats) -> Iterator[str]:
    sides: dict[str, NDArray[Any]] = {'is a': ours}
    if np.isfinite(x).all():
        codes = a.encode(x)
        sides |= {'holds the codes of a': codes.astype(np.float64)} if codes.dtype != object else {}
    for words, values in sides.items():
        at = np.flatnonzero(np.isfinite(values))[0]
        zero = float(theirs[at] - values[at])
        if math.isfinite(zero) and zero and not differ(values + zero, theirs).any():
            yield f'b {words} {"plus" if zero > 0 else "minus"} {number(abs(zero))}, as by a zero point'
