"""The values of formats: a number line, or, where they are many, their density."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from ...codes import values
from ...formats import Spec
from ._bits import check_format
from ._figure import LIMIT, MUTED, PLAIN, Axes, Figure, axes_or_new, color, figure_of, ink, plain_legend, power_ticks

FEW = 10  # bits of formats whose values are drawn one by one
_STYLES = ('-', '--', '-.', ':')


def draw(specs: Sequence[Spec], ax: Axes | None) -> Figure:
    """Draw the number line, or the density."""
    if not specs:
        raise ValueError("'specs' must be a format at least: there is none")
    for spec in specs:
        check_format(spec)
    if all(spec.bits <= FEW and Fraction(1, 1 << LIMIT) < max(spec.max, -spec.min) < 1 << LIMIT for spec in specs):
        axes = axes_or_new(ax, 0.2 + 0.2 * len(specs))
        _draw_line(axes, specs)
    else:
        axes = axes_or_new(ax)
        _draw_density(axes, specs)
    return figure_of(axes)


def _draw_line(ax: Axes, specs: Sequence[Spec]) -> None:
    for row, spec in enumerate(specs):
        line = values(spec)
        ax.hlines(row, line[0], line[-1], color=ink(), alpha=MUTED, linewidth=1)
        ax.vlines(line, row - 0.2, row + 0.2, color=color(0), gid=f'values {row}')
        step = 'step' if spec.spacing.uniform else 'smallest step'
        text = f'{spec.label}: {line.size} values, {step} {float(spec.eps):g}'
        ax.annotate(text, (0, row - 0.28), (4, 0), ('axes fraction', 'data'), 'offset points', **PLAIN)
    ax.set_ylim(len(specs) - 0.6, -0.75)
    ax.yaxis.set_visible(False)
    ax.set_xlabel('value')


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
