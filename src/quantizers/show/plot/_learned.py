"""The widths that a layer has learned, and the numbers that it quantizes over their bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import ops

from ..._checks.shown import shown
from ...analysis.losses import flushed, saturated
from ...analysis.streams import ALONE, Finite, pieces
from ...layers import LearnedFixed
from ._bits import Counts
from ._data import draw_bars, ends
from ._figure import (
    PLAIN,
    Axes,
    Figure,
    ListedColormap,
    MaxNLocator,
    Patch,
    Rectangle,
    color,
    figure_of,
    ink,
    new_figure,
    plain_legend,
    power_ticks,
    shade,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Kif = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]

_FEW = 16  # rows that have a tick each
_BELOW = 0.75  # the height of the lower axes, in figures of the style


def draw(layer: LearnedFixed, x: ArrayLike | None) -> Figure:
    """Draw the widths, and below them the numbers, or how many formats have how many bits."""
    if not isinstance(layer, LearnedFixed):
        raise TypeError(f"'layer' must be a LearnedFixed: {shown(layer)}")
    kif = layer.kif
    counts = None if x is None else _counts(layer, kif, x)
    bits = layer.to_dict()['bits']
    title = f'{layer.name}: {bits:,} bits, {_formats(kif)}'
    if sum(size > 1 for size in kif[0].shape) < 2:
        return _by_channel(kif, counts, title, wraps=layer.spec.wraps)
    return _by_element(kif, counts, title, wraps=layer.spec.wraps)


def _formats(kif: Kif) -> str:
    widths = _widths(kif)
    none = np.count_nonzero(widths == 0)
    return f'{widths.size:,} format{"s" * (widths.size > 1)}' + f', {none:,} of no bits' * bool(none)


def _widths(kif: Kif) -> NDArray[np.int64]:
    k, i, f = kif
    return k + i + f


def _counts(layer: LearnedFixed, kif: Kif, x: ArrayLike) -> Counts:
    """What the formats do to numbers of the layer's input, or of a kernel."""
    array = ops.convert_to_numpy(x.value) if isinstance(x, keras.Variable) else x
    finite, found = Finite(), [piece.values for piece in pieces({ALONE: array}, None)]
    for values in found:
        finite.where(values)
    finite.check(ALONE)
    distinct, group = np.unique(np.stack(kif).reshape(3, -1), axis=1, return_inverse=True)
    shape, own = np.shape(array), kif[0].shape
    try:
        of = np.broadcast_to(group.reshape(own), shape).reshape(-1)
    except ValueError:
        raise ValueError(f"'x' must have a shape to which that of the widths, {own}, is broadcast: {shape}") from None
    order = np.argsort(of, kind='stable')
    parts = np.split(np.concatenate(found)[order], np.cumsum(np.bincount(of, minlength=distinct.shape[1]))[:-1])
    counts = Counts()
    for spec, values in zip(layer._specs(*distinct), parts, strict=True):
        if spec is None:
            counts.put(values, values != 0, np.zeros(values.shape, bool))
        else:
            counts.put(values, flushed(values, spec(values)), saturated(spec, values))
    return counts


