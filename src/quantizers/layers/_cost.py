"""The cost of bits in the training of a whole model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, MutableMapping

import keras

from ..training.widths import whole_bits
from ._learned import LearnedFixed


def learned_layers(model: keras.layers.Layer) -> list[LearnedFixed]:
    """All `LearnedFixed` of a model or layer, those inside other layers too, each once."""
    return [layer for layer in model._flatten_layers() if isinstance(layer, LearnedFixed)]


class BetaSchedule(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets the strength `beta` of every `LearnedFixed` of the model at the beginning of each epoch.

    Args:
        schedule: gives `beta` for an epoch, counted from 0.

    >>> schedule = BetaSchedule(lambda epoch: 1e-6 * 2 ** (epoch / 10))
    """

    def __init__(self, schedule: Callable[[int], float]) -> None:
        super().__init__()
        self.schedule = schedule

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Set `beta`."""
        for layer in learned_layers(self.model):
            layer.beta.assign(self.schedule(epoch))


class LogBits(keras.callbacks.Callback):  # type: ignore[misc]
    """Adds the bits of the model to the logs of each epoch, so that what `fit` shows and its history have them.

    The key `bits` is that of all `LearnedFixed`, and `NAME_bits` that of the layer NAME, as its `bits` after the epoch;
    layers of one name count together. Other callbacks that read logs, such as `CSVLogger`, stand behind it in the list.
    `quantizers.plot_history` draws what is recorded.

    >>> callbacks = [LogBits(), keras.callbacks.CSVLogger('epochs.csv')]
    """

    def on_epoch_end(self, epoch: int, logs: MutableMapping[str, float] | None = None) -> None:
        """Add the bits."""
        if logs is not None:
            bits = Counter({'bits': 0})
            for layer in learned_layers(self.model):
                own = whole_bits(layer)
                bits.update({'bits': own, f'{layer.name}_bits': own})
            logs.update(bits)
