"""The transfer curve of a format, and its error below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ..._checks.capabilities import Capability, require
from ..._checks.shown import shown
from ..._maths.floats import Exact
from ...backends.numpy.run import to_float
from ...formats import Format
from ._figure import LIMIT, MUTED, PLAIN, Axes, Figure, color, figure_of, ink, new_figure
from ._samples import COLUMNS, Samples, samples, window

_FEW_TIES = 14
_MOST_STEPS = 128  # that can be told apart
_SEEN = Fraction(12)  # around 0, where there are more
_OUTSIDE = {
    'WRAP': 'out of range: wraps',
    'WRAP_SM': 'out of range: wraps in sign-magnitude',
    'SAT': 'out of range: saturates',
    'SAT_SYM': 'out of range: saturates',
    'SAT_ZERO': 'out of range: becomes 0',
}


def draw(spec: Format, ax: Axes | Sequence[Axes] | None, xlim: tuple[float, float] | None) -> Figure:
    """Draw the curve, and below it the error where there are axes for it."""
    require(spec, Capability.PICTURES)
    whole = window(spec)
    seen = _steps_around_zero(spec, *whole) if ax is None else whole
    low, high = seen if xlim is None else _given(xlim)
    if not (Fraction(1, 1 << LIMIT) < max(-low, high) < 1 << LIMIT and spec.eps < 1 << LIMIT):
        raise ValueError(
            f"the inputs shown must reach beyond 2^-{LIMIT} and, with the step, stay within 2^{LIMIT} (choose 'xlim';"
            f' plot_values draws formats of any range): {spec.label}'
        )
    pair = _axes(ax)
    step = spec.spacing.in_steps
    curve = samples(spec, low, high, Fraction(spec.eps) if step else Fraction(1))
    _draw_curve(pair[0], spec, curve)
    if xlim is None and seen != whole:
        _draw_whole(pair[0], spec, *whole)
    for axes in pair:
        axes.set_xlim(to_float(low), to_float(high))
        _mark_outside(axes, spec, curve, label=axes is pair[0])
    figure = figure_of(pair[0])
    if ax is None:
        figure.legend(loc='outside lower center', ncols=4)
    else:
        pair[0].legend(loc='best')
    if len(pair) == 2:
        _draw_error(pair[1], spec, curve)
        pair[1].set_ylabel(f'error\n({_power(spec.eps)})' if step else 'error')
    pair[-1].set_xlabel('input')
    return figure


def _steps_around_zero(spec: Format, low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Few steps, where the window has more than can be told apart, and the window where it has not."""
    eps = Fraction(spec.eps)
    if not spec.spacing.in_steps or high - low <= _MOST_STEPS * eps or eps * (1 << LIMIT) <= 1:
        return low, high
    start = max(Fraction(spec.min), -_SEEN / 2 * eps)
    return start, start + _SEEN * eps


def _draw_whole(ax: Axes, spec: Format, low: Fraction, high: Fraction) -> None:
    """The whole range as an inset, where the curve leaves room."""
    if not max(-low, high) < 1 << LIMIT:
        return
    curve = samples(spec, low, high, Fraction(spec.eps))
    inset = ax.inset_axes((0.03, 0.56, 0.4, 0.4), gid='whole')
    inset.plot(curve.x, curve.output, color=color(0), linewidth=1)
    _mark_outside(inset, spec, curve, label=False)
    inset.set_xlim(to_float(low), to_float(high))
    ends = [to_float(spec.min), to_float(spec.max)]
    inset.set_xticks(ends, [f'{end:.4g}' for end in ends], fontsize='small')
    inset.set_yticks([])
    inset.axvline(0, color=ink(), linewidth=1, gid='shown')


def _axes(ax: Axes | Sequence[Axes] | None) -> list[Axes]:
    if ax is None:
        figure = new_figure()
        top, bottom = figure.subplots(2, sharex=True, height_ratios=(3, 1))
        top.tick_params(labelbottom=False)
        return [top, bottom]
    pair: list[Any] = [ax] if isinstance(ax, Axes) else list(np.ravel(np.asarray(ax, object)))
    if len(pair) not in (1, 2) or not all(isinstance(axes, Axes) for axes in pair):
        raise TypeError(f"'ax' must be matplotlib's Axes, a pair of them (curve, error), or None: {shown(ax)}")
    return pair


def _given(xlim: tuple[float, float]) -> tuple[Fraction, Fraction]:
    try:
        low, high = map(float, xlim)
    except (TypeError, ValueError, OverflowError):
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"'xlim' must be two finite numbers, the lower one first: {shown(xlim)}")
    return Fraction(low), Fraction(high)


def _draw_curve(ax: Axes, spec: Format, curve: Samples) -> None:
    ax.plot(curve.x, curve.output, color=color(0), label='quantized', gid='curve')
    ends = [curve.x[0], curve.x[-1]]
    ax.plot(ends, ends, ':', color=ink(), alpha=MUTED, linewidth=1, zorder=1.9, label='not quantized')
    ties = curve.ties & ~curve.outside
    every_step = Fraction(ends[1]) - Fraction(ends[0]) <= COLUMNS * spec.eps
    if every_step and 0 < np.count_nonzero(ties) <= _FEW_TIES:
        ax.plot(curve.x[ties], curve.output[ties], 'o', color=color(0), label='ties', gid='ties')
    shown = [curve.output.min(), curve.output.max()]
    if curve.x[0] > to_float(spec.min) or curve.x[-1] < to_float(spec.max) or shown[0] == shown[1]:
        shown += ends  # of a part of the range, and where all becomes 0
    room = 0.06 * (max(shown) - min(shown))
    ax.set_ylim(min(shown) - room, max(shown) + room)
    ax.set_ylabel('output')
    ax.set_title(spec.label, **PLAIN)


def _draw_error(ax: Axes, spec: Format, curve: Samples) -> None:
    ax.axhline(0, color=ink(), alpha=MUTED, linewidth=1, linestyle=':')
    # which may grow beyond what matplotlib can draw
    error = np.clip(curve.error, -(2.0**LIMIT), 2.0**LIMIT)
    ax.plot(curve.x, error, color=color(0), linewidth=0.8, gid='error')
    # beyond the range the error grows and grows
    inside = (curve.x > to_float(spec.min)) & (curve.x < to_float(spec.max))
    largest = np.abs(curve.error[inside]).max(initial=0)
    if largest > 0:
        ax.set_ylim(-1.5 * largest, 1.5 * largest)


def _mark_outside(ax: Axes, spec: Format, curve: Samples, *, label: bool) -> None:
    if not curve.outside.any():
        return
    overflow = spec.modes.overflow if spec.modes else 'SAT'
    ax.fill_between(
        curve.x,
        0,
        1,
        where=curve.outside.tolist(),
        transform=ax.get_xaxis_transform(),
        facecolor='none',
        edgecolor=ink(),
        alpha=0.25,
        hatch='///',
        linewidth=0,
        label=_OUTSIDE[overflow] if label else None,
        gid='outside',
    )


def _power(eps: Exact) -> str:
    exponent = Fraction(eps).numerator.bit_length() - Fraction(eps).denominator.bit_length()
    return f'steps of $2^{{{exponent}}}$'
