"""Pictures of formats and of what they do to numbers; matplotlib is imported when one is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from ...formats import Format, Spec
    from ...formats.per_channel import Formats


def plot_format(
    spec: Format, ax: Axes | Sequence[Axes] | None = None, *, xlim: tuple[float, float] | None = None
) -> Figure:
    """Draw the transfer curve of a format; see `Format.plot`."""
    from ._curve import draw

    return draw(spec, ax, xlim)


def plot_values(*specs: Spec, ax: Axes | None = None) -> Figure:
    """Draw the values of formats on one number line, a row a format.

    Where a format has more than 1024 values, or its largest magnitude is not between 2^-900 and 2^900, the picture is
    one of their density instead: how many positive values each format has in each binade, `2^n <= value < 2^(n+1)`,
    over n.
    Both axes then count powers of two, so that exponents of any size are drawn.

    Args:
        specs: one format at least.
        ax: where to draw; None for a new figure, which knows nothing of pyplot.

    Returns the figure. Raises ValueError without a format; TypeError for what is no format; ImportError without
    matplotlib (`pip install 'quantizers[plot]'`).
    """
    from ._values import draw

    return draw(specs, ax)


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
