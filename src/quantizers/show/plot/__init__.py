"""Pictures of formats and of what they do to numbers; matplotlib is imported when one is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from ... import layers
    from ...formats import Format, Spec
    from ...formats.per_channel import Formats


def plot_format(
    spec: Format, ax: Axes | Sequence[Axes] | None = None, *, xlim: tuple[float, float] | None = None
) -> Figure:
    """Draw the transfer curve of a format; see `Format.plot`."""
    from ._curve import draw

    return draw(spec, ax, xlim)


def plot_values(*specs: Spec, ax: Axes | None = None, log: bool | None = None) -> Figure:
    """Draw the values of formats on one number line, a row a format.

    Where a format has more than 1024 values, or its largest magnitude is not between 2^-900 and 2^900, the picture is
    one of their density instead: how many positive values each format has in each binade, `2^n <= value < 2^(n+1)`,
    over n.
    Both axes then count powers of two, so that exponents of any size are drawn.

    Args:
        specs: one format at least.
        ax: where to draw; None for a new figure, which knows nothing of pyplot.
        log: whether the number line is logarithmic, in binades on both sides of 0, and linear below the smallest
            positive value; None where the largest values of two formats differ by a factor of 100 or more.

    Returns the figure. Raises ValueError without a format; TypeError for what is no format; ImportError without
    matplotlib (`pip install 'quantizers[plot]'`).
    """
    from ._values import draw

    return draw(specs, ax, log)


def plot_data(x: ArrayLike, spec: Spec, *, ax: Axes | None = None) -> Figure:
    """Draw the histogram of `|x|` over the bit weights of a format.

    A number counts at the weight of its leading bit: at `2^n` where `2^n <= |x| < 2^(n+1)`, as a share of all numbers.
    The largest weight is on the left, as bits are written, and above are the bits of the format. What the format
    saturates, those whose rounded value is out of its range, and flushes to zero, those that are not 0 and become 0, is
    hatched, with its share and its count; the SQNR is `10 log10(sum x^2 / sum (x - q)^2)`. Zeros have no leading bit:
    their share is in the legend. What lies more than 12 binades outside the format is drawn at the end of the axis.

    Args:
        x: an array of any shape, of real numbers. It is read in pieces.
        spec: the format.
        ax: where to draw; None for a new figure, which knows nothing of pyplot.

    Returns the figure. Raises ValueError for no numbers, NaN or Inf (with their number and the first place), integers
    beyond 2^53, and a step above float64; TypeError for what is no real number, has a mask, or is no format;
    ImportError without matplotlib (`pip install 'quantizers[plot]'`).
    """
    from ._data import draw

    return draw(x, spec, ax)


def plot_report(config: Mapping[str, Formats], tensors: Mapping[str, ArrayLike]) -> Figure:
    """Draw what a configuration does to the tensors of a network, a row a tensor.

    On the left the bit weights of the format are a frame, from the largest to the step, and the numbers are dark where
    many of them have their leading bit. On the right are the SQNR in dB, and the shares that are saturated and flushed
    to zero; all as in `plot_data`. A name without a tensor has its format alone; one with formats per channel has a row
    for each channel.

    Args:
        config: a `QuantizerConfig`, or a mapping from names to formats, or to `PerChannel`.
        tensors: arrays by name; each name is one of `config`.

    Returns a new figure, which knows nothing of pyplot. Raises ValueError for a tensor that has no format, or not
    the channels that its formats are of, and where there is none; else as `plot_data` does, with the tensor's name.
    """
    from ._overview import draw

    return draw(config, tensors)


def plot_learned(layer: layers.LearnedFixed, x: ArrayLike | None = None) -> Figure:
    """Draw the widths that a layer has learned, and what its formats do to numbers.

    Where one axis alone has widths of its own, there is a row for each of its channels, with the bits that its format
    has, from the largest to the step; else a picture of all widths, as a table of the last axis. Below, where `x` is
    given, is its histogram as in `plot_data`, each number by the format of its element; a width of zero flushes all to
    zero. Without `x` there is, below a picture, how many formats have how many bits.

    Args:
        layer: a `quantizers.layers.LearnedFixed` that is built.
        x: what the layer quantizes, an input, with its batch, or a kernel; variables of Keras, too.

    Returns a new figure, which knows nothing of pyplot. Raises TypeError for another layer; ValueError before the layer
    is built, and for an `x` to whose shape the widths are not broadcast; else as `plot_data`.
    """
    from ._learned import draw

    return draw(layer, x)


def plot_history(history: keras.callbacks.History | Mapping[str, Sequence[float]]) -> Figure:
    """Draw how bits fell in training, and below them the loss and each other metric.

    The bits of each `LearnedFixed` are a band, those of the largest layers below, and the line above is that of all.
    Each metric stands beside that of validation, `val_NAME`; one that falls by a factor of 100 or more has a
    logarithmic scale.

    Args:
        history: what `fit` returned, with `quantizers.layers.LogBits` among its callbacks; or a mapping from names to
            numbers, one an epoch, such as its `history`. Bits are those named `bits` and, of a layer, `NAME_bits`.

    Returns a new figure, which knows nothing of pyplot. Raises TypeError for anything else; ValueError without `bits`,
    and where there is not one number an epoch.
    """
    from ._history import draw

    return draw(history)
