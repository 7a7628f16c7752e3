"""Pictures of what was learned: they show the widths of the layer, and what its formats do to numbers."""

from __future__ import annotations

import os

os.environ.setdefault('KERAS_BACKEND', 'jax')

from typing import Any

import keras
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from quantizers import FixedQ, plot_history, plot_learned
from quantizers.analysis.losses import saturated
from quantizers.layers import LearnedFixed

SPEC = FixedQ(8, 3, True, 'RND', 'SAT')
X = np.random.default_rng(0).normal(0, 2, (200, 4)).astype(np.float32)
HISTORY = {
    'loss': [4.0, 2.0, 0.01],
    'accuracy': [0.5, 0.75, 0.75],
    'bits': [64, 48, 30],
    'a_bits': [20, 18, 10],
    'b_bits': [44, 30, 20],
    'val_loss': [4.5, 2.5, 1.0],
}


def learned(i: Any, f: Any, shape: tuple[int, ...] = (4,), spec: FixedQ = SPEC, **options: Any) -> LearnedFixed:
    """A layer with these widths, as if it had learned them."""
    layer = LearnedFixed(spec, name='layer', **options)
    layer.build((None, *shape) if layer.batch_axis == 0 else shape)
    variables = {variable.name: variable for variable in layer.variables}
    variables['i'].assign(np.subtract(i, spec.i, dtype=np.float32))
    variables['f'].assign(np.subtract(f, spec.f, dtype=np.float32))
    return layer


def channels() -> LearnedFixed:
    return learned([2, 0, -1, 2], [5, 1, 1, -1], granularity='channel')


def elements() -> LearnedFixed:
    i = np.arange(12).reshape(3, 4) % 4 - 1
    return learned(i, np.ones((3, 4)), (3, 4), granularity='element')


def texts(figure: Figure) -> str:
    return '\n'.join(artist.get_text() for artist in figure.findobj(mpl.text.Text))


def bars(ax: Axes, gid: str) -> dict[int, float]:
    """The heights of the bars of a gid, by where they stand."""
    found = [patch for patch in ax.patches if patch.get_gid() == gid]
    return {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in found}


def spans(figure: Figure, gid: str) -> dict[int, tuple[float, float]]:
    """From which weight to which a row has bits of a kind."""
    found = [bar for bar in figure.axes[0].patches if bar.get_gid() == gid and bar.get_width()]
    return {round(bar.get_y() + bar.get_height() / 2): (bar.get_x(), bar.get_x() + bar.get_width()) for bar in found}


def test_a_row_has_the_bits_of_its_format() -> None:
    figure = plot_learned(channels())
    # k + i bits above the point, which is between 2^0 and 2^-1, and f below it
    assert spans(figure, 'sign and integer bits') == {0: (-0.5, 2.5), 1: (-0.5, 0.5), 3: (0.5, 2.5)}
    assert spans(figure, 'fraction bits') == {0: (-5.5, -0.5), 1: (-1.5, -0.5)}
    assert [text.get_text() for text in figure.axes[0].texts] == ['no bits ']
    assert 'layer: 12 bits, 4 formats, 1 of no bits' in texts(figure)
    assert figure.axes[0].get_xlim() == (3, -6)
    figure.draw_without_rendering()


def test_a_tensor_of_one_format_is_a_row_and_many_channels_too() -> None:
    one = plot_learned(learned(2, 5), X)
    assert spans(one, 'fraction bits') == {0: (-5.5, -0.5)}
    assert 'layer: 32 bits, 1 format' in texts(one)
    many = plot_learned(learned(np.ones(300), np.arange(300) % 3, (300,), granularity='channel'))
    assert len(spans(many, 'sign and integer bits')) == 300
    nothing = plot_learned(learned([-1] * 4, [1] * 4, granularity='channel'), X)
    assert not spans(nothing, 'fraction bits')
    for figure in (one, many, nothing):
        figure.draw_without_rendering()


