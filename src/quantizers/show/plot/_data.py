"""The histogram of numbers over the bit weights of a format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._checks.shown import one_line
from ...formats import Spec
from ._bits import KINDS, Counts, Histogram, histogram, histograms
from ._figure import (
    MUTED,
    PLAIN,
    Axes,
    Figure,
    Patch,
    Rectangle,
    axes_or_new,
    color,
    figure_of,
    ink,
    new_figure,
    plain_legend,
    power_ticks,
)

if TYPE_CHECKING:
    from matplotlib.transforms import Transform
    from numpy.typing import ArrayLike

_HATCHES = ('', '....', '////', 'xxxx')  # of each of `KINDS`
_COLORS = (0, 1, 3, 3)
_MOST_CELLS = 40


def draw(x: ArrayLike, spec: Spec, ax: Axes | None) -> Figure:
    """Draw the histogram of an array."""
    found = histogram(x, spec)
    axes = axes_or_new(ax)
    entries = _draw_one(axes, found)
    figure = figure_of(axes)
    if ax is None:
        plain_legend(figure, handles=entries, loc='outside lower center', ncols=2)
    else:
        plain_legend(axes, handles=entries, fontsize='small')
    return figure


def draw_all(tensors: Mapping[str, ArrayLike], spec: Spec) -> Figure:
    """Draw the histogram of each array, one below the other."""
    found = histograms(tensors, dict.fromkeys(tensors, spec))
    figure = new_figure(1, len(found))
    for ax, (name, of) in zip(figure.subplots(len(found), squeeze=False)[:, 0], found.items(), strict=True):
        plain_legend(ax, handles=_draw_one(ax, of, f'{one_line(name)}: '), fontsize='small')
    return figure


def _draw_one(axes: Axes, found: Histogram, before: str = '') -> list[Patch]:
    low, high = found.window()
    entries = draw_bars(axes, found, low, high, wraps=found.spec.wraps)
    least, most = found.spec.spacing.weights
    axes.axvspan(max(least, low) - 0.5, min(most, high) + 0.5, color=ink(), alpha=0.08, linewidth=0, zorder=0)
    draw_bits(axes, found.spec, low, high, 1.01, 0.06, axes.get_xaxis_transform())
    axes.set_xlim(high + 1, low - 1)
    power_ticks(axes.xaxis, ends([found], low, high))
    axes.set_xlabel('weight of the leading bit of |x|', **PLAIN)
    axes.set_ylabel(f'share of {found.count:,} numbers (%)', **PLAIN)
    axes.set_title(f'{before}{found.spec.label}: SQNR {found.statistics.sqnr:.1f} dB', pad=24, **PLAIN)
    return entries


def draw_bars(ax: Axes, found: Counts, low: int, high: int, *, wraps: bool) -> list[Patch]:
    """Draw the bars; returns the entries of the legend."""
    at, bottom, entries = np.arange(low, high + 1), np.zeros(high - low + 1), []
    names = KINDS[0], KINDS[1], f'{KINDS[2]}, wraps' if wraps else 'saturated', KINDS[3]
    for kind, (name, total, shares) in enumerate(zip(names, found.totals, found.shown(low, high), strict=True)):
        some = shares > 0
        ax.bar(at[some], shares[some], 0.9, bottom[some], gid=name, **look(kind))
        bottom += shares
        if name != KINDS[3] or total:
            entries.append(Patch(label=f'{name}: {found.share(total)} ({total:,})', **look(kind)))
    if found.zeros:
        entries.append(Patch(label=f'0, in range: {found.share(found.zeros)} ({found.zeros:,})', alpha=0))
    ax.set_ylim(0, 1.05 * float(bottom.max()) or 1)
    return entries


def look(kind: int) -> dict[str, Any]:
    """How one of `KINDS` is drawn: hatched on the background, which any style sets off from its own colours."""
    if not _HATCHES[kind]:
        return {'color': color(_COLORS[kind])}
    return {'facecolor': 'none', 'edgecolor': color(_COLORS[kind]), 'hatch': _HATCHES[kind]}


def ends(found: Iterable[Counts], low: int, high: int) -> dict[int, str]:
    """The signs before the ticks at which numbers beyond the axis are drawn."""
    counts = [n for of in found for n in of.counts]
    below, above = min(counts, default=low) < low, max(counts, default=high) > high
    return {low: r'\leq ' if below else '', high: r'\geq ' if above else ''}


def draw_bits(ax: Axes, spec: Spec, low: int, high: int, bottom: float, height: float, transform: Transform) -> None:
    """The bits of a format from the weight `low` to `high`, from `bottom` on in the units of `transform`."""
    for name, lowest, highest, coarse, apart in spec.spacing.parts():
        start, end = max(lowest, low), min(highest, high)
        if start > end:
            continue
        ax.add_patch(
            Rectangle(
                (start - 0.5, bottom),
                end - start + 1,
                height,
                transform=transform,
                facecolor=ink() if coarse else 'none',
                edgecolor=ink(),
                alpha=0.3 if coarse else MUTED,
                linewidth=0.8,
                clip_on=False,
            )
        )
        if apart and end - start < _MOST_CELLS:
            between = np.arange(start, end) + 0.5
            ax.vlines(
                between, bottom, bottom + height / 5, color=ink(), linewidth=0.8, transform=transform, clip_on=False
            )
        if (end - start + 1) / (high - low + 3) > len(name) / 64:
            ax.text(
                (start + end) / 2,
                bottom + 0.58 * height,
                name,
                ha='center',
                va='center',
                fontsize='small',
                transform=transform,
            )