def _by_channel(kif: Kif, counts: Counts | None, title: str, *, wraps: bool) -> Figure:
    """A row of bits for each format, over the numbers by the weight of their leading bit."""
    rows = kif[0].size
    above = min(max(0.12 + 0.018 * rows, 0.3), 1.4)
    heights = [above] if counts is None else [above, _BELOW]
    figure = new_figure(1, sum(heights) + 0.2)
    axes = figure.subplots(len(heights), sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    low, high = _window(kif, counts)
    entries = _draw_rows(axes[0], kif)
    axes[0].set_title(title, **PLAIN)
    if counts is not None:
        axes[0].tick_params(labelbottom=False)
        entries += _draw_numbers(axes[1], counts, low, high, wraps=wraps)
    else:
        power_ticks(axes[0].xaxis)
        axes[0].set_xlabel('weight of the bit')
    axes[0].set_xlim(high + 1, low - 1)
    plain_legend(figure, handles=entries, loc='outside lower center', ncols=2)
    return figure


def _by_element(kif: Kif, counts: Counts | None, title: str, *, wraps: bool) -> Figure:
    """A picture of the widths, above the numbers, or above how many formats have how many bits."""
    figure = new_figure(1, 1.7)
    above, below = figure.subplots(2, height_ratios=(1, _BELOW))
    _draw_map(above, _widths(kif))
    above.set_title(title, **PLAIN)
    if counts is None:
        widths = _widths(kif)
        at, share = np.arange(widths.max() + 1), 100 * np.bincount(widths.reshape(-1)) / widths.size
        below.bar(at, share, 0.9, color=color(0), gid='widths')
        below.xaxis.set_major_locator(MaxNLocator(integer=True))
        below.set_xlabel('bits')
        below.set_ylabel(f'share of {widths.size:,} formats (%)', **PLAIN)
        return figure
    low, high = _window(kif, counts)
    entries = _draw_numbers(below, counts, low, high, wraps=wraps)
    below.set_xlim(high + 1, low - 1)
    entries.append(_draw_shares(below, kif, low, high))
    plain_legend(figure, handles=entries, loc='outside lower center', ncols=2)
    return figure


def _window(kif: Kif, counts: Counts | None) -> tuple[int, int]:
    k, i, f = kif
    some = k + i + f > 0
    if not some.any():
        low, high = -1, 0
    else:
        low, high = int(-f[some].max()), int((k + i)[some].max()) - 1
    return (low, high) if counts is None else counts.around(low, high)


def _draw_rows(ax: Axes, kif: Kif) -> list[Patch]:
    """The bits of each format in a row, those above the point apart; returns the entries of the legend."""
    k, i, f = (part.reshape(-1) for part in kif)
    rows, some = np.arange(k.size), k + i + f > 0
    low, high = -f - 0.5, k + i - 0.5  # the edges of all bits; -0.5 is the point
    looks = {'sign and integer bits': (ink(), 0.3), 'fraction bits': (color(0), 0.5)}
    spans = (np.maximum(low, -0.5), high), (low, np.minimum(high, -0.5))
    for (name, (colored, opacity)), (start, end) in zip(looks.items(), spans, strict=True):
        present = some & (end > start)
        ax.barh(
            rows[present],
            (end - start)[present],
            0.86,
            start[present],
            linewidth=0,
            gid=name,
            color=colored,
            alpha=opacity,
        )
    if k.size <= _FEW:
        for row in rows[~some].tolist():
            ax.text(-0.5, row, 'no bits ', ha='right', va='center', style='italic', fontsize='small')
        ax.set_yticks(rows)
    else:
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_ylim(k.size - 0.4, -0.6)
    ax.set_ylabel('channel')
    return [Patch(label=name, linewidth=0, color=colored, alpha=opacity) for name, (colored, opacity) in looks.items()]


def _draw_map(ax: Axes, widths: NDArray[np.int64]) -> None:
    """The width of each element, none where there are no bits: the stronger the colour, the more bits."""
    table = widths.reshape(-1, widths.shape[-1])
    most = int(table.max())
    shades = ListedColormap([shade(0, 0.0), *(shade(0, 0.1 + 0.9 * n / most) for n in range(1, most + 1))])
    image = ax.imshow(table, shades, aspect='auto', interpolation='nearest', vmin=-0.5, vmax=most + 0.5)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel('index on the last axis')
    ax.set_ylabel('index on the axis before' if widths.ndim == 2 else 'index on the axes before')
    figure_of(ax).colorbar(image, ax=ax, label='bits', ticks=MaxNLocator(integer=True))


def _draw_numbers(ax: Axes, counts: Counts, low: int, high: int, *, wraps: bool) -> list[Patch]:
    entries = draw_bars(ax, counts, low, high, wraps=wraps)
    power_ticks(ax.xaxis, ends([counts], low, high))
    ax.set_xlabel('weight of the leading bit of |x|', **PLAIN)
    ax.set_ylabel(f'share of {counts.count:,} numbers (%)', **PLAIN)
    return entries


def _draw_shares(ax: Axes, kif: Kif, low: int, high: int) -> Patch:
    """A strip above the bars, dark at the bits that many formats have; returns its entry of the legend."""
    k, i, f = kif
    shares = {n: float(np.mean((-f <= n) & (n < k + i))) for n in range(low, high + 1)}
    for n, share in shares.items():
        ax.add_patch(
            Rectangle(
                (n - 0.5, 1.01),
                1,
                0.06,
                transform=ax.get_xaxis_transform(),
                facecolor=ink(),
                alpha=0.8 * share / (max(shares.values()) or 1),
                linewidth=0,
                clip_on=False,
                gid=f'bit {n}',
            )
        )
    return Patch(label='above: bits that formats have', facecolor=ink(), alpha=0.5, linewidth=0)
