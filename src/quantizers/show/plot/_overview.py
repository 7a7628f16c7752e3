"""One figure for a whole configuration."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._checks.shown import one_line
from ...backends.numpy.inputs import as_array
from ...formats import Spec
from ...formats.per_channel import Formats, PerChannel, by_channel
from ._bits import BEYOND, KINDS, Histogram, check_format, histograms
from ._data import draw_bits, ends, look
from ._figure import PLAIN, Axes, Figure, Patch, Rectangle, color, figure_of, new_figure, plain_legend, power_ticks

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_BAR = 0.3


def draw(named: Mapping[str, Formats], arrays: Mapping[str, ArrayLike]) -> Figure:
    """Draw a row for each name of `named`, and of formats per channel for each channel."""
    for what, mapping in (('config', named), ('tensors', arrays)):
        if not isinstance(mapping, Mapping):
            raise TypeError(f'{what!r} must be a mapping: {type(mapping).__name__}')
        if not mapping:
            raise ValueError(f'{what!r} must have a name at least: it is empty')
    unknown = [name for name in arrays if name not in named]
    if unknown:
        raise ValueError(f"'config' must have a format for each tensor; it has none for {unknown[0]!r}")
    rows = list(by_channel(named))
    config = dict(rows)
    if len(config) < len(rows):
        raise ValueError(f"'config' must have no name that looks like that of a channel: {_twice(rows)!r}")
    for spec in config.values():
        check_format(spec)
    tensors = dict(pair for name, x in arrays.items() for pair in _by_channel(name, x, named[name]))
    found = histograms(tensors, config)
    figure = new_figure(1.3, 0.35 + 0.15 * len(config))
    bits, sqnr, shares = figure.subplots(1, 3, sharey=True, width_ratios=(3, 1, 1.4))
    _draw_weights(bits, config, found)
    for row, name in enumerate(config):
        if name in found:
            _draw_measures(sqnr, shares, row, found[name])
        else:
            sqnr.text(0, row, ' no tensor', va='center', style='italic')
    _finish(bits, sqnr, shares, config)
    return figure


def _twice(rows: Sequence[tuple[str, Spec]]) -> str:
    names = [name for name, _ in rows]
    return next(name for n, name in enumerate(names) if name in names[:n])


def _by_channel(name: str, x: ArrayLike, formats: Formats) -> Iterator[tuple[str, ArrayLike]]:
    """The array of a name, or those of its channels, under the names of `by_channel`."""
    if not isinstance(formats, PerChannel):
        yield name, x
        return
    array = as_array(x)
    try:
        axis = formats.axis_in(array.shape)
    except ValueError as error:
        raise ValueError(f'{name!r}: {error}') from None
    yield from ((f'{name}[{channel}]', part) for channel, part in enumerate(np.moveaxis(array, axis, 0)))


def _draw_weights(ax: Axes, config: Mapping[str, Spec], found: Mapping[str, Histogram]) -> None:
    least, most = zip(*(of.window() for of in found.values()), strict=True)
    alone = [spec.spacing.weights for name, spec in config.items() if name not in found]
    # of formats of thousands of bits the part near the numbers
    low = min([*least, *(max(low, min(least) - BEYOND) for low, _ in alone)])
    high = max([*most, *(min(high, max(most) + BEYOND) for _, high in alone)])
    for row, (name, spec) in enumerate(config.items()):
        draw_bits(ax, spec, low, high, row + 0.02, 0.26, ax.transData)
        ax.text(
            0.01,
            row + 0.42,
            spec.label,
            ha='left',
            va='center',
            transform=ax.get_yaxis_transform(),
            **PLAIN,
        )
        if name in found:
            total = found[name].shown(low, high).sum(axis=0)
            for n, share in zip(range(low, high + 1), total.tolist(), strict=True):
                if share:
                    opacity = 0.15 + 0.85 * math.sqrt(share / float(np.max(total)))
                    ax.add_patch(Rectangle((n - 0.5, row - 0.3), 1, 0.28, color=color(0), alpha=opacity, linewidth=0))
    ax.set_xlim(high + 1, low - 1)
    power_ticks(ax.xaxis, ends(found.values(), low, high))
    ax.set_xlabel(
        'weight of the leading bit: the stronger the colour,\nthe more numbers; below, the bits of the format'
    )


def _draw_measures(sqnr: Axes, shares: Axes, row: int, found: Histogram) -> None:
    statistics = found.statistics
    decibels = statistics.sqnr
    sqnr.barh(row, decibels if math.isfinite(decibels) else 0, 0.5, color=color(0))
    sqnr.text(max(decibels, 0) if math.isfinite(decibels) else 0, row, f' {decibels:.1f}', va='center')
    for offset, count, style in ((-0.17, statistics.saturated, look(2)), (0.17, statistics.flushed, look(1))):
        percent = 100 * count / statistics.count
        shares.barh(row + offset, percent, _BAR, **style)
        shares.text(percent, row + offset, f' {found.share(count)}', va='center', fontsize='small', **PLAIN)


def _finish(bits: Axes, sqnr: Axes, shares: Axes, config: Mapping[str, Any]) -> None:
    bits.set_ylim(len(config) - 0.4, -0.5)
    bits.set_yticks(range(len(config)), [one_line(name) for name in config])
    for label in bits.get_yticklabels():
        label.set(**PLAIN)
    sqnr.set_xlabel('SQNR (dB)')
    shares.set_xlabel('share of the numbers (%)', **PLAIN)
    for ax in (sqnr, shares):
        ax.tick_params(labelleft=False)
        left, right = ax.get_xlim()
        ax.set_xlim(left, left + 1.5 * max(right - left, 1e-3))  # room for the text
    handles = [Patch(label='saturated', **look(2)), Patch(label=KINDS[1], **look(1))]
    plain_legend(figure_of(shares), handles=handles, loc='outside upper right', ncols=2)
