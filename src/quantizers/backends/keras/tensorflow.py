"""TensorFlow under Keras."""

from __future__ import annotations

from typing import Any

from . import xp as _keras_xp
from .library import KerasLibrary
from .xp import Tensor


class Namespace(_keras_xp.Namespace):
    """Keras' primitives, where the optimizer of TensorFlow's graphs would merge what must not be."""

    def scale(self, x: Tensor, power: tuple[Tensor, ...]) -> Tensor:
        if len(power) == 2:
            # it multiplies the factors, which are smaller than x or constant, with one another first
            return self.kept(x * power[0]) * power[1]
        return super().scale(x, power)

    def kept(self, x: Tensor) -> Tensor:
        # it reorders sums and products, and not what is around a selection
        return self.where(x > self._largest, self._largest, x)


class Library(KerasLibrary):
    """See `KerasLibrary`. In a graph tensors have no numbers, and variables come as tensors."""

    namespaces: Any = Namespace