@pytest.mark.parametrize('batch_axis', [0, None])
def test_the_bars_are_what_the_formats_do_to_the_numbers(batch_axis: int | None) -> None:
    x = X if batch_axis == 0 else X[:5]
    shape = x.shape[1:] if batch_axis == 0 else x.shape
    layer = learned([2, 0, -1, 2], [5, 1, 1, -1], shape, granularity='channel', batch_axis=batch_axis)
    figure = plot_learned(layer, x)
    q = keras.ops.convert_to_numpy(layer(x))
    by_channel = zip(layer.to_specs(), x.T.astype(float), strict=True)
    nothing = np.zeros(len(x), bool)
    outside = np.stack([saturated(spec, column) if spec else nothing for spec, column in by_channel], 1)
    flushed = (q == 0) & (x != 0)
    shown = texts(figure)
    for what, mask in (('saturated', outside), ('flushed to zero', flushed), ('in range', ~outside & ~flushed)):
        assert f'{what}: {100 * mask.mean():.2f} % ({mask.sum()})' in shown
    weight = np.floor(np.log2(np.abs(x)))
    ax = figure.axes[1]
    for gid, mask in (('in range', ~outside & ~flushed), ('saturated', outside), ('flushed to zero', flushed)):
        expected = {int(n): 100 * np.mean(mask & (weight == n)) for n in set(weight[mask].tolist())}
        assert bars(ax, gid) == pytest.approx(expected)
    assert figure.axes[0].get_xlim() == ax.get_xlim()


def test_a_width_of_zero_flushes_all() -> None:
    figure = plot_learned(learned([-1] * 4, [1] * 4, granularity='channel'), [[0.0, 1.0, 2.0, 3.0]])
    assert 'flushed to zero: 75.00 % (3)' in texts(figure)
    assert '0, in range: 25.00 % (1)' in texts(figure)


def test_variables_of_keras_are_numbers_too() -> None:
    layer = learned([2, 0, -1, 2], [5, 1, 1, -1], (200, 4), granularity='channel', batch_axis=None)
    assert texts(plot_learned(layer, keras.Variable(X))) == texts(plot_learned(layer, X))


def test_elements_are_a_picture_of_their_widths() -> None:
    figure = plot_learned(elements())
    picture, below, scale = figure.axes
    (image,) = picture.images
    k, i, f = elements().kif
    np.testing.assert_array_equal(image.get_array(), k + i + f)
    # no bits, no colour; the most, all of it
    assert [image.to_rgba(n)[3] for n in (0, 4)] == [0, 1]
    assert bars(below, 'widths') == pytest.approx({0: 25.0, 1: 0, 2: 25.0, 3: 25.0, 4: 25.0})
    assert scale.get_ylabel() == 'bits'
    assert 'layer: 27 bits, 12 formats, 3 of no bits' in texts(figure)
    figure.draw_without_rendering()
    solid = plot_learned(learned(np.ones((2, 3, 4)), np.ones((2, 3, 4)), (2, 3, 4), granularity='element'))
    assert solid.axes[0].images[0].get_array().shape == (6, 4)


def test_above_the_numbers_stands_how_many_formats_have_each_bit() -> None:
    figure = plot_learned(elements(), np.ones((2, 3, 4)))
    strip = {
        int(patch.get_gid().split()[1]): patch.get_alpha()
        for patch in figure.axes[1].patches
        if str(patch.get_gid()).startswith('bit ')
    }
    k, i, f = elements().kif
    shares = {n: np.mean((-f <= n) & (n < k + i)) for n in strip}
    assert strip == pytest.approx({n: 0.8 * share / max(shares.values()) for n, share in shares.items()})
    assert set(strip) == {-1, 0, 1, 2}
    assert 'in range: 50.00 % (12)' in texts(figure)


