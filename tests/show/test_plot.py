"""Pictures: what they show is what the library computes, and they look as those of the documentation do."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.style import context
from matplotlib.testing.compare import compare_images
from PIL import Image

from oracles.command import Run, refused, wrote
from oracles.pictures import PICTURES, script
from quantizers import (
    BinaryQ,
    FixedQ,
    MinifloatQ,
    PerChannel,
    QuantizerConfig,
    Spec,
    TernaryQ,
    plot_data,
    plot_report,
    plot_values,
)
from quantizers.analysis.losses import saturated
from quantizers.show.plot._bits import histogram
from quantizers.show.plot._samples import samples, window

ROOT = Path(__file__).parents[2]
# Of grey levels, root mean square. matplotlib before 3.11 sets text otherwise, which moves everything beside it.
TOLERANCE = 1 if mpl.__version_info__ >= (3, 11) else 45
FORMATS: list[Spec] = [
    FixedQ(5, 2, True, 'RND', 'SAT'),
    FixedQ(5, 2),
    FixedQ(5, 2, False, 'RND_CONV', 'WRAP', 2),
    FixedQ(5, 2, True, 'TRN_ZERO', 'WRAP_SM'),
    FixedQ(6, 8, True, 'RND_MIN_INF', 'SAT_ZERO'),
    FixedQ(12, -3, True, 'RND_INF', 'SAT_SYM'),
    FixedQ(20, 4, True, 'RND_ZERO', 'SAT'),
    FixedQ(8, 3, True, 'S_RND', 'SAT'),
    FixedQ(1, 1, False),
    MinifloatQ(1, 2, 1),
    MinifloatQ(3, 4),
    MinifloatQ(0, 1),
    MinifloatQ(7, 8),
    BinaryQ(),
    TernaryQ(),
]
HUGE: list[Spec] = [FixedQ(4096, 2048), FixedQ(8, 3000), FixedQ(8, -3000), MinifloatQ(3, 4, 4000), MinifloatQ(52, 11)]


DRAW = script('draw')


def line(ax: Axes, gid: str) -> tuple[np.ndarray, np.ndarray]:
    """The data of the line with that gid."""
    (found,) = [artist for artist in ax.lines if artist.get_gid() == gid]
    return np.asarray(found.get_xdata()), np.asarray(found.get_ydata())


def texts(figure: Figure) -> str:
    """All text of a figure."""
    return '\n'.join(artist.get_text() for artist in figure.findobj(mpl.text.Text))


@pytest.mark.parametrize('style', ['', '_dark'])
@pytest.mark.parametrize('name', list(DRAW.PICTURES))
def test_the_pictures_of_the_documentation(name: str, style: str, tmp_path: Path) -> None:
    drawn = DRAW.save(name, style, tmp_path)
    assert compare_images(str(PICTURES / drawn.name), str(drawn), TOLERANCE) is None
    assert (PICTURES / drawn.name).stat().st_size < 60_000


def test_dark_pictures_let_the_page_through() -> None:
    for path in PICTURES.glob('*.png'):
        if path.stem.removesuffix('_dark') in DRAW.PICTURES:
            with Image.open(path) as image:
                corner = image.convert('RGBA').getpixel((1, 1))
            assert corner[3] == (0 if path.stem.endswith('_dark') else 255)


def test_no_picture_is_left_over() -> None:
    # those of the page are compared in test_explore_browser.py
    names = {f'{name}{style}.png' for name in (*DRAW.PICTURES, 'explore') for style in DRAW.STYLES}
    assert {path.name for path in PICTURES.glob('*.png')} == names


def test_another_picture_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of formats that differ by one value, in any version of matplotlib."""
    drawn = DRAW.save('curve_rnd_sat', '', tmp_path).rename(tmp_path / 'first.png')
    monkeypatch.setitem(DRAW.PICTURES, 'curve_rnd_sat', FixedQ(5, 2, True, 'RND', 'SAT_SYM').plot)
    assert compare_images(str(drawn), str(DRAW.save('curve_rnd_sat', '', tmp_path)), 1) is not None


def whole(spec: Spec) -> Figure:
    """All of the range, however many steps it has."""
    low, high = map(float, window(spec))
    return spec.plot(xlim=(low, high))


