"""Draw the documentation's pictures, each in light and in dark; tests/show/test_plot.py draws them anew and compares.

python docs/pictures/draw.py            # all
python docs/pictures/draw.py data_wide  # some, by their names
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.style import context
from numpy.typing import NDArray
from PIL import Image

from quantizers import (
    BinaryQ,
    FixedQ,
    MinifloatQ,
    Overflow,
    QuantizerConfig,
    Rounding,
    TernaryQ,
    plot_data,
    plot_history,
    plot_learned,
    plot_report,
    plot_values,
)

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
CLEAR = dict.fromkeys(('figure.facecolor', 'axes.facecolor', 'savefig.facecolor', 'legend.facecolor'), 'none')
STYLES: dict[str, list[Any]] = {'': ['default'], '_dark': ['default', 'dark_background', CLEAR]}


def rounding_modes() -> Figure:
    """The rounding modes around ties, on integers."""
    modes = [mode.value for mode in Rounding if not mode.value.startswith('S_')]
    specs = {mode: FixedQ(4, 4, True, mode, 'SAT') for mode in modes}
    return side_by_side(specs, (-2.75, 2.75), (3, 4), (9.6, 7.8))


def overflow_modes() -> Figure:
    """The five overflow modes, on integers of four bits."""
    specs = {mode.value: FixedQ(4, 4, True, 'RND', mode.value) for mode in Overflow}
    return side_by_side(specs, (-20.5, 20.5), (2, 3), (9.6, 6.4))


def side_by_side(
    specs: dict[str, FixedQ], xlim: tuple[float, float], grid: tuple[int, int], size: tuple[float, float]
) -> Figure:
    """Curves on axes of one scale, and the legend of all in the place that is left."""
    figure = Figure(figsize=size, layout='constrained')
    *axes, rest = figure.subplots(*grid, sharex=True, sharey=True).flat
    for ax, (name, spec) in zip(axes, specs.items(), strict=True):
        spec.plot(ax, xlim=xlim)
        ax.get_legend().remove()
        ax.set_title(name)
        ax.label_outer()
    above = axes[(grid[0] - 1) * grid[1] - 1]  # the place that is left
    above.tick_params(labelbottom=True)
    above.set_xlabel('input')
    rest.axis('off')
    handles, labels = axes[0].get_legend_handles_labels()
    rest.legend(handles, [label.partition(':')[0] for label in labels], loc='center')
    return figure


def weights() -> dict[str, NDArray[np.float32]]:
    """The weights of the demo's network."""
    with np.load(ROOT / 'demo' / 'digits.npz') as file:
        return dict(file)


def report() -> Figure:
    """What the demo's formats do to its network."""
    return plot_report(QuantizerConfig.load(ROOT / 'specs' / 'examples' / 'digits.json'), weights())


def learned(name: str, spec: FixedQ, **options: Any) -> Figure:
    """The widths of a layer of the network of `learn.py`, and what it quantizes."""
    from quantizers.layers import LearnedFixed  # Keras is imported for these pictures alone

    with np.load(FOLDER / 'learned.npz') as kept:
        x, widths = kept[f'{name}/x'], {width: kept[f'{name}/{width}'] for width in 'if'}
    layer = LearnedFixed(spec, name=name, **options)
    layer.build(x.shape)
    for variable in layer.variables:
        if variable.name in widths:
            variable.assign(widths[variable.name] - np.float32(getattr(spec, variable.name)))
    return plot_learned(layer, x)


def history() -> Figure:
    """The training of that network."""
    with np.load(FOLDER / 'learned.npz') as kept:
        return plot_history({name.removeprefix('history/'): kept[name] for name in kept if name.startswith('history/')})


PICTURES: dict[str, Callable[[], Figure]] = {
    'curve_rnd_sat': FixedQ(5, 2, True, 'RND', 'SAT').plot,
    'curve_trn_wrap': FixedQ(5, 2).plot,
    'curve_wrap_sm': FixedQ(5, 2, True, 'RND', 'WRAP_SM').plot,
    'curve_sat_zero': FixedQ(5, 2, True, 'RND', 'SAT_ZERO').plot,
    'curve_minifloat': MinifloatQ(2, 3, 0).plot,
    'curve_ternary': TernaryQ().plot,
    'curve_binary': BinaryQ().plot,
    'values_ocp': lambda: plot_values(MinifloatQ(1, 2, 1), MinifloatQ(3, 2, 1), MinifloatQ(2, 3, 1)),
    'values_decades': lambda: plot_values(MinifloatQ(1, 2, 1), MinifloatQ(3, 4), MinifloatQ(2, 5)),
    'values_density': lambda: plot_values(MinifloatQ(7, 8), MinifloatQ(10, 5, 1), FixedQ(16, 6), FixedQ(32, 16)),
    'data_wide': lambda: plot_data(weights()['dense2.weight'], FixedQ(12, 5, True, 'RND', 'SAT')),
    'data_narrow': lambda: plot_data(weights()['dense2.weight'], FixedQ(4, 0, True, 'RND', 'SAT')),
    'report_digits': report,
    'learned_channels': lambda: learned('hidden', FixedQ(8, 3, False, 'RND', 'SAT'), granularity='channel'),
    'learned_elements': lambda: learned(
        'kernel', FixedQ(8, 1, True, 'RND', 'SAT'), granularity='element', batch_axis=None
    ),
    'history': history,
    'rounding_modes': rounding_modes,
    'overflow_modes': overflow_modes,
}


def save(name: str, style: str, folder: Path) -> Path:
    """Draw a picture in a style into a folder."""
    path = folder / f'{name}{style}.png'
    with context(STYLES[style], after_reset=True):
        PICTURES[name]().savefig(path, dpi=100)
    with Image.open(path) as image:
        small(image).save(path, optimize=True)
    return path


def small(image: Image.Image) -> Image.Image:
    """As few colours as line art needs make small files."""
    pixels = np.asarray(image)
    if pixels[..., 3].all():
        return image.convert('RGB').quantize(96, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    # quantized together, faint shades would be lost between the others
    coarse = np.minimum(np.round(pixels / 5.0) * 5, 255).astype(np.uint8)
    return Image.fromarray(np.where(coarse[..., 3:] > 0, coarse, 0).astype(np.uint8))


if __name__ == '__main__':
    for name in sys.argv[1:] or PICTURES:
        for style in STYLES:
            save(name, style, FOLDER)