def test_widths_that_are_refused() -> None:
    with pytest.raises(TypeError, match="'layer' must be a LearnedFixed: FixedQ"):
        plot_learned(SPEC)
    with pytest.raises(ValueError, match="the layer 'new' has no widths yet"):
        plot_learned(LearnedFixed(SPEC, name='new'))
    with pytest.raises(
        ValueError, match=r"'x' must have a shape to which that of the widths, \(4,\), is broadcast: \(3,\)"
    ):
        plot_learned(channels(), np.ones(3))
    with pytest.raises(ValueError, match="'x': all numbers must be finite: 1 NaN"):
        plot_learned(channels(), [[np.nan, 1, 2, 3]])
    with pytest.raises(ValueError, match="'x': must have an element at least"):
        plot_learned(channels(), np.ones((0, 4)))


def lines(ax: Axes) -> dict[str, list[float]]:
    return {line.get_gid(): np.asarray(line.get_ydata()).tolist() for line in ax.lines}


def test_a_history_is_drawn_with_all_that_it_has() -> None:
    figure = plot_history(HISTORY)
    bits, loss, accuracy = figure.axes
    assert lines(bits) == {'bits': HISTORY['bits']}
    assert lines(loss) == {'loss': HISTORY['loss'], 'val_loss': HISTORY['val_loss']}
    assert lines(accuracy) == {'accuracy': HISTORY['accuracy']}
    assert [text.get_text() for text in bits.get_legend().get_texts()] == ['all', 'a', 'b']
    assert [ax.get_yscale() for ax in (loss, accuracy)] == ['log', 'linear']
    assert (loss.get_ylabel(), accuracy.get_xlabel()) == ('loss', 'epoch')
    assert bits.get_title() == '30 bits after 3 epochs'
    # one band upon the other
    tops = [band.get_paths()[0].vertices[:, 1].max() for band in bits.collections]
    assert tops == [44, 64]
    figure.draw_without_rendering()


def test_many_layers_and_one_alone() -> None:
    many = {f'{n}_bits': [float(20 - n), 1.0] for n in range(12)}
    figure = plot_history({'bits': [np.sum([of[0] for of in many.values()]), 12.0], **many})
    shown = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert shown == ['all', '4 more', *map(str, range(7, -1, -1))]
    assert figure.axes[0].collections[-1].get_paths()[0].vertices[:, 1].max() == sum(range(9, 21))
    one = plot_history({'bits': [3.0, 2.0], 'a_bits': [3.0, 2.0], 'val_mse': [np.nan, 0.0]})
    assert not one.axes[0].collections
    assert one.axes[0].get_legend() is None
    assert lines(one.axes[1]) == {'val_mse': pytest.approx([np.nan, 0.0], nan_ok=True)}
    for each in (figure, one, plot_history({'bits': [0]})):
        each.draw_without_rendering()


def test_a_history_of_keras_has_its_epochs() -> None:
    history = keras.callbacks.History()
    history.history, history.epoch = HISTORY, [4, 5, 6]
    (line,) = plot_history(history).axes[0].lines
    assert line.get_xdata().tolist() == [5, 6, 7]


def test_histories_that_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must have 'bits', as of model.fit\(.*LogBits\(\)\]\): it has 'loss'"):
        plot_history({'loss': [1.0]})
    with pytest.raises(ValueError, match='it has nothing'):
        plot_history({})
    with pytest.raises(ValueError, match="one number an epoch, as many as of 'bits': 'val_loss'"):
        plot_history({'bits': [1, 2], 'val_loss': [1]})
    for wrong in (3, [1, 2]):
        with pytest.raises(TypeError, match="'history' must be a History of Keras, or a mapping"):
            plot_history(wrong)


def test_pyplot_knows_nothing_of_the_figures() -> None:
    """Keras itself imports it."""
    import matplotlib.pyplot as plt

    plot_learned(channels())
    plot_history(HISTORY)
    assert plt.get_fignums() == []
