"""The values of formats: a number line, or, where they are many, their density."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ...codes import values
from ...formats import Spec
from ._bits import check_format
from ._figure import LIMIT, MUTED, PLAIN, Axes, Figure, axes_or_new, color, figure_of, ink, plain_legend, power_ticks

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEW = 10  # bits of formats whose values are drawn one by one
_APART = 100  # formats whose largest values differ by this factor are seen on a logarithmic scale alone
_SPACED = 128  # values between which there is room
_TICKS = 6  # of each sign, on such a scale
_STYLES = ('-', '--', '-.', ':')


def draw(specs: Sequence[Spec], ax: Axes | None, log: bool | None) -> Figure:
    """Draw the number line, or the density."""
    if not specs:
        raise ValueError("'specs' must be a format at least: there is none")
    for spec in specs:
        check_format(spec)
    if all(spec.bits <= FEW and Fraction(1, 1 << LIMIT) < max(spec.max, -spec.min) < 1 << LIMIT for spec in specs):
        axes = axes_or_new(ax, 0.2 + 0.2 * len(specs))
        _draw_line(axes, specs, log)
    else:
        axes = axes_or_new(ax)
        _draw_density(axes, specs)
    return figure_of(axes)


def _draw_line(ax: Axes, specs: Sequence[Spec], log: bool | None) -> None:
    lines = [values(spec) for spec in specs]
    for row, (spec, line) in enumerate(zip(specs, lines, strict=True)):
        ax.hlines(row, line[0], line[-1], color=ink(), alpha=MUTED, linewidth=1)
        thin = 1.5 if line.size <= _SPACED else 0.6
        ax.vlines(line, row - 0.2, row + 0.2, color=color(0), linewidth=thin, gid=f'values {row}')
        step = 'step' if spec.spacing.uniform else 'smallest step'
        text = f'{spec.label}: {line.size} values, {step} {float(spec.eps):g}'
        ax.annotate(text, (0, row - 0.28), (4, 0), ('axes fraction', 'data'), 'offset points', **PLAIN)
    ax.set_ylim(len(specs) - 0.6, -0.75)
    ax.yaxis.set_visible(False)
    ax.set_xlabel('value')
    largest = [float(np.abs(line).max()) for line in lines]
    if max(largest) >= _APART * min(largest) if log is None else log:
        _scale(ax, np.abs(np.concatenate(lines)))


def _scale(ax: Axes, magnitudes: NDArray[np.float64]) -> None:
    """A logarithmic scale of both signs, in binades: linear below the smallest magnitude, which reaches 0."""
    low, high = (math.frexp(end)[1] - 1 for end in (magnitudes[magnitudes > 0].min(), magnitudes.max()))
    low = max(low, high - LIMIT)  # matplotlib divides one by the other
    ax.set_xscale('symlog', base=2, linthresh=2.0**low)
    exponents = np.arange(high, low - 1, -math.ceil((high - low + 1) / _TICKS))
    powers, names = np.ldexp(1.0, exponents), [f'2^{{{n}}}' for n in exponents]
    end = 2.0 ** (high + 2) if high < LIMIT else 2.0**high
    ax.set_xlim(-end, end)
    ax.set_xticks([0, *powers, *-powers], ['0', *(f'${name}$' for name in names), *(f'$-{name}$' for name in names)])
    ax.set_xticks([], minor=True)
    ax.set_xlabel('value, on a logarithmic scale')


def _draw_density(ax: Axes, specs: Sequence[Spec]) -> None:
    for row, spec in enumerate(specs):
        exponents, counts = spec.spacing.binades()
        edges = np.append(exponents, exponents[-1:] + 1) - 0.5
        heights = np.repeat(counts, 2)
        style = _STYLES[row % len(_STYLES)]
        label = spec.label if counts.size else f'{spec.label}: no positive value'
        ax.plot(np.repeat(edges, 2)[1:-1], heights, style, color=color(row), label=label, gid=f'density {row}')
    power_ticks(ax.xaxis)
    power_ticks(ax.yaxis)
    ax.set_xlabel('value, $2^n$')
    ax.set_ylabel('positive values from $2^n$ to $2^{n+1}$')
    ax.set_title('Density of the values')
    plain_legend(ax)