@pytest.mark.parametrize('spec', [FixedQ(8, 3, True, 'RND', 'SAT'), FixedQ(16, 6, False), FixedQ(24, 8)], ids=str)
def test_many_steps_are_seen_around_zero_and_the_range_as_an_inset(spec: Spec) -> None:
    ax = spec.plot().axes[0]
    low, high = ax.get_xlim()
    assert (high - low) / float(spec.eps) == 12
    assert max(spec.min, low) <= 0 < high
    x, y = line(ax, 'ties')
    assert x.size >= 11
    np.testing.assert_array_equal(y, spec(x))
    (inset,) = [child for child in ax.child_axes if child.get_gid() == 'whole']
    (curve, *_) = inset.lines
    np.testing.assert_array_equal(curve.get_ydata(), spec(curve.get_xdata()))
    assert inset.get_xlim() == tuple(map(float, window(spec)))
    assert [artist for artist in inset.collections if artist.get_gid() == 'outside']
    for figure in (whole(spec), FixedQ(6, 3, overflow='SAT').plot()):
        assert not figure.axes[0].child_axes


@pytest.mark.parametrize('spec', FORMATS, ids=str)
def test_the_curve_is_what_the_format_does(spec: Spec) -> None:
    curve, below = spec.plot().axes
    x, y = line(curve, 'curve')
    assert x.size > 3
    assert (np.diff(x) > 0).all()
    np.testing.assert_array_equal(y, spec(x))
    where, error = line(below, 'error')
    np.testing.assert_array_equal(where, x)
    unit = 1 if isinstance(spec, MinifloatQ | BinaryQ) else float(spec.eps)
    np.testing.assert_array_equal(error, (spec(x) - x) / unit)
    assert curve.get_title() == spec.cpp_type
    assert below.get_xlabel() == 'input'


@pytest.mark.parametrize('spec', [s for s in FORMATS if s.bits <= 8 and s.max - s.min < 300 * s.eps], ids=str)
def test_the_curve_has_every_value_and_jumps_only_where_the_format_does(spec: Spec) -> None:
    x, y = line(whole(spec).axes[0], 'curve')
    assert set(spec.values().tolist()) == set(y.tolist())
    # between two points of one output nothing else happens
    between = (x[:-1] + x[1:]) / 2
    flat = y[:-1] == y[1:]
    np.testing.assert_array_equal(spec(between[flat]), y[:-1][flat])
    assert np.diff(x)[~flat].max() < 1e-4 * (x[-1] - x[0])


def test_what_is_out_of_range_is_marked() -> None:
    spec = FixedQ(5, 2, True, 'RND', 'SAT')
    (ax, _) = spec.plot().axes
    (band,) = [artist for artist in ax.collections if artist.get_gid() == 'outside']
    x, _ = line(ax, 'curve')
    outside = saturated(spec, x)
    inner = [path.vertices[:, 0] for path in band.get_paths()]
    assert len(inner) == 2
    assert inner[0].max() == x[outside & (x < 0)].max()
    assert inner[1].min() == x[outside & (x > 0)].min() == 1.9375
    assert band.get_label() == 'out of range: saturates'
    assert not [artist for artist in BinaryQ().plot().axes[0].collections if artist.get_gid() == 'outside']


@pytest.mark.parametrize('spec', [*(s for s in FORMATS if s != BinaryQ()), MinifloatQ(0, 3)], ids=str)
def test_overflow_is_seen_on_both_sides(spec: Spec) -> None:
    x, _ = line(whole(spec).axes[0], 'curve')
    outside = x[saturated(spec, x)]
    for side in (outside[outside < spec.min], outside[outside > spec.max]):
        assert np.ptp(side) > 0.08 * np.ptp(x)


def test_ties_are_marked() -> None:
    x, y = line(FixedQ(8, 8, True, 'RND_CONV', 'SAT').plot(xlim=(-2, 3)).axes[0], 'ties')
    assert x.tolist() == [-1.5, -0.5, 0.5, 1.5, 2.5]
    assert y.tolist() == [-2, 0, 0, 2, 2]
    wide = FixedQ(3, 3).plot(xlim=(-1e6, 1e6)).axes[0]  # some of many
    many = FixedQ(8, 8, True, 'RND', 'SAT').plot(xlim=(0, 20)).axes[0]
    for ax in (wide, many):
        assert 'ties' not in [artist.get_gid() for artist in ax.lines]


