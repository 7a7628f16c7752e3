"""What all pictures share: figures without pyplot, the text and the ticks in them, and the colours of the style."""

from __future__ import annotations

import io
from typing import Any

from ..._checks.errors import ExtraError

try:
    from matplotlib import rc_context as rc_context
    from matplotlib import rcParams
    from matplotlib.axes import Axes as Axes
    from matplotlib.axis import Axis
    from matplotlib.colors import ListedColormap as ListedColormap
    from matplotlib.colors import to_hex, to_rgba
    from matplotlib.figure import Figure as Figure
    from matplotlib.patches import Patch as Patch
    from matplotlib.patches import Rectangle as Rectangle
    from matplotlib.ticker import FuncFormatter
    from matplotlib.ticker import MaxNLocator as MaxNLocator
except ModuleNotFoundError as error:
    if str(error.name).partition('.')[0] != 'matplotlib':
        raise
    raise ExtraError("pictures need matplotlib: pip install 'quantizers[plot]'") from None

# of text that is no mathematics: types and names have characters that mean something to TeX
PLAIN: dict[str, Any] = {'parse_math': False, 'usetex': False}
LIMIT = 900  # exponents of 2 that are drawn: matplotlib multiplies and divides the limits of an axis in float64
MUTED = 0.6  # the opacity of what stands behind the data


class Picture(Figure):
    """A figure that notebooks show though pyplot does not know it."""

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        self.savefig(stream, format='png')
        return stream.getvalue()


def new_figure(width: float = 1.0, height: float = 1.0) -> Figure:
    """An empty figure of the style's size, times `width` and `height`."""
    size = rcParams['figure.figsize']
    return Picture(figsize=(width * size[0], height * size[1]), layout='constrained')


def axes_or_new(ax: Axes | None, height: float = 1.0) -> Axes:
    """`ax`, or the axes of a new figure."""
    if ax is None:
        return new_figure(1, height).add_subplot()
    if not isinstance(ax, Axes):
        raise TypeError(f"'ax' must be matplotlib's Axes or None: {type(ax).__name__}")
    return ax


def figure_of(ax: Axes) -> Figure:
    """The whole figure that `ax` is in."""
    root = ax.figure.figure  # of a subfigure
    assert isinstance(root, Figure)
    return root


def plain_legend(owner: Axes | Figure, **kwargs: Any) -> None:
    """A legend of plain text."""
    for text in owner.legend(**kwargs).get_texts():
        text.set(**PLAIN)


def ink() -> str:
    """The colour of text in the style."""
    return to_hex(rcParams['text.color'])


def color(n: int) -> str:
    """A colour of the style's cycle, as it is now: matplotlib itself would look up `C0` when the figure is shown."""
    return to_hex(f'C{n}')


def shade(n: int, opacity: float) -> tuple[float, float, float, float]:
    """The same, more or less opaque."""
    return to_rgba(color(n), opacity)


def cycle() -> int:
    """How many colours the style has."""
    return len(rcParams['axes.prop_cycle'])


def power_ticks(axis: Axis, ends: dict[int, str] | None = None) -> None:
    """Show whole exponents n on an axis as 2^n, some with a sign before them."""
    marks = ends or {}

    def power(value: float, _: object = None) -> str:
        if value != round(value):
            return ''
        return f'${marks.get(int(value), "")}2^{{{value:.0f}}}$'

    class Ticks(MaxNLocator):
        def tick_values(self, vmin: float, vmax: float) -> Any:
            """Those with a sign, and others not beside them."""
            ticks = super().tick_values(vmin, vmax)
            signed = [n for n, mark in marks.items() if mark]
            room = max(ticks[1] - ticks[0], 1) if len(ticks) > 1 else 1
            return [tick for tick in ticks if all(abs(tick - n) >= room for n in signed)] + signed

    axis.set_major_locator(Ticks(nbins=12, integer=True, steps=[1, 2, 4, 5, 8, 10]))
    axis.set_major_formatter(FuncFormatter(power))
