"""The cost of bits in the training of a whole model."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import keras

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
