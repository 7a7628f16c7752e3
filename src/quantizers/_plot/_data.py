"""The histogram of numbers over the bit weights of a format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .._printable import one_line
from ..formats import BinaryQ, MinifloatQ, Spec
from ._bits import KINDS, Histogram, histogram, histograms, weights
from ._figure import MUTED, PLAIN, Axes, Figure, Rectangle, axes_or_new, figure_of, ink, new_figure, power_ticks

if TYPE_CHECKING:
    from matplotlib.transforms import Transform
    from numpy.typing import ArrayLike

# of each of `KINDS`; hatched on the background, which any style sets off from its own colours
LOOK: tuple[dict[str, Any], ...] = (
    {'color': 'C0'},
    {'facecolor': 'none', 'edgecolor': 'C1', 'hatch': '....'},
    {'facecolor': 'none', 'edgecolor': 'C3', 'hatch': '////'},
    {'facecolor': 'none', 'edgecolor': 'C3', 'hatch': 'xxxx'},
)
_MOST_CELLS = 40


def draw(x: ArrayLike, spec: Spec, ax: Axes | None) -> Figure:
    """Draw the histogram of an array."""
    found = histogram(x, spec)
    axes = axes_or_new(ax)
    _draw_one(axes, found)
    figure = figure_of(axes)
    if ax is None:
        figure.legend(loc='outside lower center', ncols=2)
    else:
        axes.legend(fontsize='small')
    return figure


def draw_all(tensors: Mapping[str, ArrayLike], spec: Spec) -> Figure:
    """Draw the histogram of each array, one below the other."""
    found = histograms(tensors, dict.fromkeys(tensors, spec))
    figure = new_figure(1, len(found))
    for ax, (name, of) in zip(figure.subplots(len(found), squeeze=False)[:, 0], found.items(), strict=True):
        _draw_one(ax, of, f'{one_line(name)}: ')
        ax.legend(fontsize='small')
    return figure


def _draw_one(axes: Axes, found: Histogram, before: str = '') -> None:
    low, high = found.window()
    _draw_bars(axes, found, low, high)
    least, most = weights(found.spec)
    axes.axvspan(max(least, low) - 0.5, min(most, high) + 0.5, color=ink(), alpha=0.08, linewidth=0, zorder=0)
    draw_bits(axes, found.spec, low, high, 1.01, 0.06, axes.get_xaxis_transform())
    axes.set_xlim(high + 1, low - 1)
    power_ticks(axes.xaxis, ends([found], low, high))
    axes.set_xlabel('weight of the leading bit of |x|')
    axes.set_ylabel(f'share of {found.statistics.count:,} numbers (%)')
    axes.set_title(f'{before}{found.spec.cpp_type}: SQNR {found.statistics.sqnr:.1f} dB', pad=24, **PLAIN)


def _draw_bars(ax: Axes, found: Histogram, low: int, high: int) -> None:
    at, bottom = np.arange(low, high + 1), np.zeros(high - low + 1)
    table = found.shown(low, high)
    statistics = found.statistics
    both = sum(int(counts[3]) for counts in found.counts.values())
    inside = statistics.count - statistics.saturated - statistics.flushed + both
    wraps = getattr(found.spec, 'overflow', '').startswith('WRAP')
    counts = (inside, statistics.flushed, statistics.saturated, both)
    names = (KINDS[0], KINDS[1], f'{KINDS[2]}, wraps' if wraps else 'saturated', KINDS[3])
    for name, count, shares, look in zip(names, counts, table, LOOK, strict=True):
        label = f'{name}: {found.share(count)} ({count:,})'
        if name != KINDS[3] or count:
            some = shares > 0
            ax.bar(at[some], shares[some], 0.9, bottom[some], label=label, gid=name, **look)
        bottom += shares
    if found.zeros:
        ax.bar([low], [0], label=f'0, in range: {found.share(found.zeros)} ({found.zeros:,})', color='none')
    ax.set_ylim(0, 1.05 * float(bottom.max()) or 1)


def ends(found: Iterable[Histogram], low: int, high: int) -> dict[int, str]:
    """The signs before the ticks at which numbers beyond the axis are drawn."""
    counts = [n for of in found for n in of.counts]
    below, above = min(counts, default=low) < low, max(counts, default=high) > high
    return {low: r'\leq ' if below else '', high: r'\geq ' if above else ''}


def draw_bits(ax: Axes, spec: Spec, low: int, high: int, bottom: float, height: float, transform: Transform) -> None:
    """The bits of a format from the weight `low` to `high`, from `bottom` on in the units of `transform`."""
    for name, lowest, highest, coarse in _parts(spec):
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
        if name in ('integer', 'fraction') and end - start < _MOST_CELLS:
            between = np.arange(start, end) + 0.5
            ax.vlines(
                between, bottom, bottom + height / 4, color=ink(), linewidth=0.8, transform=transform, clip_on=False
            )
        if (end - start + 1) / (high - low + 3) > len(name) / 80:
            ax.text(
                (start + end) / 2,
                bottom + height / 2,
                name,
                ha='center',
                va='center',
                fontsize='x-small',
                transform=transform,
            )


def _parts(spec: Spec) -> list[tuple[str, int, int, bool]]:
    """The parts of a format: name, lowest and highest weight, whether it is the coarser part."""
    least, most = weights(spec)
    if isinstance(spec, BinaryQ):
        return [('sign', 0, 0, True)]
    if isinstance(spec, MinifloatQ):
        return [('normal', spec.emin, most, True), ('subnormal', least, spec.emin - 1, False)]
    return [('integer', max(0, least), most, True), ('fraction', least, min(-1, most), False)]