def test_a_fine_format_wraps_where_it_does() -> None:
    spec = FixedQ(20, 4, True, 'RND', 'WRAP')
    x, y = line(spec.plot(xlim=(-30, 30)).axes[0], 'curve')
    jumps = np.flatnonzero(np.diff(y) < -8)
    middles = [period - float(spec.eps) / 2 for period in (-24, -8, 8, 24)]
    assert x[jumps] == pytest.approx(middles, abs=float(spec.eps) / 1000)
    assert x[jumps + 1] == pytest.approx(middles, abs=float(spec.eps) / 1000)


@pytest.mark.parametrize('spec', [MinifloatQ(1, 2, 1), MinifloatQ(2, 3, 1), MinifloatQ(0, 3)], ids=str)
@pytest.mark.parametrize('xlim', [(-8, 8), (-5, -1), (-1, 2)])  # powers of two are among the columns
def test_a_tie_of_a_minifloat_is_no_value(spec: Spec, xlim: tuple[int, int]) -> None:
    values = spec.values()
    found = samples(spec, Fraction(xlim[0]), Fraction(xlim[1]), Fraction(1))
    ties, middles = found.x[found.ties & ~found.outside], (values[1:] + values[:-1]) / 2
    assert ties.tolist() == [x for x in middles.tolist() if xlim[0] <= x <= xlim[1]]


def test_given_axes_are_used() -> None:
    figure = Figure()
    top, bottom = figure.subplots(2)
    assert FixedQ(5, 2).plot([top, bottom]) is figure
    assert line(bottom, 'error')[0].size
    alone = figure.subfigures(1).add_subplot()
    assert TernaryQ().plot(alone) is figure
    assert alone.get_xlabel() == 'input'
    assert plot_values(TernaryQ(), ax=alone) is figure
    assert plot_data([1.0], TernaryQ(), ax=alone) is figure
    assert 'matplotlib.pyplot' not in sys.modules or not mpl.pyplot.get_fignums()


def test_the_style_is_kept() -> None:
    with context({'axes.prop_cycle': mpl.cycler(color=['#123456']), 'figure.figsize': (3, 2)}):
        figure = FixedQ(5, 2).plot()
    assert figure.get_size_inches().tolist() == [3, 2]
    (curve,) = [artist for artist in figure.axes[0].lines if artist.get_gid() == 'curve']
    assert curve.get_color() == '#123456'


def test_notebooks_show_figures() -> None:
    assert TernaryQ().plot()._repr_png_().startswith(b'\x89PNG')


@pytest.mark.parametrize('xlim', [(1, 0), (0, math.inf), (math.nan, 1), (0, 10**400), (0,), 'ab', 3])
def test_limits_that_are_none(xlim: object) -> None:
    with pytest.raises(ValueError, match="'xlim' must be two finite numbers"):
        TernaryQ().plot(xlim=xlim)


def test_arguments_of_other_types() -> None:
    for ax in (3, [1, 2], [Figure().add_subplot()] * 3, []):
        with pytest.raises(TypeError, match="'ax' must be matplotlib's Axes"):
            TernaryQ().plot(ax)
    with pytest.raises(TypeError, match="'ax' must be matplotlib's Axes"):
        plot_values(TernaryQ(), ax=3)
    with pytest.raises(TypeError, match="'spec' must be a format: 'fixed<8,3>'"):
        plot_values('fixed<8,3>')
    with pytest.raises(TypeError, match="'spec' must be a format"):
        plot_data([1.0], 'fixed<8,3>')
    with pytest.raises(ValueError, match="'specs' must be a format at least"):
        plot_values()


@pytest.mark.parametrize('spec', HUGE, ids=str)
def test_huge_formats_are_drawn_or_refused(spec: Spec) -> None:
    with pytest.raises(ValueError, match=r"choose 'xlim'; plot_values draws"):
        spec.plot()
    for others in ((), (FixedQ(16, 3),)):
        assert 'Density of the values' in texts(plot_values(spec, *others))
    plot_values(spec, FixedQ(16, 3)).savefig(os.devnull, format='png', dpi=30)
    assert '<svg' in spec._repr_html_()


