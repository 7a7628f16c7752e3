"""What notebooks show of a format: its numbers, and its values on a line, in HTML without colours."""

from __future__ import annotations

from fractions import Fraction
from html import escape
from typing import TYPE_CHECKING

from ._describe import number
from ._maths.floats import times_power
from .codes import values
from .formats import MinifloatQ

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .formats import Spec

_WIDTH, _HEIGHT, _MARGIN = 480, 40, 8  # of the line, in pixels
_FEW, _FEW_MINIFLOAT = 7, 8  # bits of formats whose values are drawn one by one
_BINADES = 9  # below the largest: more are less than a pixel


def page(spec: Spec) -> str:
    """A table and an SVG, in the colour of the text around them."""
    step = 'smallest positive value' if isinstance(spec, MinifloatQ) else 'step'
    rows = (
        ('type', spec.cpp_type),
        ('bits', str(spec.bits)),
        ('range', f'{number(spec.min)} to {number(spec.max)}'),
        (step, number(spec.eps)),
    )
    left = 'style="text-align:left"'
    cells = ''.join(
        f'<tr><th scope="row" {left}>{escape(name)}</th><td {left}><code>{escape(value)}</code></td></tr>'
        for name, value in rows
    )
    return f'<div><table>{cells}</table>{_line(spec)}</div>'


def _line(spec: Spec) -> str:
    middle = _HEIGHT // 2 - 4
    left, right = _MARGIN, _WIDTH - _MARGIN
    marks, band, said = _marks(spec)
    ticks = ''.join(f'M{x:.1f} {middle - 8}v16' for x in sorted({_at(spec, mark) for mark in marks}))
    box = f'<rect x="{left}" y="{middle - 8}" width="{right - left}" height="16" opacity="0.3"/>' if band else ''
    texts: list[tuple[float, str, str]] = [
        (left, 'start', number(spec.min)),
        (right, 'end', number(spec.max)),
    ]
    zero = _at(spec, Fraction(0))
    if left + 150 < zero < right - 150:
        texts.append((zero, 'middle', '0'))
    labels = ''.join(
        f'<text x="{x:.1f}" y="{_HEIGHT - 1}" text-anchor="{anchor}" font-size="10">{escape(text)}</text>'
        for x, anchor, text in texts
    )
    return (
        f'<svg role="img" aria-label="{escape(said)}" width="{_WIDTH}" height="{_HEIGHT}" fill="currentColor"'
        f' viewBox="0 0 {_WIDTH} {_HEIGHT}" style="max-width:100%"><path d="M{left} {middle}H{right}{ticks}"'
        f' stroke="currentColor" fill="none"/>{box}{labels}</svg><div><small>{escape(said)}</small></div>'
    )


def _marks(spec: Spec) -> tuple[Iterator[Fraction], bool, str]:
    """The values that get a mark, whether the rest is a band, and that in words."""
    if spec.bits <= (_FEW_MINIFLOAT if isinstance(spec, MinifloatQ) else _FEW):
        all_values = values(spec).tolist()
        return map(Fraction, all_values), False, f'{len(all_values)} values'
    if isinstance(spec, MinifloatQ):
        exponents = range(max(spec.emax - _BINADES, spec.emin), spec.emax + 1)
        powers = [sign * Fraction(times_power(1, exponent)) for exponent in exponents for sign in (-1, 1)]
        ends = [Fraction(0), Fraction(spec.min), Fraction(spec.max)]
        between = 1 << spec.mantissa_bits
        return iter(powers + ends), True, f'lines at powers of two, each with {between:,} values up to the next'
    return iter((Fraction(spec.min), Fraction(0), Fraction(spec.max))), True, 'all multiples of the step'


def _at(spec: Spec, value: Fraction) -> float:
    """The place of a value on the line."""
    return _MARGIN + float((value - spec.min) / (Fraction(spec.max) - spec.min) * (_WIDTH - 2 * _MARGIN))
