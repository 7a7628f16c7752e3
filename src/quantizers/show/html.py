"""What notebooks show of a format: its numbers, and its values on a line, in HTML without colours."""

from __future__ import annotations

from fractions import Fraction
from html import escape
from typing import TYPE_CHECKING

from .._checks.capabilities import Capability, require
from .._checks.numbers import number
from .._maths.floats import times_power
from ..codes import values
from .facts import step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..formats import Format

_WIDTH, _HEIGHT, _MARGIN = 480, 40, 8  # of the line, in pixels
_FEW, _FEW_UNEVEN = 7, 8  # bits of formats whose values are drawn one by one
_BINADES = 9  # below the largest: more are less than a pixel


def page(spec: Format) -> str:
    """A table and an SVG, in the colour of the text around them."""
    require(spec, Capability.HTML)
    rows = (
        ('type', spec.label),
        ('bits', str(spec.bits)),
        ('range', f'{number(spec.min)} to {number(spec.max)}'),
        step(spec),
    )
    left = 'style="text-align:left"'
    cells = ''.join(
        f'<tr><th scope="row" {left}>{escape(name)}</th><td {left}><code>{escape(value)}</code></td></tr>'
        for name, value in rows
    )
    return f'<div><table>{cells}</table>{_line(spec)}</div>'


def _line(spec: Format) -> str:
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


def _marks(spec: Format) -> tuple[Iterator[Fraction], bool, str]:
    """The values that get a mark, whether the rest is a band, and that in words."""
    if spec.bits <= (_FEW if spec.spacing.uniform else _FEW_UNEVEN):
        all_values = values(spec).tolist()
        return map(Fraction, all_values), False, f'{len(all_values)} values'
    ends = [Fraction(0), Fraction(spec.min), Fraction(spec.max)]
    if spec.spacing.uniform:
        return iter(ends), True, 'all multiples of the step'
    exponents, counts = (numbers.tolist() for numbers in spec.spacing.binades())
    full = [exponent for exponent, count in zip(exponents, counts, strict=True) if count == counts[-1]]
    powers = [sign * Fraction(times_power(1, exponent)) for exponent in full[-_BINADES - 1 :] for sign in (-1, 1)]
    between = 1 << counts[-1]
    return iter(powers + ends), True, f'lines at powers of two, each with {between:,} values up to the next'


def _at(spec: Format, value: Fraction) -> float:
    """The place of a value on the line."""
    return _MARGIN + float((value - spec.min) / (Fraction(spec.max) - spec.min) * (_WIDTH - 2 * _MARGIN))