@pytest.mark.parametrize(
    'spec', [FixedQ(8, 3000), FixedQ(8, 895), FixedQ(8, -1100), MinifloatQ(3, 4, -1500), MinifloatQ(52, 11)], ids=str
)
def test_a_part_of_a_huge_format(spec: Spec) -> None:
    for xlim in ((-1, 1), (1, math.nextafter(1, 2))):
        if spec.eps >= 2**900:
            with pytest.raises(ValueError, match="choose 'xlim'"):
                spec.plot(xlim=xlim)
        else:
            figure = spec.plot(xlim=xlim)
            assert line(figure.axes[0], 'curve')[0][[0, -1]].tolist() == list(xlim)
            figure.draw_without_rendering()


@pytest.mark.parametrize('spec', [FixedQ(600, 300, True, 'RND', 'SAT'), FixedQ(64, 32), MinifloatQ(52, 8)], ids=str)
def test_formats_wider_than_float64(spec: Spec) -> None:
    figure = spec.plot()
    x, y = line(figure.axes[0], 'curve')
    assert y.max() <= spec.max
    error = line(figure.axes[1], 'error')[1]
    inside = (x > float(spec.min) * 0.9) & (x < float(spec.max) * 0.9)
    if isinstance(spec, FixedQ):
        assert np.ptp(error[inside]) == pytest.approx(1, abs=1e-4)
    figure.savefig(os.devnull, format='png', dpi=30)


def test_a_number_line_has_each_value() -> None:
    specs = [MinifloatQ(1, 2, 1), MinifloatQ(2, 3, 1), BinaryQ(), FixedQ(10, 3), FixedQ(1, 1)]
    figure = plot_values(*specs)
    for row, spec in enumerate(specs):
        (lines,) = [artist for artist in figure.axes[0].collections if artist.get_gid() == f'values {row}']
        assert [segment[0, 0] for segment in lines.get_segments()] == spec.values().tolist()
    assert 'ap_minifloat<2, 3, 1>: 63 values, smallest step 0.0625' in texts(figure)


@pytest.mark.parametrize('spec', [FixedQ(1, 1), *(s for s in FORMATS if s.bits <= 12)], ids=str)
def test_binades_count_the_positive_values(spec: Spec) -> None:
    values = spec.values()
    exponents, counts = np.unique(np.frexp(values[values > 0])[1] - 1, return_counts=True)
    found = dict(zip(*map(np.ndarray.tolist, spec.spacing.binades()), strict=True))
    assert {n: 2.0**power for n, power in found.items()} == dict(
        zip(exponents.tolist(), counts.astype(float).tolist(), strict=True)
    )


def ends(figure: Figure) -> tuple[str, tuple[float, float]]:
    return figure.axes[0].get_xscale(), figure.axes[0].get_xlim()


def test_formats_that_differ_by_decades_are_on_a_logarithmic_scale() -> None:
    near, far = [MinifloatQ(1, 2, 1), FixedQ(8, 3)], [MinifloatQ(1, 2, 1), MinifloatQ(2, 5)]
    assert ends(plot_values(*near))[0] == 'linear'
    figure = plot_values(*far)
    # of all values up to 57344, beyond 2^15
    assert ends(figure) == ('symlog', (-(2.0**17), 2.0**17))
    ax = figure.axes[0]
    ticks = ax.get_xticks()
    assert sorted(ticks.tolist()) == sorted((-ticks).tolist())
    assert np.log2(ticks[ticks > 0]).tolist() == [15, 9, 3, -3, -9, -15]
    assert '$-2^{15}$' in [label.get_text() for label in ax.get_xticklabels()]
    # the smallest positive value, 2^-17, is beside 0 where all is linear
    assert ax.xaxis.get_transform().linthresh == 2.0**-17
    assert ends(plot_values(*near, log=True))[0] == 'symlog'
    assert ends(plot_values(*far, log=False))[0] == 'linear'
    far_apart = plot_values(FixedQ(4, -890), FixedQ(4, 890)).axes[0]
    # of -2^889 at least, and of which no more exponents are drawn than matplotlib can divide
    assert far_apart.xaxis.get_transform().linthresh == 2.0 ** (889 - 900)
    for drawn in (figure, far_apart.figure):
        drawn.draw_without_rendering()


def test_many_values_are_drawn_as_a_density() -> None:
    specs = [MinifloatQ(7, 8), FixedQ(16, 6)]
    figure = plot_values(*specs)
    for row, spec in enumerate(specs):
        x, y = line(figure.axes[0], f'density {row}')
        exponents, counts = spec.spacing.binades()
        assert x[::2].tolist() == (exponents - 0.5).tolist()
        assert y[::2].tolist() == counts.tolist()
    assert 'Density of the values' in texts(figure)
    assert 'ap_fixed<1, 1>: no positive value' in texts(plot_values(FixedQ(1, 1), FixedQ(16, 6)))


