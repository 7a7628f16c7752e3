"""What training wrote down: the bits over the epochs, and below them all else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..._checks.shown import listed, one_line, shown
from ._figure import PLAIN, Axes, Figure, MaxNLocator, color, cycle, ink, new_figure, plain_legend

if TYPE_CHECKING:
    from typing import TypeAlias

    import keras
    from numpy.typing import NDArray

    History: TypeAlias = keras.callbacks.History | Mapping[str, Sequence[float]]
    Recorded = dict[str, NDArray[np.float64]]

_BITS, _OF_LAYER, _VALIDATION = 'bits', '_bits', 'val_'
_MOST = 8  # layers that have a band of their own
_APART = 100  # numbers that differ by this factor are seen on a logarithmic scale alone


def draw(history: History) -> Figure:
    """Draw the bits, a band a layer, and below them each metric with that of validation."""
    recorded, epochs = _recorded(history)
    layers = {name.removesuffix(_OF_LAYER): bits for name, bits in recorded.items() if name.endswith(_OF_LAYER)}
    metrics = {
        name.removeprefix(_VALIDATION): None for name in recorded if name != _BITS and not name.endswith(_OF_LAYER)
    }
    heights = [0.6, *(0.4 for _ in metrics)]
    figure = new_figure(1, 0.1 + sum(heights))
    axes = figure.subplots(len(heights), sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    _draw_bits(axes[0], epochs, recorded[_BITS], layers)
    for ax, name in zip(axes[1:], metrics, strict=True):
        _draw_metric(ax, epochs, name, recorded)
    axes[-1].set_xlabel('epoch')
    axes[-1].margins(x=0.02)
    axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def _recorded(history: History) -> tuple[Recorded, NDArray[np.int64]]:
    """The numbers by name, and the epochs, from 1 on as Keras shows them."""
    recorded = getattr(history, 'history', history)
    if not isinstance(recorded, Mapping):
        raise TypeError(f"'history' must be a History of Keras, or a mapping from names to numbers: {shown(history)}")
    if _BITS not in recorded:
        raise ValueError(
            "'history' must have 'bits', as of model.fit(..., callbacks=[quantizers.layers.LogBits()]): it has "
            + (listed(recorded) or 'nothing')
        )
    arrays = {str(name): np.asarray(numbers, np.float64) for name, numbers in recorded.items()}
    shape = arrays[_BITS].shape
    for name, numbers in arrays.items():
        if numbers.ndim != 1 or numbers.shape != shape:
            raise ValueError(f"'history' must have one number an epoch, as many as of 'bits': {shown(name)}")
    epochs = getattr(history, 'epoch', range(len(arrays[_BITS])))
    return arrays, np.asarray(epochs, np.int64) + 1


def _draw_bits(ax: Axes, epochs: NDArray[np.int64], bits: NDArray[np.float64], layers: Recorded) -> None:
    ordered = sorted(layers, key=lambda name: -float(np.nanmax(layers[name])))
    bands = {one_line(name): layers[name] for name in ordered[:_MOST]}
    if len(ordered) > _MOST:
        bands[f'{len(ordered) - _MOST} more'] = np.sum([layers[name] for name in ordered[_MOST:]], axis=0)
    if len(bands) > 1:
        colors = [color(n % cycle()) for n in range(len(bands))]
        ax.stackplot(epochs, *bands.values(), labels=[*bands], colors=colors, alpha=0.7, linewidth=0)
    ax.plot(epochs, bits, color=ink() if len(bands) > 1 else color(0), label='all', gid=_BITS)
    ax.set_ylim(0, 1.05 * float(np.nanmax(bits)) or 1)
    ax.set_ylabel('bits')
    ax.set_title(f'{bits[-1]:,.0f} bits after {epochs[-1]:,} epochs', **PLAIN)
    if len(bands) > 1:
        plain_legend(ax, loc='upper right', fontsize='small', reverse=True)


def _draw_metric(ax: Axes, epochs: NDArray[np.int64], name: str, recorded: Recorded) -> None:
    curves = {'training': name, 'validation': f'{_VALIDATION}{name}'}
    found = {label: recorded[key] for label, key in curves.items() if key in recorded}
    for label, numbers in found.items():
        held_out = label == 'validation'
        ax.plot(epochs, numbers, '--' if held_out else '-', color=color(int(held_out)), label=label, gid=curves[label])
    numbers = np.concatenate([*found.values()])
    numbers = numbers[np.isfinite(numbers)]
    if numbers.size and numbers.min() > 0 and numbers.max() > _APART * numbers.min():
        ax.set_yscale('log')
    ax.set_ylabel(one_line(name), **PLAIN)
    if len(found) > 1:
        plain_legend(ax, loc='best', fontsize='small')
