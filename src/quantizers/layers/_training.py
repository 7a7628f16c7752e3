"""Whether a call of a layer is training, where nobody says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
from keras.src.backend.common.global_state import get_global_attribute

if TYPE_CHECKING:
    from typing_extensions import Self


class TrainingLayer(keras.layers.Layer):  # type: ignore[misc]
    """A layer that in a `torch.nn.Module` heeds `train()` and `eval()`.

    A call with `training=None` that no layer of Keras makes is training after an explicit `train()`, and is not after
    `eval()`, as `torch.nn.Module` passes both on to its children. The flag `training` of PyTorch counts for nothing: it
    is True from the start. In a model of Keras `training` is Keras' own, where None is inference, also after `fit`.
    """

    _said: bool | None = None

    if keras.backend.backend() == 'torch':

        def train(self, mode: bool = True) -> Self:
            """Set the mode, as `torch.nn.Module.train` does, and keep that it was said."""
            self._said = mode
            return super().train(mode)  # type: ignore[no-any-return]

    def in_training(self, training: bool | None) -> bool:
        """What `call` is to do, of what Keras gave it as `training`."""
        return bool(self._said and self._is_outermost() if training is None else training)

    def _is_outermost(self) -> bool:
        # Keras says it nowhere else; a `call` that is called by itself is in none of Keras'
        context = get_global_attribute('current_call_ctx')
        return context is None or context.entry_layer is self