DATA = np.array([0, 0, 1e-30, 0.01, -0.01, 0.3, -0.3, 0.3, 0.49, -1.7, 1.99, 2, -2, -2.1, 5, 300], np.float32)


@pytest.mark.parametrize('overflow', ['SAT', 'SAT_ZERO', 'WRAP'])
def test_the_shares_in_the_legend_are_exact(overflow: str) -> None:
    spec = FixedQ(6, 2, True, 'RND', overflow)
    q, n = spec(DATA), DATA.size
    outside = np.rint(DATA * 16) > 31
    outside |= np.rint(DATA * 16) < -32
    flushed = (DATA != 0) & (q == 0)
    figure = plot_data(DATA, spec)
    shown = texts(figure)
    name = 'out of range, wraps' if overflow == 'WRAP' else 'saturated'
    for what, mask in ((name, outside), ('flushed to zero', flushed), ('in range', ~outside & ~flushed)):
        assert f'{what}: {100 * mask.sum() / n:.2f} % ({mask.sum()})' in shown
    both = outside & flushed
    assert (f'out of range, to 0: {100 * both.sum() / n:.2f} % ({both.sum()})' in shown) == both.any()
    assert f'0, in range: {200 / n:.2f} % (2)' in shown
    with np.errstate(divide='ignore'):
        sqnr = 10 * np.log10(np.sum(DATA.astype(float) ** 2) / np.sum((DATA.astype(float) - q) ** 2))
    assert f'SQNR {sqnr:.1f} dB' in shown
    assert f'share of {n} numbers (%)' in shown


@pytest.mark.parametrize('spec', [FixedQ(6, 2, True, 'RND', 'SAT_ZERO'), MinifloatQ(1, 2, 1), BinaryQ()], ids=str)
def test_the_bars_are_the_shares_of_each_weight(spec: Spec) -> None:
    (ax,) = plot_data(DATA, spec).axes
    total: dict[int, float] = {}
    for bar in [patch for container in ax.containers for patch in container]:
        n = round(bar.get_x() + bar.get_width() / 2)
        total[n] = total.get(n, 0) + bar.get_height()
    found = histogram(DATA, spec)
    low, high = found.window()
    present = DATA[DATA != 0].astype(float)
    weight = np.clip(np.floor(np.log2(np.abs(present))), low, high).astype(int)
    expected = {int(n): 100 * np.count_nonzero(weight == n) / DATA.size for n in set(weight.tolist())}
    assert total == pytest.approx(expected)
    assert ax.get_xlim() == (high + 1, low - 1)  # the largest weight on the left
    assert found.statistics.count == DATA.size


def test_numbers_beyond_the_axis_are_at_its_ends() -> None:
    figure = plot_data([1e-30, 1.0, 1e30], FixedQ(4, 2, True, 'RND', 'SAT'))
    figure.draw_without_rendering()
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert r'$\leq 2^{-14}$' in labels
    assert r'$\geq 2^{12}$' in labels
    assert figure.axes[0].xaxis.get_major_formatter()(0.5) == ''


@pytest.mark.parametrize(
    'draw', [plot_data, lambda x, spec: plot_report({'x': spec}, {'x': x})], ids=['data', 'report']
)
def test_numbers_that_are_refused(draw: Callable[..., Figure]) -> None:
    spec = FixedQ(8, 3)
    with pytest.raises(ValueError, match=r"'x': all numbers must be finite: 1 NaN and 2 Inf of 5, the first at .* 1"):
        draw([0, math.nan, math.inf, 1, -math.inf], spec)
    with pytest.raises(ValueError, match="'x': must have an element at least: it is empty"):
        draw(np.empty((0, 3)), spec)
    with pytest.raises(TypeError, match="'x': 'x' must be an array of real numbers"):
        draw(np.array([1j]), spec)
    with pytest.raises(ValueError, match="'dtype' must hold the step"):
        draw([1.0], FixedQ(8, 3000))


