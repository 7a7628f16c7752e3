"""Keras: its variables and symbolic tensors, on the library that it runs on; and TensorFlow's tensors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

try:
    import keras
except ModuleNotFoundError as error:
    if error.name != 'keras':
        raise
    raise ImportError(
        "this needs Keras >= 3.12, pip install 'quantizers[keras]'; tensors of PyTorch and JAX do not"
    ) from None
if tuple(int(part) for part in re.findall(r'\d+', keras.__version__)[:2]) < (3, 12):
    raise ImportError(f"Keras must be >= 3.12: pip install 'keras>=3.12': {keras.__version__}")


from ..blocks import Blocks
from ..tensors.backend import TensorBackend
from ..tensors.library import Library
from .library import KerasLibrary

FRAMEWORK: str = keras.backend.backend()


def _library() -> Library:
    """That of the framework that Keras runs on."""
    if FRAMEWORK == 'jax':
        from ..jax.backend import backend as jax

        return jax.library
    if FRAMEWORK == 'torch':
        from ..torch.backend import backend as torch

        return torch.library
    if FRAMEWORK == 'tensorflow':
        from .tensorflow import backend as tensorflow

        return tensorflow.library
    return KerasLibrary()


class KerasBackend(TensorBackend):
    """Quantizes variables, and makes layers for symbolic tensors. What is no tensor becomes one of the framework."""

    _frames = 4

    def quantize(self, spec: Any, x: Any, **options: Any) -> Any:
        """See `FixedQ.__call__`."""
        if isinstance(x, keras.KerasTensor):
            return spec.as_layer()(x, training=options.get('training', False))
        return super().quantize(spec, x, **options)

    def by_blocks(self, spec: Blocks, x: object, *, training: bool = False, seed_gen: object = None) -> Any:
        """See `BlockQ.__call__`."""
        if isinstance(x, keras.KerasTensor):
            return spec.as_layer()(x, training=training)
        return super().by_blocks(spec, x, training=training, seed_gen=seed_gen)

    def made_of(self, x: object) -> Any:
        return keras.ops.convert_to_tensor(x)

    def take(self, x: Any, indices: Sequence[int], axis: int) -> Any:
        return keras.ops.take(x, indices, axis)  # of symbolic tensors, too

    def concatenate(self, tensors: Sequence[Any], axis: int) -> Any:
        return keras.ops.concatenate(tensors, axis)

    def value_of(self, value: Any) -> Any:
        if isinstance(value, keras.KerasTensor):
            raise TypeError(
                "'x' must not be symbolic here: call a spec, or quantizers.layers.LearnedFixed: KerasTensor"
            )
        return value.value if isinstance(value, keras.Variable) else keras.ops.convert_to_tensor(value)


backend = KerasBackend(_library())