@pytest.mark.parametrize(
    'spec', [*FORMATS[::3], FixedQ(1100, 500, True, 'RND', 'SAT'), MinifloatQ(3, 4, -900), BinaryQ()], ids=str
)
@pytest.mark.filterwarnings('ignore::quantizers.PrecisionWarning')
def test_data_of_every_format(spec: Spec) -> None:
    figure = Figure()
    for ax, x in zip(figure.subplots(3), (DATA, [0.0, 0.0], [5e-324, 1.7e308]), strict=True):
        plot_data(x, spec, ax=ax)
    figure.draw_without_rendering()


def digits() -> tuple[QuantizerConfig, dict[str, np.ndarray]]:
    with np.load(ROOT / 'demo' / 'digits.npz') as file:
        return QuantizerConfig.load(ROOT / 'specs' / 'examples' / 'digits.json'), dict(file)


def test_a_report_has_a_row_for_each_name() -> None:
    config, tensors = digits()
    figure = plot_report(config, tensors)
    bits, sqnr, shares = figure.axes
    assert [label.get_text() for label in bits.get_yticklabels()] == list(config)
    shown = [text.get_text().strip() for text in shares.texts]
    decibels = dict(zip(config, [text.get_text().strip() for text in sqnr.texts], strict=True))
    for row, (name, tensor) in enumerate(tensors.items()):
        spec, x = config[name], tensor.astype(float)
        q = spec(x)
        assert shown[2 * row] == f'{100 * saturated(spec, x).mean():.2f} %'
        assert shown[2 * row + 1] == f'{100 * ((q == 0) & (x != 0)).mean():.2f} %'
        assert decibels[name] == f'{10 * np.log10((x**2).sum() / ((x - q) ** 2).sum()):.1f}'
    assert decibels['input'] == 'no tensor'


def test_a_report_of_any_name_and_of_no_error() -> None:
    names = ['$x_1$', 'a\nb', '<b>']
    figure = plot_report(dict.fromkeys(names, TernaryQ()), {names[0]: [1, 0, -1], names[1]: [0.0], names[2]: [1e300]})
    figure.savefig(os.devnull, format='svg')
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ['$x_1$', 'a\\nb', '<b>']
    assert [text.get_text() for text in figure.axes[1].texts] == [' inf', ' inf', ' 0.0']


def test_a_wide_format_leaves_room_for_the_others() -> None:
    figure = plot_report({'x': FixedQ(4, 2), 'y': FixedQ(4096, 2048)}, {'x': [0.5, 1]})
    assert figure.axes[0].get_xlim() == (13, -15)


def test_reports_that_are_refused() -> None:
    with pytest.raises(ValueError, match="'config' must have a format for each tensor; it has none for 'y'"):
        plot_report({'x': TernaryQ()}, {'y': [1.0]})
    two = {'x[0]': TernaryQ(), 'x': PerChannel(0, (TernaryQ(),))}
    with pytest.raises(ValueError, match=r"'config' must have no name that looks like that of a channel: 'x\[0\]'"):
        plot_report(two, {'x': [1.0]})
    with pytest.raises(ValueError, match=r"'x': 'x' must have 1 channel on axis 0: its shape is \(2,\)"):
        plot_report({'x': two['x']}, {'x': [1.0, 2.0]})
    with pytest.raises(ValueError, match="'tensors' must have a name at least"):
        plot_report({'x': TernaryQ()}, {})
    with pytest.raises(TypeError, match="'config' must be a mapping: TernaryQ"):
        plot_report(TernaryQ(), {'x': [1.0]})
    with pytest.raises(TypeError, match="'spec' must be a format: 3"):
        plot_report({'x': 3}, {'x': [1.0]})


# the command


@pytest.mark.parametrize(('suffix', 'magic'), [('.png', b'\x89PNG'), ('.svg', b'<?xml'), ('.PDF', b'%PDF')])
def test_the_command_draws_a_type(run: Run, tmp_path: Path, suffix: str, magic: bytes) -> None:
    paths = [tmp_path / f'{n}{suffix}' for n in range(2)]
    for path in paths:
        assert run('plot', 'fixed<5,2,RND,SAT>', '-o', path) == (0, '', wrote(path))
    assert paths[0].read_bytes().startswith(magic)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert not [word for word in (b'CreationDate', b'<dc:date>') if word in paths[0].read_bytes()]
    assert sorted(tmp_path.iterdir()) == paths


def test_the_command_draws_numbers(run: Run, tmp_path: Path) -> None:
    (tmp_path / 'x.txt').write_text('\ufeff0.5 0.25\n3 # out of range\n')
    np.savez(tmp_path / 'x.npz', a=DATA, b=DATA[:3])
    config, tensors = digits()
    np.savez(tmp_path / 'digits.npz', **tensors)
    config.save(tmp_path / 'digits.json')
    svg = tmp_path / 'x.svg'
    with context({'svg.fonttype': 'none'}):
        assert run('plot', 'fixed<5,2,RND,SAT>', '--input', tmp_path / 'x.txt', '-o', svg) == (0, '', wrote(svg))
        assert 'saturated: 33.33 % (1)' in svg.read_text()
        assert run('plot', 'fixed<5,2,RND,SAT>', '--input', tmp_path / 'x.npz', '-o', svg) == (0, '', wrote(svg))
        assert 'b: ap_fixed&lt;5, 2, AP_RND, AP_SAT&gt;: SQNR' in svg.read_text()
        assert run('plot', tmp_path / 'digits.json', '--input', tmp_path / 'digits.npz', '-o', svg) == (
            0,
            '',
            wrote(svg),
        )
        assert 'dense2.output' in svg.read_text()
        assert run('plot', tmp_path / 'digits.json', '--values', '-o', svg) == (0, '', wrote(svg))
        assert 'Density of the values' in svg.read_text()
        assert run('plot', 'fixed<2,2>', '--values', '-o', svg) == (0, '', wrote(svg))
        assert '4 values' in svg.read_text()


def test_the_command_refuses(run: Run, tmp_path: Path) -> None:
    x = tmp_path / 'x.txt'
    x.write_text('nan')
    old = tmp_path / 'old.png'
    old.write_bytes(b'old')
    config, _ = digits()
    config.save(tmp_path / 'config.json')
    np.save(tmp_path / 'complex.npy', np.array([1j]))
    for arguments, message in (
        (('fixed<2,2>', '-o', tmp_path / 'x.jpg'), 'the name of a picture must end in .png, .svg, .pdf'),
        (('fixed<2,2>', '--input', old, '-o', old), 'is the input'),
        (('fixed<2,2>', '--input', x, '-o', old), "'x': all numbers must be finite: 1 NaN"),
        (('fixed<2,2>', '--input', tmp_path / 'none.npy', '-o', old), 'none.npy: No such file'),
        (('fixed<2,2>', '--input', tmp_path / 'complex.npy', '-o', old), 'complex.npy: '),
        (('fixed<8,3000>', '-o', old), "choose 'xlim'"),
        (('fixd<8,3>', '-o', old), 'neither a type nor a file'),
        ((tmp_path / 'config.json', '-o', old), 'a configuration is drawn with numbers'),
        (('fixed<2,2>', '-o', tmp_path / 'no' / 'x.png'), 'No such file or directory'),
    ):
        refused(run('plot', *arguments), message)
    assert run('plot', 'fixed<2,2>', '--values', '--input', x, '-o', old)[0] == 2
    assert old.read_bytes() == b'old'


def test_without_matplotlib(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(('matplotlib', 'quantizers.show.plot._'))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr('quantizers.show.plot._figure', raising=False)
    monkeypatch.setitem(sys.modules, 'matplotlib', None)
    message = r"pictures need matplotlib: pip install 'quantizers\[plot\]'"
    for draw in (TernaryQ().plot, lambda: plot_values(TernaryQ()), lambda: plot_data([1.0], TernaryQ())):
        with pytest.raises(ImportError, match=message):
            draw()
    code, out, err = run('plot', 'fixed<2,2>', '-o', tmp_path / 'x.png')
    assert (code, out) == (2, '')
    assert err == "quantizers: error: pictures need matplotlib: pip install 'quantizers[plot]'\n"
    assert '<svg' in TernaryQ()._repr_html_()


def test_what_matplotlib_itself_lacks_is_named() -> None:
    code = "import sys; sys.modules['PIL'] = None; from quantizers import *; TernaryQ().plot()"
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=False)
    assert 'ModuleNotFoundError' in result.stderr
    assert 'PIL' in result.stderr.splitlines()[-1]


def test_pyplot_is_not_imported() -> None:
    code = (
        'import sys; from quantizers import *; TernaryQ().plot(); plot_values(TernaryQ()); '
        "plot_data([1.0], TernaryQ()); plot_report({'x': TernaryQ()}, {'x': [1.0]}); "
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, '-W', 'error', '-c', code], check=True)
